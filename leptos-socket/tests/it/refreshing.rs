//! A token that expires is refreshed once, for everyone who needs it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;
use leptos_socket::{
    CallError, CloseReason, Headers, NotSent, Push, Route, Socket, SocketOptions, SocketState, StatusCode,
    Subscription, SubscriptionState, use_query, use_socket, use_subscription,
};
use serde::{Deserialize, Serialize};

use crate::identity::{Session, alice, alice_at, person, token};
use crate::network::Frame;
use crate::places::{ROOM_1, ROOM_2, network, provide_with};
use crate::support::{Start, Started, message, millis, outcome, secs, settle, with_effects};

type Call = Started<leptos_socket::Call<leptos_socket::Incoming>>;

fn call(socket: Socket, route: &str) -> Call {
    socket.send_and_wait(message(route)).start()
}

fn status(call: &mut Call) -> Option<u16> {
    Some(outcome(call)?.unwrap().status().map_or(0, StatusCode::as_u16))
}

fn tokens(session: &Session, address: &str) -> Vec<Option<String>> {
    session.network.take(address).iter().map(|frame| frame.token().map(str::to_owned)).collect()
}

#[test]
fn each_call_that_got_a_401_is_sent_once_more_unless_it_was_made_otherwise() {
    with_effects(async || {
        let alice = alice();
        let mut retried: Vec<_> = ["a", "b"].map(|route| call(alice.socket, route)).into();
        let mut once = alice.socket.send_and_wait(message("once")).retry_unauthorized(false).start();
        let first = alice.network.take("");
        for frame in &first {
            alice.network.answer_to(frame, 401, "null");
        }
        assert_eq!(status(&mut once), Some(401));
        assert_eq!(alice.asked.count(), 1);
        alice.asked.answer(Ok(token("a1"))).await;
        let second = alice.network.take("");
        assert_eq!(second.iter().map(Frame::uuid).collect::<Vec<_>>(), [first[0].uuid(), first[1].uuid()]);
        assert!(second.iter().all(|frame| frame.token() == Some("a1")));
        alice.network.answer_to(&second[0], 200, "1");
        alice.network.answer_to(&second[1], 401, "null");
        assert_eq!((status(&mut retried[0]), status(&mut retried[1])), (Some(200), Some(401)));
        assert_eq!(alice.asked.count(), 0);
    });
}

#[test]
fn a_call_that_is_not_retried_does_not_start_a_refresh_by_its_401() {
    let alice = alice();
    let mut once = alice.socket.send_and_wait(message("once")).retry_unauthorized(false).start();
    assert!(alice.network.answer("once", 401, "null"));
    assert_eq!((status(&mut once), alice.asked.count()), (Some(401), 0));
}

#[test]
fn anonymous_calls_wait_for_no_refresh_and_start_none() {
    with_effects(async || {
        let alice = alice();
        let mut login = alice.socket.send_and_wait(message("login")).anonymous().start();
        assert!(alice.network.answer("login", 401, "null"));
        assert_eq!((status(&mut login), alice.asked.count()), (Some(401), 0));
        let _call = call(alice.socket, "call");
        assert!(alice.network.answer("call", 401, "null"));
        let _waits = call(alice.socket, "waits");
        let mut login = alice.socket.send_and_wait(message("login")).anonymous().start();
        assert_eq!(tokens(&alice, ""), [None]);
        assert!(outcome(&mut login).is_none());
        alice.asked.answer(Ok(token("a1"))).await;
        assert_eq!(tokens(&alice, ""), [Some("a1".to_owned()), Some("a1".to_owned())]);
    });
}

/// What the app's `refresh` does, and what came of it.
type Inside = Rc<RefCell<Vec<Result<Option<StatusCode>, CallError>>>>;

#[test]
fn a_call_inside_of_refresh_is_anonymous_or_fails_at_once() {
    with_effects(async || {
        let (page, network) = network();
        let inside = Inside::default();
        let log = Rc::clone(&inside);
        let refresh = move || {
            let (log, socket) = (Rc::clone(&log), use_socket());
            async move {
                for is_anonymous in [false, true] {
                    let mut refresh = message("refresh");
                    refresh.options_mut().anonymous = is_anonymous;
                    let reply = socket.send_and_wait(refresh).await;
                    log.borrow_mut().push(reply.map(|reply| reply.status()));
                }
                let chunk = socket.send_flushed(message("chunk")).await;
                log.borrow_mut().push(chunk.map(|()| None).map_err(CallError::from));
                Ok::<_, ()>(token("a1"))
            }
        };
        let who = RwSignal::new(person("alice", "a0"));
        let options = SocketOptions::new().transport(network.clone()).identity(who).refresh(refresh);
        let (_mounted, socket) = provide_with(&page, ROOM_1, options);
        network.accept("");
        let mut first = call(socket, "call");
        assert!(network.answer("call", 401, "null"));
        settle().await;
        assert!(network.answer("refresh", 200, "1"));
        settle().await;
        assert!(network.answer("call", 200, "1"));
        assert_eq!(status(&mut first), Some(200));
        let inside = inside.take();
        let refused = |outcome: &Result<Option<StatusCode>, CallError>| {
            let Err(CallError::NotSent(NotSent::InsideRefresh)) = outcome else { return false };
            true
        };
        assert!(refused(&inside[0]) && refused(&inside[2]), "{inside:?}");
        assert!(inside[0].as_ref().unwrap_err().to_string().contains("`.anonymous()`"));
        assert!(matches!(inside[1], Ok(Some(StatusCode::OK))));
    });
}

#[test]
fn one_refresh_serves_every_place_of_a_person() {
    with_effects(async || {
        let url = RwSignal::new(ROOM_1.to_owned());
        let alice = alice_at(url, |options| options);
        alice.network.accept("");
        let mut old = call(alice.socket, "old");
        let mut later = call(alice.socket, "later");
        let mut overdue = alice.socket.send_and_wait(message("overdue")).timeout(secs(1)).start();
        url.set(ROOM_2.to_owned());
        alice.network.accept("/2");
        let mut new = call(alice.socket, "new");
        assert!(alice.network.answer("old", 401, "null"));
        assert!(alice.network.answer("new", 401, "null"));
        assert_eq!(alice.asked.count(), 1, "asked once");
        page_passes(&alice, secs(1));
        assert!(outcome(&mut overdue).is_some());
        alice.network.take("").iter().filter(|frame| frame.route() == "later").for_each(|frame| {
            alice.network.answer_to(frame, 401, "null");
        });
        alice.asked.answer(Ok(token("a1"))).await;
        assert_eq!(tokens(&alice, "/1"), [Some("a1".to_owned()), Some("a1".to_owned())]);
        assert_eq!(tokens(&alice, "/2"), [Some("a1".to_owned())]);
        assert_eq!(alice.asked.count(), 0);
        let next = call(alice.socket, "next");
        assert_eq!(tokens(&alice, "/2"), [Some("a1".to_owned())]);
        assert!(outcome(&mut old).is_none() && outcome(&mut later).is_none() && outcome(&mut new).is_none());
        drop(next);
    });
}

fn page_passes(session: &Session, time: std::time::Duration) {
    session.page.world.advance(time);
}

#[test]
fn a_refresh_that_failed_is_not_tried_again_at_once_for_another_place() {
    with_effects(async || {
        let url = RwSignal::new(ROOM_1.to_owned());
        let alice = alice_at(url, |options| options.refresh_cooldown(secs(10)));
        alice.network.accept("");
        let mut old = call(alice.socket, "old");
        assert!(alice.network.answer("old", 401, "null"));
        alice.asked.answer(Err(())).await;
        assert_eq!(status(&mut old), Some(401));
        url.set(ROOM_2.to_owned());
        alice.network.accept("/2");
        for (after, count) in [(secs(1), 0), (secs(10), 1)] {
            page_passes(&alice, after);
            let mut call = call(alice.socket, "new");
            assert!(alice.network.answer("new", 401, "null"));
            assert_eq!(alice.asked.count(), count);
            assert_eq!(status(&mut call), (count == 0).then_some(401));
        }
    });
}

#[test]
fn a_refresh_that_hangs_keeps_nobody_waiting_for_good() {
    with_effects(async || {
        let url = RwSignal::new(ROOM_1.to_owned());
        let alice = alice_at(url, |options| options.request_timeout(Some(secs(5))).refresh_cooldown(secs(1)));
        alice.network.accept("");
        let mut first = alice.socket.send_and_wait(message("first")).timeout(secs(60)).start();
        assert!(alice.network.answer("first", 401, "null"));
        page_passes(&alice, secs(5));
        assert_eq!(status(&mut first), Some(401));
        page_passes(&alice, secs(2));
        let mut second = alice.socket.send_and_wait(message("second")).timeout(secs(60)).start();
        assert!(alice.network.answer("second", 401, "null"));
        settle().await;
        assert_eq!(alice.asked.count(), 1, "the one that hangs is dropped, and another one asked for");
        url.set(ROOM_2.to_owned());
        alice.network.accept("/2");
        let _third = call(alice.socket, "third");
        assert!(alice.network.answer("third", 401, "null"));
        assert_eq!(alice.asked.count(), 1);
        // The one that was dropped comes first.
        alice.asked.answer(Ok(token("late"))).await;
        assert!(tokens(&alice, "").is_empty());
        alice.asked.answer(Ok(token("a1"))).await;
        assert_eq!(tokens(&alice, ""), [Some("a1".to_owned()), Some("a1".to_owned())]);
        assert!(outcome(&mut second).is_none());
    });
}

#[test]
fn a_refresh_goes_on_for_what_is_delivered_after_the_socket_has_moved_or_is_gone() {
    with_effects(async || {
        let (page, network) = network();
        let (asked, refresh) = crate::sources::Asked::new();
        let who = RwSignal::new(person("alice", "a0"));
        let options = SocketOptions::new().transport(network.clone()).identity(who).refresh(refresh);
        let (mounted, socket) = provide_with(&page, ROOM_1, options);
        network.accept("");
        let mut save = call(socket, "save");
        assert!(network.answer("save", 401, "null"));
        drop(mounted);
        asked.answer(Ok(token("a1"))).await;
        let again = network.take("");
        assert_eq!(again.iter().map(Frame::token).collect::<Vec<_>>(), [Some("a1")]);
        network.answer_to(&again[0], 200, "1");
        assert_eq!(status(&mut save), Some(200));
        network.close("", 1000);
        page.assert_silent();
    });
}

#[test]
fn the_close_code_4401_refreshes_and_connects_with_the_new_token() {
    with_effects(async || {
        let alice = alice();
        let mut safe = alice.socket.send_and_wait(message("safe").idempotent(true)).start();
        let _ = alice.network.take("");
        alice.network.close("", 4401);
        assert_eq!((alice.asked.count(), alice.network.held().len()), (1, 0));
        alice.asked.answer(Ok(token("a1"))).await;
        alice.network.accept("");
        assert_eq!(tokens(&alice, ""), [Some("a1".to_owned())]);
        assert!(outcome(&mut safe).is_none());
        alice.network.close("", 4401);
        assert_eq!(alice.asked.count(), 0, "not so soon again");
        let refused = SocketState::Closed(CloseReason::Refused(4401.into()));
        assert_eq!(alice.socket.state().get_untracked(), refused);
        alice.who.set(person("alice", "a2"));
        alice.network.accept("");
        assert!(alice.socket.connected().get_untracked());
    });
}

#[test]
fn a_call_inside_of_the_refresh_of_another_place_fails_at_once_too() {
    with_effects(async || {
        let (page, network) = network();
        let this = Rc::new(Cell::new(None::<Socket>));
        let (socket, inside) = (Rc::clone(&this), Inside::default());
        let log = Rc::clone(&inside);
        let (start, started) = futures::channel::oneshot::channel::<()>();
        let started = RefCell::new(Some(started));
        let refresh = move || {
            let (socket, log, started) = (socket.get().unwrap(), Rc::clone(&log), started.take());
            async move {
                if let Some(started) = started {
                    let _ = started.await;
                }
                let reply = socket.send_and_wait(message("refresh")).await;
                log.borrow_mut().push(reply.map(|reply| reply.status()));
                Err::<Headers, ()>(())
            }
        };
        let url = RwSignal::new(ROOM_1.to_owned());
        let options = SocketOptions::new().transport(network.clone()).refresh(refresh);
        let (_mounted, socket) = provide_with(&page, url, options);
        this.set(Some(socket));
        network.accept("");
        let mut old = call(socket, "old");
        assert!(network.answer("old", 401, "null"));
        settle().await;
        url.set(ROOM_2.to_owned());
        network.accept("/2");
        let _ = start.send(());
        settle().await;
        assert!(matches!(inside.take()[..], [Err(CallError::NotSent(NotSent::InsideRefresh))]));
        assert_eq!(status(&mut old), Some(401));
        assert!(network.take("/2").is_empty());
    });
}

/// The app may store what it returns: as the identity, before it returns.
#[test]
fn a_refresh_that_also_stores_the_identity_opens_one_link() {
    with_effects(async || {
        for code in [4401, 1006] {
            let (page, network) = network();
            let who = RwSignal::new(person("alice", "a0"));
            let refresh = move || async move {
                who.set(person("alice", "a1"));
                Ok::<_, ()>(token("a1"))
            };
            let options = SocketOptions::new().transport(network.clone()).identity(who).refresh(refresh);
            let (_mounted, socket) = provide_with(&page, ROOM_1, options);
            network.accept("");
            let mut call = call(socket, "call");
            if code == 4401 {
                network.close("", code);
                let _ = outcome(&mut call);
            } else {
                assert!(network.answer("call", 401, "null"));
            }
            settle().await;
            assert_eq!(network.links().len(), if code == 4401 { 2 } else { 1 });
        }
    });
}

#[test]
fn attempts_that_never_open_refresh_once() {
    with_effects(async || {
        let alice = alice_at(ROOM_1, |options| options.refresh_cooldown(secs(1)));
        let mut attempts = 0;
        while alice.asked.count() == 0 {
            alice.network.close("", 1006);
            page_passes(&alice, secs(8));
            attempts += 1;
            assert!(attempts < 10);
        }
        assert!(attempts > 1);
        alice.asked.answer(Ok(token("a1"))).await;
        for _ in 0..10 {
            alice.network.close("", 1006);
            page_passes(&alice, secs(60));
        }
        assert_eq!(alice.asked.count(), 0, "once");
        alice.socket.reconnect();
        alice.network.accept("");
        let _call = call(alice.socket, "call");
        assert_eq!(tokens(&alice, ""), [Some("a1".to_owned())]);
    });
}

/// A refresh over the same socket fails when the network is away for longer than its call may wait.
#[test]
fn a_refresh_that_failed_without_a_link_is_tried_again_on_the_next_one() {
    with_effects(async || {
        let alice = alice();
        alice.network.close("", 1006);
        while alice.asked.count() == 0 {
            page_passes(&alice, secs(8));
            alice.network.close("", 1006);
        }
        alice.asked.answer(Err(())).await;
        alice.socket.reconnect();
        alice.network.accept("");
        let mut call = call(alice.socket, "call");
        assert!(alice.network.answer("call", 401, "null"));
        assert_eq!(alice.asked.count(), 1);
        alice.asked.answer(Ok(token("a1"))).await;
        assert!(alice.network.answer("call", 200, "null"));
        assert_eq!(status(&mut call), Some(200));
    });
}

#[test]
fn a_refresh_may_log_its_own_person_out() {
    with_effects(async || {
        let (page, network) = network();
        let who = RwSignal::new(person("alice", "a0"));
        let refresh = move || async move {
            who.set(None);
            Ok::<Headers, ()>(token("a1"))
        };
        let options = SocketOptions::new().transport(network.clone()).identity(who).refresh(refresh);
        let (_mounted, socket) = provide_with(&page, ROOM_1, options);
        network.accept("");
        let mut first = call(socket, "call");
        assert!(network.answer("call", 401, "null"));
        settle().await;
        assert!(outcome(&mut first).is_some());
        network.accept("");
        let mut next = call(socket, "as nobody");
        let frames = network.take("");
        assert_eq!((frames.len(), frames[0].token()), (1, None));
        page.world.advance(millis(1));
        assert!(outcome(&mut next).is_none());
    });
}

#[derive(Serialize, Route)]
#[route("list", response = u32)]
struct GetList {}

#[derive(Serialize, Route)]
#[route("watch", response = ())]
struct Watch {}

#[derive(Serialize, Route)]
#[route("unwatch", response = ())]
struct Unwatch {}

#[derive(Deserialize, Push)]
#[push("news")]
struct News {}

impl Subscription for Watch {
    type Push = News;
    type Stop = Unwatch;

    fn stop(&self) -> Unwatch {
        Unwatch {}
    }
}

/// Nobody would ever ask again: the link is fine.
#[test]
fn queries_and_subscriptions_that_were_refused_are_asked_for_again_with_a_new_token() {
    with_effects(async || {
        let alice = alice();
        let list = use_query(alice.socket, || GetList {});
        let feed = use_subscription(alice.socket, || Watch {}, |_: News| ());
        assert!(alice.network.answer("list", 401, "null") && alice.network.answer("watch", 401, "null"));
        alice.asked.answer(Err(())).await;
        let is_failed = || matches!(feed.get_untracked(), SubscriptionState::Failed(_));
        assert!(list.error().get_untracked().is_some() && is_failed());
        alice.network.take("");
        alice.who.set(person("alice", "a1"));
        settle().await;
        alice.page.world.advance(millis(0));
        assert!(alice.network.answer("list", 200, "7") && alice.network.answer("watch", 200, "null"));
        assert_eq!((list.data().get_untracked(), list.error().get_untracked().is_some()), (Some(7), false));
        assert!(feed.get_untracked().is_active());
    });
}
