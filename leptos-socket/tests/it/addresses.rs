//! An address may be missing, be nonsense, or come late.

use leptos::prelude::*;
use leptos_socket::{CloseReason, InvalidUrl, SocketOptions, SocketState, SocketUrl};

use crate::places::{ROOM_1, ROOM_2, network, provide, provide_with};
use crate::recorder::{record, text};
use crate::sources::Asked;
use crate::support::{Start as _, message, outcome, secs, settle, with_effects};

#[test]
fn save_then_leave_saves_though_the_address_is_not_known_yet() {
    with_effects(async || {
        let (page, network) = network();
        let (asked, url) = Asked::new();
        let (mounted, socket) = provide(&page, &network, SocketUrl::from_fn(url));
        let mut save = socket.send_and_wait(message("save")).start();
        drop(mounted);
        asked.answer(Err(())).await;
        page.world.advance(secs(2));
        asked.answer(Ok(ROOM_1)).await;
        network.accept("/1");
        assert!(network.answer("save", 200, "1"));
        assert!(outcome(&mut save).unwrap().is_ok());
        network.close("/1", 1000);
        page.assert_silent();
    });
}

#[test]
fn without_an_address_calls_wait_and_their_deadlines_run() {
    let (page, network) = network();
    let url = RwSignal::new(None::<String>);
    let (_mounted, socket) = provide(&page, &network, url);
    assert_eq!(socket.state().get_untracked(), SocketState::Idle);
    let mut overdue = socket.send_and_wait(message("overdue")).timeout(secs(3)).start();
    let mut waits = socket.send_and_wait(message("waits")).start();
    page.world.advance(secs(3));
    let error = outcome(&mut overdue).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "not sent: there was no address to connect to within 3 s");
    url.set(Some(ROOM_1.to_owned()));
    network.accept("/1");
    assert!(network.answer("waits", 200, "1"));
    assert!(outcome(&mut waits).unwrap().is_ok());

    url.set(None);
    network.close("/1", 1000);
    assert_eq!(socket.state().get_untracked(), SocketState::Idle);
    assert!(network.held().is_empty());
    socket.reconnect();
    assert_eq!(socket.state().get_untracked(), SocketState::Idle);
}

#[test]
fn a_url_that_is_nonsense_closes_the_socket_says_why_and_harms_no_more() {
    let (page, network) = network();
    let closed = SocketState::Closed(CloseReason::InvalidUrl(InvalidUrl::Scheme));
    let (_mounted, socket) = provide(&page, &network, "http://server/");
    assert_eq!(socket.state().get_untracked(), closed);
    let error = outcome(&mut socket.send_and_wait(message("call")).start()).unwrap().unwrap_err();
    assert!(error.is_safe_to_retry(), "{error}");
    socket.reconnect();
    assert_eq!(socket.state().get_untracked(), closed);

    let url = RwSignal::new(Some("nonsense".to_owned()));
    let (_mounted, socket) = provide(&page, &network, url);
    assert_eq!(socket.state().get_untracked(), closed);
    url.set(None);
    assert_eq!(socket.state().get_untracked(), SocketState::Idle);
    let mut call = socket.send_and_wait(message("call")).start();
    url.set(Some(ROOM_1.to_owned()));
    network.accept("/1");
    assert!(network.answer("call", 200, "1"));
    assert!(outcome(&mut call).unwrap().is_ok());
    let mut last = socket.send_and_wait(message("last")).start();
    url.set(Some("nonsense".to_owned()));
    assert_eq!(socket.state().get_untracked(), closed);
    assert!(network.answer("last", 200, "1"));
    assert!(outcome(&mut last).unwrap().is_ok());
}

#[test]
fn what_cannot_be_connected_to_is_one_line_in_the_log() {
    let (page, network) = network();
    record();
    let _nonsense = provide(&page, &network, "http://server/?s3cret");
    let warnings = || text().lines().filter(|line| line.starts_with("WARN")).count();
    assert_eq!(warnings(), 1, "{}", text());
    let url = RwSignal::new(ROOM_1.to_owned());
    let _later = provide(&page, &network, url);
    url.set("nonsense".to_owned());
    assert_eq!(warnings(), 2, "{}", text());
    let _config = provide_with(&page, ROOM_1, SocketOptions::new().transport(network).json("{"));
    assert_eq!(warnings(), 3, "{}", text());
    assert!(!text().contains("s3cret"));
}

#[test]
fn an_async_url_moves_the_socket_and_leaves_behind_what_is_of_the_old_place() {
    with_effects(async || {
        let (page, network) = network();
        let (asked, url) = Asked::new();
        let (_mounted, socket) = provide(&page, &network, SocketUrl::from_fn(url));
        asked.answer(Ok(ROOM_1)).await;
        network.accept("/1");
        network.close("/1", 1006);
        let mut old = socket.send_and_wait(message("old")).start();
        page.world.advance(secs(2));
        asked.answer(Ok(ROOM_2)).await;
        let mut new = socket.send_and_wait(message("new")).start();
        network.accept("/2");
        network.accept("/1");
        assert_eq!((network.take("/1").len(), network.take("/2").len()), (1, 1));
        assert!(outcome(&mut old).is_none() && outcome(&mut new).is_none());
        assert_eq!(asked.count(), 0, "the answer is good for one attempt at each");
    });
}

#[test]
fn an_async_url_that_is_nonsense_closes_the_socket_until_it_is_told_to_reconnect() {
    with_effects(async || {
        let (page, network) = network();
        let (asked, url) = Asked::new();
        let (_mounted, socket) = provide(&page, &network, SocketUrl::from_fn(url));
        asked.answer(Ok("nonsense")).await;
        let closed = SocketState::Closed(CloseReason::InvalidUrl(InvalidUrl::Scheme));
        assert_eq!(socket.state().get_untracked(), closed);
        page.world.advance(secs(60));
        assert_eq!(asked.count(), 0);
        socket.reconnect();
        asked.answer(Ok(ROOM_1)).await;
        network.accept("/1");
        assert!(socket.connected().get_untracked());
        settle().await;
    });
}
