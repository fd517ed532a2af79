//! Who is asking: nothing that one person does leaves with the token of another, and nothing of theirs is seen.

use futures::StreamExt;
use leptos::prelude::*;
use leptos_socket::{
    CallError, CloseReason, Headers, Identity, InvalidUrl, Lagged, Message, NotSent, OutcomeUnknown, Push, Socket,
    SocketOptions, SocketState, SocketUrl, StatusCode,
};
use serde::Deserialize;

use crate::network::Network;
use crate::places::{Mounted, ROOM_1, ROOM_2, network, provide_with};
use crate::sources::Asked;
use crate::support::{Log, Page, Start, message, outcome, secs, settle, with_effects};

pub(crate) fn token(token: &str) -> Headers {
    Headers::new().with("token", token)
}

/// A person, and the token.
pub(crate) fn person(id: &str, secret: &str) -> Option<Identity> {
    Some(Identity::new(id, token(secret)))
}

pub(crate) type Who = RwSignal<Option<Identity>>;

pub(crate) struct Session {
    pub(crate) page: Page,
    pub(crate) network: Network,
    pub(crate) who: Who,
    pub(crate) socket: Socket,
    /// The refreshes that the app is asked for.
    pub(crate) asked: Asked<Headers>,
    _mounted: Mounted,
}

/// Alice, at an address.
pub(crate) fn alice_at(url: impl Into<SocketUrl>, change: impl FnOnce(SocketOptions) -> SocketOptions) -> Session {
    let (page, network) = network();
    let who = RwSignal::new(person("alice", "a0"));
    let (asked, refresh) = Asked::new();
    let options = SocketOptions::new().transport(network.clone()).identity(who).refresh(refresh);
    let (mounted, socket) = provide_with(&page, url, change(options));
    Session { page, network, who, socket, asked, _mounted: mounted }
}

pub(crate) fn alice() -> Session {
    let session = alice_at(ROOM_1, |options| options);
    session.network.accept("");
    session
}

impl Session {
    /// The routes that came, with their tokens.
    fn seen(&self) -> Vec<(String, Option<String>)> {
        self.network.seen().into_iter().map(|(_, route, token)| (route, token)).collect()
    }
}

fn with(route: &str, token: &str) -> (String, Option<String>) {
    (route.to_owned(), Some(token.to_owned()))
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Secret(String);

impl Push for Secret {
    const ROUTE: &'static str = "secret";
}

#[test]
fn another_person_ends_everything_at_once() {
    let alice = alice();
    let unpolled = alice.socket.send_and_wait(message("unpolled"));
    let mut in_flight = alice.socket.send_and_wait(message("in flight").idempotent(true)).start();
    alice.network.close("", 1006);
    let mut queued = alice.socket.send_and_wait(message("queued")).start();
    assert!(outcome(&mut in_flight).is_none());
    alice.who.set(person("bob", "b0"));
    assert!(matches!(
        outcome(&mut in_flight),
        Some(Err(CallError::OutcomeUnknown(OutcomeUnknown::Closed | OutcomeUnknown::LinkLost(_))))
    ));
    assert!(matches!(outcome(&mut queued), Some(Err(CallError::NotSent(NotSent::Closed(CloseReason::SignedOut))))));
    assert!(matches!(outcome(&mut unpolled.start()), Some(Err(CallError::NotSent(_)))));
    let _ = alice.network.take("");
    alice.network.accept("");
    alice.socket.send(message("hi")).unwrap();
    alice.page.world.advance(secs(40));
    assert_eq!(alice.seen(), [with("hi", "b0")]);
}

#[test]
fn another_person_also_ends_what_the_old_places_still_deliver() {
    let url = RwSignal::new(ROOM_1.to_owned());
    let alice = alice_at(url, |options| options);
    let mut for_room_1 = alice.socket.send_and_wait(message("for room 1")).start();
    url.set(ROOM_2.to_owned());
    let mut for_room_2 = alice.socket.send_and_wait(message("for room 2")).start();
    alice.who.set(None);
    for call in [&mut for_room_1, &mut for_room_2] {
        assert!(outcome(call).unwrap().unwrap_err().is_safe_to_retry());
    }
    assert_eq!(alice.network.held(), [ROOM_2]);
    alice.network.accept("/1");
    alice.network.accept("/2");
    alice.page.world.advance(secs(60));
    assert!(alice.seen().is_empty());
}

#[test]
fn a_refresh_that_ends_after_the_logout_logs_nobody_in() {
    with_effects(async || {
        let alice = alice();
        let mut call = alice.socket.send_and_wait(message("call")).start();
        assert!(alice.network.answer("call", 401, "null"));
        assert_eq!(alice.asked.count(), 1);
        alice.who.set(None);
        alice.asked.answer(Ok(token("a1"))).await;
        alice.network.accept("");
        alice.socket.send(message("as nobody")).unwrap();
        // Its future was still held.
        assert!(outcome(&mut call).is_some());
        alice.who.set(person("bob", "b0"));
        alice.network.accept("");
        alice.socket.send(message("as bob")).unwrap();
        alice.who.set(None);
        alice.network.accept("");
        alice.socket.send(message("as nobody")).unwrap();
        let nobody = ("as nobody".to_owned(), None);
        assert_eq!(alice.seen(), [nobody.clone(), with("as bob", "b0"), nobody]);
    });
}

#[test]
fn a_login_that_is_made_while_a_refresh_runs_never_leaves_with_the_old_token() {
    with_effects(async || {
        let alice = alice();
        let _call = alice.socket.send_and_wait(message("call")).start();
        assert!(alice.network.answer("call", 401, "null"));
        let mut login = alice.socket.send_and_wait(message("login")).anonymous().start();
        assert_eq!(alice.seen(), [("login".to_owned(), None)]);
        let mut waits = alice.socket.send_and_wait(message("waits")).start();
        assert!(alice.seen().is_empty());
        alice.who.set(person("bob", "b0"));
        assert!(outcome(&mut login).is_some() && outcome(&mut waits).is_some());
        settle().await;
        assert_eq!(alice.asked.count(), 0, "it is dropped");
        alice.asked.answer(Ok(token("a1"))).await;
        alice.network.accept("");
        assert!(alice.seen().is_empty());
    });
}

#[test]
fn the_same_person_with_a_new_token_keeps_the_link_and_the_calls() {
    let alice = alice();
    let mut call = alice.socket.send_and_wait(message("call")).start();
    alice.who.set(person("alice", "a1"));
    alice.socket.send(message("next")).unwrap();
    assert_eq!(alice.network.links().len(), 1);
    assert_eq!(alice.seen(), [with("call", "a0"), with("next", "a1")]);
    assert!(outcome(&mut call).is_none());
}

#[test]
fn a_queue_that_is_full_leaves_whole_and_in_order_with_the_token_of_that_moment() {
    let alice = alice_at(ROOM_1, |options| options.queue_capacity(100));
    let routes: Vec<_> = (0..100).map(|number| format!("{number}")).collect();
    for route in &routes {
        alice.socket.send(message(route)).unwrap();
    }
    assert!(alice.socket.send(message("refused")).is_err());
    alice.who.set(person("alice", "a1"));
    alice.network.accept("");
    assert_eq!(alice.seen(), routes.iter().map(|route| with(route, "a1")).collect::<Vec<_>>());
}

#[test]
fn a_new_token_reaches_also_what_the_old_places_still_deliver() {
    let url = RwSignal::new(ROOM_1.to_owned());
    let alice = alice_at(url, |options| options);
    let _call = alice.socket.send_and_wait(message("call")).start();
    url.set(ROOM_2.to_owned());
    alice.who.set(person("alice", "a1"));
    alice.network.accept("/1");
    assert_eq!(alice.seen(), [with("call", "a1")]);
}

#[test]
fn a_new_token_is_a_reason_to_try_again_where_the_socket_was_refused() {
    for code in [1008, 4401] {
        let (page, network) = network();
        let who = RwSignal::new(person("alice", "a0"));
        let options = SocketOptions::new().transport(network.clone()).identity(who);
        let (_mounted, socket) = provide_with(&page, ROOM_1, options);
        for (n, next) in [person("alice", "a1"), person("bob", "b0"), None].into_iter().enumerate() {
            network.accept("");
            network.close("", code);
            assert!(socket.state().get_untracked().is_closed());
            who.set(next);
            assert_eq!((network.links().len(), network.held().len()), (n + 2, 1));
        }
        socket.close();
        who.set(person("carol", "c0"));
        assert_eq!(socket.state().get_untracked(), SocketState::Closed(CloseReason::ByApp), "the app closed it");
    }
}

#[test]
fn another_language_is_no_reason_to_try_again() {
    let (page, network) = network();
    let language = RwSignal::new("en".to_owned());
    let options = SocketOptions::new().transport(network.clone()).identity(person("alice", "a0"));
    let headers = move || Headers::new().with("language", language.get());
    let (_mounted, socket) = provide_with(&page, ROOM_1, options.global_headers(headers));
    network.accept("");
    network.close("", 1008);
    language.set("fa".to_owned());
    assert!(socket.state().get_untracked().is_closed());
}

#[test]
fn nobody_is_anonymous_and_not_idle() {
    let (page, network) = network();
    let who = RwSignal::new(None::<Identity>);
    let language = Headers::new().with("language", "fa");
    let options = SocketOptions::new().transport(network.clone()).identity(who).global_headers(language);
    let (_mounted, socket) = provide_with(&page, ROOM_1, options);
    network.accept("");
    socket.send(message("as nobody")).unwrap();
    who.set(person("alice", "a0"));
    network.accept("");
    socket.send(message("as alice")).unwrap();
    socket.send(message("anonymous").anonymous()).unwrap();
    let frames = network.take("");
    assert_eq!(frames.iter().map(crate::network::Frame::token).collect::<Vec<_>>(), [None, Some("a0"), None]);
    assert!(frames.iter().all(|frame| frame.json["headers"]["language"] == "fa"));
}

#[test]
fn nothing_of_one_person_arrives_at_the_listeners_of_the_next() {
    let alice = alice();
    let (socket, heard) = (alice.socket, Log::new());
    let mut stream = socket.pushes::<Secret>();
    let (latest, count) = (socket.latest::<Secret>(), socket.fold(0, |count, _: Secret| *count += 1));
    let (log, who) = (heard.clone(), alice.who);
    socket.on_push(move |Secret(text)| {
        if text == "log out" {
            who.set(person("bob", "b0"));
        }
        log.add(text);
    });
    let last = Log::new();
    let log = last.clone();
    socket.on_push_raw("secret", move |push| log.add(push.payload().to_string()));
    alice.network.push("", "secret", r#""of alice""#);
    assert_eq!((last.take().len(), count.value().get_untracked()), (1, 1));
    alice.network.push("", "secret", r#""log out""#);
    assert_eq!((last.len(), count.value().get_untracked(), latest.value().get_untracked()), (0, 0, None));
    assert_eq!(heard.take(), ["of alice", "log out"]);
    for link in 0..2 {
        let text = r#"{"route":"secret","payload":"late"}"#.to_owned();
        alice.page.world.report_on(link, leptos_socket_core::Input::Text(text));
    }
    assert_eq!((last.len(), heard.len()), (0, 0));
    alice.network.accept("");
    alice.network.push("", "secret", r#""of bob""#);
    let read = futures::executor::block_on(async { [stream.next().await, stream.next().await] });
    assert_eq!(read, [Some(Err(Lagged(2))), Some(Ok(Secret("of bob".to_owned())))]);
    assert_eq!(count.value().get_untracked(), 1);
}

#[test]
fn a_fold_that_logs_out_leaves_nothing_of_what_it_folded() {
    let alice = alice();
    let who = alice.who;
    let count = alice.socket.fold(0, move |count, _: Secret| {
        *count += 1;
        who.set(None);
    });
    alice.network.push("", "secret", r#""of alice""#);
    assert_eq!(count.value().get_untracked(), 0);
}

/// What is called back at the end of a person's calls may log in the next.
#[test]
fn who_it_is_may_change_while_it_changes() {
    let alice = alice();
    let (who, socket) = (alice.who, alice.socket);
    let told = Log::new();
    let log = told.clone();
    socket
        .on_response(message("slow"), move |outcome| {
            log.add(outcome.unwrap_err().to_string());
            let _ = socket.send(message("as bob"));
            who.set(person("carol", "c0"));
            let _ = socket.send(message("as carol"));
        })
        .unwrap();
    who.set(person("bob", "b0"));
    assert_eq!(told.len(), 1);
    assert_eq!(alice.network.held().len(), 1);
    alice.network.accept("");
    assert_eq!(alice.seen(), [with("slow", "a0"), with("as carol", "c0")]);
}

#[test]
fn a_socket_without_a_usable_url_says_so_to_everyone() {
    let alice = alice_at("nonsense", |options| options);
    let closed = SocketState::Closed(CloseReason::InvalidUrl(InvalidUrl::Scheme));
    for next in [person("bob", "b0"), None] {
        assert_eq!(alice.socket.state().get_untracked(), closed);
        alice.who.set(next);
    }
    assert_eq!(alice.socket.state().get_untracked(), closed);
    let misconfigured = alice_at(ROOM_1, |options| options.json("{"));
    misconfigured.who.set(None);
    assert_eq!(misconfigured.socket.state().get_untracked(), SocketState::Closed(CloseReason::InvalidConfig));
}

/// The ticket in a URL is a token too.
#[test]
fn nobody_stays_on_a_link_with_the_ticket_of_another_person() {
    let url = RwSignal::new(format!("{ROOM_1}?ticket=a"));
    let alice = alice_at(url, |options| options);
    alice.network.accept("");
    alice.who.set(person("bob", "b0"));
    alice.network.accept("");
    // The page had to fetch bob's ticket first.
    url.set(format!("{ROOM_1}?ticket=b"));
    assert_eq!(alice.network.held(), [format!("{ROOM_1}?ticket=b")]);
    alice.network.accept("");
    url.set(format!("{ROOM_1}?ticket=b2"));
    assert_eq!(alice.network.held(), [format!("{ROOM_1}?ticket=b")], "his own next ticket is for the next link");
}

#[test]
fn a_url_of_the_person_is_that_of_the_next_at_once() {
    for is_memo in [true, false] {
        let (page, network) = network();
        let who = RwSignal::new(person("alice", "a0"));
        let read =
            move || who.get().map_or_else(String::new, |who| format!("ws://server/{}?token={}", who.id(), who.id()));
        let url = if is_memo { SocketUrl::from(Memo::new(move |_| read())) } else { SocketUrl::from(read) };
        let options = SocketOptions::new().transport(network.clone()).identity(who);
        let (_mounted, socket) = provide_with(&page, url, options);
        for (n, next) in ["bob", "carol", "alice"].into_iter().enumerate() {
            network.accept("");
            who.set(person(next, next));
            socket.send(Message::new("hi", next)).unwrap();
            assert_eq!(network.held(), [format!("ws://server/{next}?token={next}")]);
            network.accept("");
            let hi = network.take("");
            assert_eq!((hi.len(), hi[0].token()), (1, Some(next)));
            assert!(is_memo || network.links().len() == n + 2, "no attempt is made for nothing");
        }
    }
}

#[test]
fn an_async_url_is_asked_again_for_the_next_person() {
    with_effects(async || {
        let (asked, url) = Asked::new();
        let alice = alice_at(SocketUrl::from_fn(url), |options| options);
        asked.answer(Ok("ws://server/?ticket=a")).await;
        alice.network.accept("");
        alice.who.set(person("bob", "b0"));
        let mut call = alice.socket.send_and_wait(message("call")).start();
        assert!(alice.network.held().is_empty());
        asked.answer(Ok("ws://server/bob/?ticket=b")).await;
        alice.network.accept("bob");
        assert_eq!(alice.network.held(), ["ws://server/bob/?ticket=b"]);
        assert_eq!(alice.seen(), [with("call", "b0")]);
        assert!(outcome(&mut call).is_none());
        settle().await;
    });
}

#[test]
fn what_a_refresh_returned_for_nobody_is_not_for_the_next() {
    with_effects(async || {
        let nobody = alice();
        nobody.who.set(None);
        nobody.network.accept("");
        let mut call = nobody.socket.send_and_wait(message("call")).start();
        assert!(nobody.network.answer("call", 401, "null"));
        nobody.asked.answer(Ok(token("n1"))).await;
        assert!(nobody.network.answer("call", 200, "1"));
        assert_eq!(outcome(&mut call).unwrap().unwrap().status(), Some(StatusCode::OK));
        for next in [Some(Identity::new("bob", Headers::new())), None] {
            nobody.who.set(next);
            nobody.network.accept("");
            nobody.socket.send(message("hi")).unwrap();
        }
        assert_eq!(nobody.seen(), [("hi".to_owned(), None), ("hi".to_owned(), None)]);
    });
}
