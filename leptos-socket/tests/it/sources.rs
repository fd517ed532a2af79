//! URLs and headers that are signals or async functions, and tokens that expire.

use crate::support::Start as _;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::oneshot;
use leptos::prelude::*;
use leptos_socket::{
    AddSocketError, Call, CallError, CloseReason, Diagnosis, Endpoint, Headers, Incoming, InvalidUrl, Replied, Socket,
    SocketOptions, SocketState, SocketUrl, StatusCode,
};
use serde_json::Value;

use crate::support::{Page, Started, config, message, millis, outcome, routes, secs, settle, with_effects};

/// Something that the app is asked for, and that the test answers.
pub(crate) struct Asked<T>(Rc<RefCell<Vec<Answer<T>>>>);

type Answer<T> = oneshot::Sender<Result<T, ()>>;

impl<T: 'static> Asked<T> {
    pub(crate) fn new() -> (Self, impl Fn() -> futures::future::BoxFuture<'static, Result<T, ()>> + use<T>)
    where
        T: Send,
    {
        let asked = Self(Rc::default());
        let waiting = Rc::clone(&asked.0);
        let provider = move || {
            let (answer, future) = oneshot::channel();
            waiting.borrow_mut().push(answer);
            let answer: futures::future::BoxFuture<'static, Result<T, ()>> =
                Box::pin(async { future.await.unwrap_or(Err(())) });
            answer
        };
        (asked, provider)
    }

    /// How many answers are awaited.
    pub(crate) fn count(&self) -> usize {
        self.0.borrow().iter().filter(|answer| !answer.is_canceled()).count()
    }

    /// Answers the oldest question.
    pub(crate) async fn answer(&self, answer: Result<T, ()>) {
        let oldest = self.0.borrow_mut().remove(0);
        let _ = oldest.send(answer);
        settle().await;
    }
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::parse(url).unwrap()
}

fn token_of(frame: &Value) -> Option<&str> {
    frame["headers"]["token"].as_str()
}

fn token(token: &str) -> Headers {
    Headers::new().with("token", token)
}

#[test]
fn a_url_with_another_ticket_is_for_the_next_attempt_and_leaves_an_open_link_alone() {
    let page = Page::new();
    let url = RwSignal::new("ws://server/?room=1&token=a".to_owned());
    page.sockets.add_socket("app", url, page.options()).unwrap();
    page.world.accept();
    url.set("ws://server/?room=1&token=b".to_owned());
    assert_eq!((page.world.link_count(), page.world.alive_count()), (1, 1));
    page.world.close(1006);
    page.world.advance(secs(2));
    assert_eq!(page.world.url().as_deref(), Some("ws://server/?room=1&token=b"));
    // The last attempt was refused: another ticket is a reason to try again at once.
    page.world.close(1006);
    url.set("ws://server/?room=1&token=c".to_owned());
    assert_eq!(page.world.url().as_deref(), Some("ws://server/?room=1&token=c"));
}

#[test]
fn a_url_that_changes_reconnects_at_once_and_only_if_it_is_another() {
    let page = Page::new();
    let url = RwSignal::new("ws://one/".to_owned());
    let socket = page.sockets.add_socket("app", url, page.options()).unwrap();
    page.world.accept();
    url.set("ws://one/".to_owned());
    assert_eq!(page.world.link_count(), 1);
    url.set("ws://two/".to_owned());
    assert_eq!((page.world.link_count(), page.world.alive_count()), (2, 1));
    assert_eq!(page.world.url().as_deref(), Some("ws://two/"));
    page.world.accept();
    assert!(socket.connected().get_untracked());
    page.sockets.remove_socket("app");
    url.set("ws://three/".to_owned());
    assert_eq!(page.world.link_count(), 2);
}

#[test]
fn a_url_that_changes_opens_no_socket_that_the_app_closed_but_one_that_was_refused() {
    let page = Page::new();
    let url = RwSignal::new("ws://server/?ticket=1".to_owned());
    let socket = page.sockets.add_socket("app", url, page.options()).unwrap();
    page.world.accept();
    page.world.close(1008);
    assert!(socket.state().get_untracked().is_closed());
    url.set("ws://server/?ticket=2".to_owned());
    page.world.accept();
    assert!(socket.connected().get_untracked());
    socket.close();
    url.set("ws://server/?ticket=3".to_owned());
    assert!(socket.state().get_untracked().is_closed());
    socket.reconnect();
    assert_eq!(page.world.url().as_deref(), Some("ws://server/?ticket=3"));
}

#[test]
fn a_url_that_is_a_signal_of_the_page_outlives_the_component_that_adds_the_socket() {
    let page = Page::new();
    let url = RwSignal::new("ws://one/".to_owned());
    let component = page.component();
    let socket = component.with(|| page.sockets.add_socket("app", url, page.options())).unwrap();
    component.cleanup();
    url.set("ws://two/".to_owned());
    page.world.close(1006);
    page.world.advance(secs(1));
    assert_eq!(page.world.url().as_deref(), Some("ws://two/"));
    page.world.accept();
    assert!(socket.connected().get_untracked());
}

#[test]
fn a_url_that_is_a_signal_must_be_one_to_begin_with_and_may_be_none_for_a_while() {
    let page = Page::new();
    let url = RwSignal::new("nonsense".to_owned());
    let refused = page.sockets.add_socket("app", url, page.options());
    assert_eq!(refused, Err(AddSocketError::InvalidUrl(InvalidUrl::Scheme)));
    url.set("ws://one/".to_owned());
    let socket = page.sockets.add_socket("app", url, page.options()).unwrap();
    url.set("nonsense".to_owned());
    let why = CloseReason::InvalidUrl(InvalidUrl::Scheme);
    assert_eq!(socket.state().get_untracked(), SocketState::Closed(why));
    url.set("ws://two/".to_owned());
    page.world.accept();
    assert!(socket.connected().get_untracked());
}

#[test]
fn a_url_that_is_a_function_is_asked_once_for_each_attempt() {
    with_effects(async || {
        let page = Page::new();
        let (asked, provider) = Asked::new();
        let socket = page.sockets.add_socket("app", SocketUrl::from_fn(provider), page.options()).unwrap();
        assert_eq!((asked.count(), page.world.link_count()), (1, 0));
        asked.answer(Ok(endpoint("ws://server/?ticket=1"))).await;
        assert_eq!(page.world.url().as_deref(), Some("ws://server/?ticket=1"));
        page.world.accept();
        page.world.close(1006);
        assert_eq!(asked.count(), 0);
        page.world.advance(secs(2));
        assert_eq!(asked.count(), 1);
        asked.answer(Ok(endpoint("ws://server/?ticket=2"))).await;
        assert_eq!(page.world.url().as_deref(), Some("ws://server/?ticket=2"));
        page.world.accept();
        assert!(socket.connected().get_untracked());
    });
}

#[test]
fn a_function_that_fails_is_asked_again_after_the_usual_delay() {
    with_effects(async || {
        let page = Page::new();
        let (asked, provider) = Asked::<Endpoint>::new();
        let socket = page.sockets.add_socket("app", SocketUrl::from_fn(provider), page.options()).unwrap();
        asked.answer(Err(())).await;
        assert!(matches!(socket.state().get_untracked(), SocketState::Backoff { attempt: 1, .. }));
        assert_eq!(socket.diagnosis().get_untracked(), Some(Diagnosis::NoEndpoint));
        assert_eq!(asked.count(), 0);
        page.world.advance(secs(1));
        assert_eq!(asked.count(), 1);
    });
}

#[test]
fn an_answer_that_comes_too_late_is_not_waited_for_and_opens_nothing() {
    with_effects(async || {
        let page = Page::new();
        let (asked, provider) = Asked::new();
        let socket = page.sockets.add_socket("app", SocketUrl::from_fn(provider), page.options()).unwrap();
        socket.reconnect();
        settle().await;
        assert_eq!(asked.count(), 1, "the first question is dropped");
        asked.answer(Ok(endpoint("ws://old/"))).await;
        assert_eq!(page.world.link_count(), 0);
        asked.answer(Ok(endpoint("ws://new/"))).await;
        assert_eq!(page.world.url().as_deref(), Some("ws://new/"));
        page.sockets.remove_socket("app");
        page.world.close(1000);
        page.assert_silent();
    });
}

#[test]
fn headers_that_are_a_signal_are_what_it_is_when_a_message_leaves() {
    let page = Page::new();
    let headers = RwSignal::new(token("a"));
    let socket = page.add_with("app", page.options().global_headers(headers));
    let _queued = socket.send_and_wait(message("queued")).start();
    headers.set(token("b"));
    page.world.accept();
    let _direct = socket.send(message("direct"));
    headers.set(token("c"));
    let _last = socket.send_and_wait(message("last")).start();
    let sent = page.world.take_sent();
    assert_eq!(routes(&sent), ["queued", "direct", "last"]);
    assert_eq!(sent.iter().filter_map(token_of).collect::<Vec<_>>(), ["b", "b", "c"]);
}

/// A socket with a token that a refresh replaces: each time by the next one.
fn with_token(page: &Page) -> (Socket, Asked<()>, Rc<Cell<usize>>) {
    let (asked, provider) = Asked::new();
    let refreshes = Rc::new(Cell::new(0));
    let count = Rc::clone(&refreshes);
    let headers = RwSignal::new(token("0"));
    let refresh = move || {
        let answer = provider();
        let count = Rc::clone(&count);
        async move {
            answer.await?;
            count.set(count.get() + 1);
            Ok::<_, ()>(token(&count.get().to_string()))
        }
    };
    (page.open_with("app", page.options().global_headers(headers).refresh(refresh)), asked, refreshes)
}

fn idempotent(socket: Socket, route: &str) -> Started<Call<Incoming>> {
    socket.send_and_wait(message(route).idempotent(true)).start()
}

fn status(call: &mut Started<Call<Incoming>>) -> Option<StatusCode> {
    outcome(call).and_then(|outcome| outcome.unwrap().status())
}

#[test]
fn fifty_calls_with_an_expired_token_make_one_refresh_and_are_sent_again_once() {
    with_effects(async || {
        let page = Page::new();
        let (socket, asked, refreshes) = with_token(&page);
        let mut calls: Vec<_> = (0..50).map(|n| idempotent(socket, &format!("get{n}"))).collect();
        for n in 0..50 {
            assert!(page.world.reply_to(&format!("get{n}"), 401, "null"));
        }
        assert_eq!(asked.count(), 1);
        assert!(calls.iter_mut().all(|call| outcome(call).is_none()));
        asked.answer(Ok(())).await;
        assert_eq!(refreshes.get(), 1);
        for n in 0..50 {
            assert!(page.world.reply_to(&format!("get{n}"), 200, "1"));
        }
        assert!(calls.iter_mut().all(|call| status(call) == Some(StatusCode::OK)));
        assert_eq!(asked.count(), 0);
    });
}

#[test]
fn a_call_that_is_sent_again_has_the_new_token() {
    with_effects(async || {
        let page = Page::new();
        let (socket, asked, _) = with_token(&page);
        let _call = idempotent(socket, "get");
        assert!(page.world.reply_to("get", 401, "null"));
        asked.answer(Ok(())).await;
        let sent = page.world.take_sent();
        assert_eq!(sent.iter().filter_map(token_of).collect::<Vec<_>>(), ["1"]);
    });
}

#[test]
fn a_refresh_that_fails_is_an_error_for_each_call_and_no_loop() {
    with_effects(async || {
        let page = Page::new();
        let (socket, asked, refreshes) = with_token(&page);
        let mut calls: Vec<_> = (0..50).map(|n| idempotent(socket, &format!("get{n}"))).collect();
        for n in 0..50 {
            assert!(page.world.reply_to(&format!("get{n}"), 401, "null"));
        }
        asked.answer(Err(())).await;
        assert!(calls.iter_mut().all(|call| status(call) == Some(StatusCode::UNAUTHORIZED)));
        assert_eq!((asked.count(), refreshes.get()), (0, 0));
        page.world.advance(secs(5));
        assert!(page.world.take_sent().is_empty());
    });
}

#[test]
fn a_second_401_is_the_outcome() {
    with_effects(async || {
        let page = Page::new();
        let (socket, asked, _) = with_token(&page);
        let mut call = idempotent(socket, "get");
        assert!(page.world.reply_to("get", 401, "null"));
        asked.answer(Ok(())).await;
        assert!(page.world.reply_to("get", 401, "null"));
        assert_eq!(status(&mut call), Some(StatusCode::UNAUTHORIZED));
        assert_eq!(asked.count(), 0);
    });
}

/// A 401 means that the server did nothing.
#[test]
fn a_call_that_is_not_idempotent_is_sent_once_more_too() {
    with_effects(async || {
        let page = Page::new();
        let (socket, asked, _) = with_token(&page);
        let mut call = socket.send_and_wait(message("post")).start();
        assert!(page.world.reply_to("post", 401, "null"));
        assert!(outcome(&mut call).is_none());
        let _next = socket.send_and_wait(message("next")).start();
        asked.answer(Ok(())).await;
        let sent = page.world.take_sent();
        assert_eq!(sent.iter().filter_map(token_of).collect::<Vec<_>>(), ["1", "1"]);
    });
}

#[test]
fn a_refresh_that_takes_too_long_ends_the_calls_at_their_deadlines() {
    with_effects(async || {
        let page = Page::new();
        let (socket, asked, _) = with_token(&page);
        let mut call = idempotent(socket, "get");
        page.world.advance(millis(10));
        assert!(page.world.reply_to("get", 401, "null"));
        page.world.advance(secs(30));
        assert_eq!(status(&mut call), Some(StatusCode::UNAUTHORIZED));
        asked.answer(Ok(())).await;
        assert!(page.world.take_sent().is_empty());
    });
}

#[test]
fn without_a_refresh_a_401_is_a_reply_like_any_other() {
    let page = Page::new();
    let config = config(|config| config.global_headers(token("a")));
    let socket = page.open_with("app", page.options().config(config));
    let mut call = socket.call(crate::support::SayHello { name: "a" }).idempotent(true).start();
    page.world.reply_to("sayHello", 401, "null");
    assert!(matches!(outcome(&mut call), Some(Err(CallError::Replied(Replied::Status(_))))));
}

#[test]
fn neither_tokens_nor_queries_are_shown() {
    let url = RwSignal::new("ws://server/?ticket=s3cret".to_owned());
    let options = SocketOptions::new().global_headers(token("s3cret"));
    let shown = format!("{options:?} {:?} {:?}", SocketUrl::from(url), SocketUrl::from("ws://s/?s3cret"));
    assert!(!shown.contains("s3cret"), "{shown}");
}
