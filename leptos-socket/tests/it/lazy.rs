//! A call is a future: it is made, it leaves when it is first polled, and it lives as long as the future.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::future::{join_all, select};
use futures::{FutureExt, pin_mut};
use leptos::prelude::*;
use leptos_socket::{
    Call, CallError, CloseReason, Incoming, Message, NotSent, OutcomeUnknown, Priority, Replied, Route, Sending, Sent,
    SocketOptions, SocketProvider, use_socket,
};
use serde::{Deserialize, Serialize, Serializer, ser::Error};

use crate::places::{ROOM_1, ROOM_2, network, provide_with};
use crate::support::{Log, Page, SayHello, Start as _, message, millis, outcome, routes, secs, settle, with_effects};

/// A payload that is read when it is encoded.
struct Now(Arc<AtomicUsize>);

impl Serialize for Now {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0.load(Ordering::Relaxed) as u64)
    }
}

impl Route for Now {
    const ROUTE: &'static str = "now";
    type Response = ();
}

#[test]
fn a_call_leaves_when_it_is_first_polled_in_the_order_of_first_polls() {
    let page = Page::new();
    let socket = page.open("app");
    let [a, b, c] = ["a", "b", "c"].map(|route| socket.send_and_wait(message(route)));
    let sending = socket.send_flushed(message("chunk"));
    assert!(page.world.take_sent().is_empty());
    assert_eq!((socket.in_flight().get_untracked(), socket.queued().get_untracked()), (0, 0));
    let _c = c.start();
    let _a = a.start();
    let _sending = sending.start();
    let mut b = b.start();
    assert!(outcome(&mut b).is_none());
    assert_eq!(routes(&page.world.take_sent()), ["c", "a", "chunk", "b"]);
    let all = join_all(["d", "e"].map(|route| socket.send_and_wait(message(route))));
    let _all = Box::pin(all).start();
    assert_eq!(routes(&page.world.take_sent()), ["d", "e"]);
}

#[test]
fn the_payload_is_encoded_when_the_call_is_made() {
    let page = Page::new();
    let socket = page.open("app");
    let value = Arc::new(AtomicUsize::new(1));
    let calls = (socket.call(Now(value.clone())), socket.send_flushed(Message::new("now", Now(value.clone()))));
    value.store(2, Ordering::Relaxed);
    let _calls = (calls.0.start(), calls.1.start());
    let sent = page.world.take_sent();
    assert_eq!((&sent[0]["payload"], &sent[1]["payload"]), (&1.into(), &1.into()));
}

#[test]
fn its_deadline_counts_from_there() {
    let page = Page::new();
    let socket = page.open("app");
    let call = socket.send_and_wait(message("slow")).timeout(secs(5));
    page.world.advance(secs(4));
    let mut call = call.start();
    page.world.advance(millis(4_999));
    assert!(outcome(&mut call).is_none());
    page.world.advance(millis(1));
    let error = outcome(&mut call).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "outcome unknown: no reply within 5 s");
}

#[test]
fn its_methods_say_what_is_special_about_it() {
    let page = Page::new();
    let seen = Log::new();
    let log = seen.clone();
    let options = page.options().on_request(move |message| log.add(message.options().clone()));
    let socket = page.open_with("app", options);
    let call = socket.call(SayHello { name: "World" });
    let call = call.timeout(secs(1)).header("trace", 7).idempotent(true).wait_for_link(false).bulk();
    let _call = call.retry_unauthorized(false).anonymous().start();
    let options = seen.take().remove(0);
    assert_eq!((options.timeout, options.priority), (Some(secs(1)), Priority::Bulk));
    assert!(options.idempotent && !options.wait_for_link && !options.retry_unauthorized && options.anonymous);
    assert_eq!(page.world.take_sent()[0]["headers"]["trace"], 7);
}

#[test]
fn dropping_it_cancels_it_at_every_stage() {
    let page = Page::new();
    let errors = Log::new();
    let log = errors.clone();
    let socket = page.add_with("app", page.options().on_call_error(move |_, error| log.add(error.to_string())));
    drop(socket.send_and_wait(message("made")));
    drop(socket.send_and_wait(message("queued")).start());
    drop(socket.send_flushed(message("chunk")).start());
    assert_eq!(socket.queued().get_untracked(), 0);
    page.world.accept();
    let call = socket.send_and_wait(message("in flight")).start();
    assert_eq!(routes(&page.world.take_sent()), ["in flight"]);
    drop(call);
    assert_eq!(socket.in_flight().get_untracked(), 0);
    let settled = socket.send_and_wait(message("settled")).start();
    assert!(page.world.reply_to("settled", 200, "1"));
    drop(settled);
    socket.close();
    assert_eq!(errors.len(), 0);
}

#[test]
fn one_that_loses_a_race_is_cancelled() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let (done, timer) = futures::channel::oneshot::channel::<()>();
        leptos::task::spawn_local(async move {
            let _ = select(socket.send_and_wait(message("slow")), timer).await;
        });
        settle().await;
        assert_eq!(socket.in_flight().get_untracked(), 1);
        done.send(()).unwrap();
        settle().await;
        assert_eq!(socket.in_flight().get_untracked(), 0);
    });
}

#[test]
fn the_cleanup_of_an_owner_cancels_no_call() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let (component, log) = (page.component(), Log::new());
        let told = log.clone();
        component.with(|| {
            leptos::task::spawn_local(async move {
                told.add(socket.call(SayHello { name: "World" }).await.unwrap());
            });
        });
        settle().await;
        component.cleanup();
        drop(component);
        assert!(page.world.reply_to("sayHello", 200, r#""hi""#));
        settle().await;
        assert_eq!(log.take(), ["hi"]);
    });
}

/// Counts how often it is woken.
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn whoever_polled_it_last_is_woken() {
    let page = Page::new();
    let socket = page.open("app");
    let counts = [(); 2].map(|()| Arc::new(Count(AtomicUsize::new(0))));
    let wakers = counts.clone().map(Waker::from);
    let call = socket.send_and_wait(message("call"));
    pin_mut!(call);
    for waker in &wakers {
        assert!(call.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    assert_eq!(page.world.take_sent().len(), 1, "polled twice, sent once");
    let _second = socket.send_and_wait(message("call")).start();
    socket.close();
    assert_eq!(counts.each_ref().map(|count| count.0.load(Ordering::Relaxed)), [0, 1]);
    assert!(matches!(call.poll(&mut Context::from_waker(&wakers[0])), Poll::Ready(Err(_))));
}

#[test]
fn actions_resources_and_suspend_take_a_call_as_it_is() {
    fn assert_send<T: Send>(_: &T) {}
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        assert_send(&socket.call(SayHello { name: "a" }));
        assert_send(&socket.send_flushed(message("a")));
        let _suspend = page.owner.with(|| Suspend::new(socket.call(SayHello { name: "a" })));
        let hello = Action::new(move |name: &&'static str| socket.call(SayHello { name }));
        let chunk = Action::new(move |(): &()| -> Sending { socket.send_flushed(message("chunk")) });
        let resource = LocalResource::new(move || -> Call<Incoming> { socket.send_and_wait(message("load")) });
        hello.dispatch("World");
        chunk.dispatch(());
        settle().await;
        assert!(page.world.reply_to("sayHello", 200, r#""Hello""#));
        assert!(page.world.reply_to("load", 200, "1"));
        settle().await;
        assert_eq!(hello.value().get_untracked().unwrap().unwrap(), "Hello");
        assert_eq!(chunk.value().get_untracked(), Some(Ok(())));
        assert!(resource.get_untracked().unwrap().is_ok());
    });
}

#[test]
fn send_and_on_response_submit_at_once() {
    let page = Page::new();
    let socket = page.open("app");
    assert_eq!(socket.send(message("a")), Ok(Sent::Now));
    assert_eq!(socket.send_message(message("b")), Ok(Sent::Now));
    socket.on_response(message("c"), |_| ()).unwrap();
    assert_eq!(routes(&page.world.take_sent()), ["a", "b", "c"]);
}

struct Unserialisable;

impl Serialize for Unserialisable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("of course"))
    }
}

type Errors = Log<(String, String)>;

fn noting(errors: &Errors, options: SocketOptions) -> SocketOptions {
    let log = errors.clone();
    options.on_call_error(move |call, error| log.add((call.route.to_owned(), error.to_string())))
}

#[test]
fn on_call_error_hears_of_each_final_failure_and_of_nothing_else() {
    let page = Page::new();
    let errors = Errors::new();
    let socket = page.open_with("app", noting(&errors, page.options()));
    let heard = |route: &str, text: &str| {
        let heard = errors.take();
        assert!(matches!(&heard[..], [(of, error)] if of == route && error.contains(text)), "{heard:?}");
    };
    let mut bad = socket.send_and_wait(Message::new("bad", Unserialisable)).start();
    assert!(outcome(&mut bad).is_some());
    heard("bad", "of course");
    assert!(socket.on_response(Message::new("bad", Unserialisable), |_| ()).is_err());
    heard("bad", "of course");

    let mut fails = socket.call(SayHello { name: "a" }).start();
    assert!(page.world.reply_to("sayHello", 404, "null"));
    assert_eq!(errors.len(), 0, "nobody awaited it yet");
    assert!(outcome(&mut fails).is_some());
    heard("sayHello", "the server answered 404");
    let mut odd = socket.call(SayHello { name: "a" }).start();
    assert!(page.world.reply_to("sayHello", 200, "[]"));
    assert!(outcome(&mut odd).is_some());
    heard("sayHello", "unexpected");

    let mut any_status = socket.send_and_wait(message("any")).start();
    assert!(page.world.reply_to("any", 500, "null"));
    assert!(outcome(&mut any_status).is_some());
    assert_eq!(errors.len(), 0, "a reply is what was asked for");

    socket.on_response(message("asked"), |_| ()).unwrap();
    let mut slow = socket.send_and_wait(message("slow")).timeout(secs(1)).start();
    page.world.advance(secs(1));
    assert!(outcome(&mut slow).is_some());
    heard("slow", "no reply within 1 s");
    page.world.close(1006);
    heard("asked", "lost");
    let mut now = socket.send_and_wait(message("now")).wait_for_link(false).start();
    assert!(outcome(&mut now).is_some());
    heard("now", "not connected");
    socket.close();
    let mut closed = socket.send_and_wait(message("closed")).start();
    assert!(outcome(&mut closed).is_some());
    heard("closed", "closed by the app");
}

#[test]
fn on_call_error_hears_of_what_fails_after_the_provider_is_gone() {
    let (page, network) = network();
    let errors = Errors::new();
    let options = noting(&errors, SocketOptions::new().transport(network.clone()));
    let (mounted, socket) = provide_with(&page, ROOM_1, options);
    network.accept("");
    let mut save = socket.call(SayHello { name: "save" }).start();
    let mut slow = socket.send_and_wait(message("slow")).start();
    // Of no owner, such as in a task.
    page.owner.clone().unset();
    socket.on_response(message("asked"), |_| ()).unwrap();
    page.owner.set();
    drop(mounted);
    assert!(network.answer("sayHello", 500, "null"));
    page.world.advance(secs(60));
    network.close("", 1000);
    assert!(outcome(&mut save).is_some() && outcome(&mut slow).is_some());
    let routes: Vec<_> = errors.take().into_iter().map(|(route, _)| route).collect();
    assert_eq!(routes, ["asked", "sayHello", "slow"]);
    page.assert_silent();
}

#[test]
fn on_call_error_may_use_the_socket() {
    let page = Page::new();
    let log = Log::new();
    let (told, sockets) = (log.clone(), page.sockets);
    let options = page.options().on_call_error(move |call, _| {
        told.add(call.route.to_owned());
        if let Some(socket) = sockets.get_socket("app").get_untracked() {
            let _ = socket.send(message("toast"));
            socket.close();
        }
    });
    let socket = page.open_with("app", options);
    let mut calls = ["a", "b"].map(|route| socket.send_and_wait(message(route).timeout(secs(1))).start());
    page.world.advance(secs(1));
    let outcomes = calls.each_mut().map(|call| outcome(call).unwrap().unwrap_err());
    assert!(outcomes.iter().all(CallError::is_timeout));
    assert_eq!(log.take(), ["a", "b"]);
    assert_eq!(socket.state().get_untracked().to_string(), "closed: closed by the app");
}

#[derive(Debug, PartialEq, Deserialize)]
struct FieldErrors {
    name: Vec<String>,
}

#[test]
fn the_body_of_a_reply_that_is_an_error_can_be_read() {
    let page = Page::new();
    let socket = page.open("app");
    let mut call = socket.call(SayHello { name: "" }).start();
    page.world.reply_to("sayHello", 400, r#"{"name": ["too short"]}"#);
    let error = outcome(&mut call).unwrap().unwrap_err();
    assert_eq!(error.payload(), Some(FieldErrors { name: vec!["too short".to_owned()] }));
    assert_eq!(error.payload::<BTreeMap<String, u32>>(), None);
    assert_eq!(CallError::from(NotSent::NotConnected).payload::<FieldErrors>(), None);
    assert!(matches!(error, CallError::Replied(Replied::Status(_))));
}

#[component]
fn Caller(made: StoredValue<Option<Call<Incoming>>, LocalStorage>) -> impl IntoView {
    made.set_value(Some(use_socket().send_and_wait(message("first"))));
}

#[test]
fn a_call_that_is_made_in_a_component_and_polled_after_it_says_that_it_is_too_late() {
    let (page, network) = network();
    let made = page.owner.with(|| StoredValue::new_local(None));
    let options = SocketOptions::new().transport(network.clone());
    let view = page.owner.with(|| view! { <SocketProvider url=ROOM_2 options><Caller made /></SocketProvider> });
    network.accept("");
    drop(view);
    network.close("", 1000);
    let call = made.try_update_value(Option::take).flatten().unwrap();
    let error = call.now_or_never().unwrap().unwrap_err();
    assert!(matches!(error, CallError::NotSent(NotSent::Closed(CloseReason::Left))), "{error}");
    assert!(network.take("").is_empty());
}

#[test]
fn what_was_settled_before_the_end_is_still_read_after_it() {
    let page = Page::new();
    let socket = page.open("app");
    let mut calls = ["a", "b"].map(|route| socket.send_and_wait(message(route)).start());
    assert!(page.world.reply_to("a", 200, "1"));
    page.sockets.remove_socket("app");
    let [a, b] = &mut calls;
    assert!(outcome(a).unwrap().is_ok());
    assert!(matches!(outcome(b), Some(Err(CallError::OutcomeUnknown(OutcomeUnknown::Closed)))));
}
