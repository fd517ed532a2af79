//! A socket is at one place at a time: what is meant for one reaches that one or nobody.

use std::any::Any;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use leptos::prelude::*;
use leptos_socket::{
    CallError, CloseReason, Message, NotSent, Push, Sent, Socket, SocketOptions, SocketProvider, SocketState,
    SocketUrl, use_socket,
};
use serde::Deserialize;

use crate::network::Network;
use crate::support::{Log, Page, Start, message, millis, outcome, secs};

pub(crate) const ROOM_1: &str = "ws://server/rooms/1";
pub(crate) const ROOM_2: &str = "ws://server/rooms/2";

pub(crate) fn network() -> (Page, Network) {
    let page = Page::new();
    let network = Network::new(&page.world);
    (page, network)
}

/// Dropping it unmounts it.
pub(crate) type Mounted = Box<dyn Any>;

pub(crate) fn provide(page: &Page, network: &Network, url: impl Into<SocketUrl>) -> (Mounted, Socket) {
    provide_with(page, url, SocketOptions::new().transport(network.clone()))
}

pub(crate) fn provide_with(page: &Page, url: impl Into<SocketUrl>, options: SocketOptions) -> (Mounted, Socket) {
    let (url, found) = (url.into(), Arc::new(Mutex::new(None)));
    let finds = Arc::clone(&found);
    let view = page.owner.with(|| {
        let children = move || *finds.lock().unwrap() = Some(use_socket());
        view! { <SocketProvider url options>{children()}</SocketProvider> }
    });
    let socket = found.lock().unwrap().take().unwrap();
    (Box::new(view), socket)
}

fn in_room_1(page: &Page, network: &Network) -> (RwSignal<String>, Socket, Mounted) {
    let url = RwSignal::new(ROOM_1.to_owned());
    let (mounted, socket) = provide(page, network, url);
    (url, socket, mounted)
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Said(String);

impl Push for Said {
    const ROUTE: &'static str = "said";
}

#[test]
fn a_line_that_was_typed_for_one_room_reaches_that_room_and_no_other() {
    let (page, network) = network();
    let (url, socket, _mounted) = in_room_1(&page, &network);
    network.accept("/1");
    network.close("/1", 1006);
    let mut call = socket.send_and_wait(message("a call")).start();
    assert!(matches!(socket.send(message("a line")), Ok(Sent::Queued(_))));
    let outcomes = Log::new();
    socket.on_response(message("a question"), outcomes.of_outcomes()).unwrap();
    let mut flushed = socket.send_flushed(message("a chunk")).start();

    url.set(ROOM_2.to_owned());
    network.accept("/2");
    assert!(network.routes("/2").is_empty());
    assert_eq!(socket.queued().get_untracked(), 0, "of this place");

    page.world.advance(secs(2));
    network.accept("/1");
    assert_eq!(
        network.take("/1").iter().map(crate::network::Frame::route).collect::<Vec<_>>(),
        ["a call", "a line", "a question", "a chunk"]
    );
    assert_eq!((&mut flushed).now_or_never(), Some(Ok(())));
    assert!(outcome(&mut call).is_none() && network.routes("/2").is_empty());
}

#[test]
fn a_line_for_a_room_that_is_gone_reaches_nobody_and_says_so() {
    let (page, network) = network();
    let dropped = Log::new();
    let url = RwSignal::new(ROOM_1.to_owned());
    let told = dropped.clone();
    let options = SocketOptions::new().transport(network.clone()).on_dropped(move |_, error| told.add(error));
    let (_mounted, socket) = provide_with(&page, url, options);
    let mut call = socket.send_and_wait(message("a call")).start();
    assert!(socket.send(message("a line")).is_ok());
    url.set(ROOM_2.to_owned());
    network.accept("/2");
    page.world.advance(secs(31));
    assert!(matches!(outcome(&mut call), Some(Err(CallError::NotSent(NotSent::TimedOut { .. })))));
    assert!(matches!(dropped.take()[..], [NotSent::TimedOut { .. }]));
    assert!(network.take("").is_empty());
    assert_eq!(network.held(), [ROOM_2]);
}

#[test]
fn an_old_client_takes_nothing_new_and_closes_once_all_is_answered() {
    let (page, network) = network();
    let (url, socket, _mounted) = in_room_1(&page, &network);
    network.accept("/1");
    let late = socket.send_and_wait(message("late"));
    let mut first = socket.send_and_wait(message("first")).start();
    url.set(ROOM_2.to_owned());
    assert_eq!(network.held(), [ROOM_1, ROOM_2]);
    let mut late = late.start();
    let Some(Err(CallError::NotSent(NotSent::Closed(why)))) = outcome(&mut late) else { panic!("it is refused") };
    assert_eq!(why, CloseReason::Left);
    assert!(network.answer("first", 200, "1"));
    assert!(outcome(&mut first).unwrap().is_ok());
    network.close("/1", 1000);
    assert_eq!(network.held(), [ROOM_2]);
    assert!(network.take("").is_empty());
}

#[test]
fn an_old_client_closes_once_all_is_overdue() {
    let (page, network) = network();
    let (url, socket, _mounted) = in_room_1(&page, &network);
    network.accept("/1");
    let mut call = socket.send_and_wait(message("slow")).timeout(secs(7)).start();
    url.set(ROOM_2.to_owned());
    network.accept("/2");
    page.world.advance(millis(6_999));
    assert_eq!(network.held(), [ROOM_1, ROOM_2]);
    page.world.advance(millis(1));
    assert!(matches!(outcome(&mut call), Some(Err(CallError::OutcomeUnknown(_)))));
    page.world.advance(secs(5));
    assert_eq!(network.held(), [ROOM_2]);
}

#[test]
fn an_old_client_survives_the_loss_of_its_link() {
    let (page, network) = network();
    let (url, socket, _mounted) = in_room_1(&page, &network);
    network.accept("/1");
    let mut safe = socket.send_and_wait(message("safe")).idempotent(true).start();
    url.set(ROOM_2.to_owned());
    network.accept("/2");
    network.close("/1", 1006);
    page.world.advance(secs(2));
    network.accept("/1");
    network.take("/2");
    assert_eq!(network.take("/1").len(), 2, "sent again");
    network.push("/1", "said", r#""late""#);
    assert!(outcome(&mut safe).is_none());
}

#[test]
fn a_call_that_is_first_polled_after_the_move_fails_where_all_has_ended() {
    let (page, network) = network();
    let (url, socket, _mounted) = in_room_1(&page, &network);
    network.accept("/1");
    let (call, sending) = (socket.send_and_wait(message("call")), socket.send_flushed(message("chunk")));
    url.set(ROOM_2.to_owned());
    network.close("/1", 1000);
    network.accept("/2");
    let error = outcome(&mut call.start()).unwrap().unwrap_err();
    assert!(error.is_safe_to_retry(), "{error}");
    assert!(sending.start().now_or_never().unwrap().is_err());
    url.set(ROOM_1.to_owned());
    network.accept("/1");
    assert!(network.take("").is_empty());
}

#[test]
fn save_then_leave_saves() {
    let (page, network) = network();
    for is_open in [true, false] {
        let (mounted, socket) = provide(&page, &network, ROOM_1);
        if is_open {
            network.accept("/1");
        }
        let mut save = socket.send_and_wait(message("save")).start();
        assert!(socket.send(message("bye")).is_ok());
        drop(mounted);
        assert!(matches!(socket.send(message("more")), Err(NotSent::Closed(_))));
        if !is_open {
            network.accept("/1");
        }
        assert!(network.answer("save", 200, "1"));
        assert_eq!(network.routes("/1"), ["bye"]);
        assert!(outcome(&mut save).unwrap().is_ok());
        network.close("/1", 1000);
        page.assert_silent();
    }
}

#[test]
fn only_another_ticket_keeps_an_open_link_and_what_is_in_flight() {
    let (page, network) = network();
    let url = RwSignal::new(format!("{ROOM_1}?token=a&lang=en"));
    let (_mounted, socket) = provide(&page, &network, url);
    network.accept("/1");
    let mut call = socket.send_and_wait(message("call")).start();
    for other in ["?token=b&lang=en", "?lang=en", "?access_token=x&lang=en&ticket=1"] {
        url.set(format!("{ROOM_1}{other}"));
    }
    assert_eq!(network.links().len(), 1);
    assert!(network.answer("call", 200, "1"));
    assert!(outcome(&mut call).unwrap().is_ok());
    url.set(format!("{ROOM_1}?token=b&lang=fa"));
    assert_eq!(network.links().len(), 2, "another place");
}

#[test]
fn another_ticket_after_a_refused_attempt_tries_at_once() {
    let (page, network) = network();
    let url = RwSignal::new(format!("{ROOM_1}?token=0"));
    let options = SocketOptions::new().transport(network.clone()).max_reconnect_attempts(Some(2));
    let (_mounted, socket) = provide_with(&page, url, options);
    let mut call = socket.send_and_wait(message("call")).start();
    let refusals: [&dyn Fn(); 3] = [
        &|| network.close("/1", 1006),
        &|| {
            for _ in 0..3 {
                network.close("/1", 1006);
                page.world.advance(secs(8));
            }
            assert!(matches!(socket.state().get_untracked(), SocketState::Closed(CloseReason::GaveUp { .. })));
        },
        &|| {
            network.accept("/1");
            network.close("/1", 1008);
            assert!(socket.state().get_untracked().is_closed());
        },
    ];
    for (number, refuse) in refusals.iter().enumerate() {
        refuse();
        let ticket = format!("token={}", number + 1);
        url.set(format!("{ROOM_1}?{ticket}"));
        assert_eq!(network.held(), [format!("{ROOM_1}?{ticket}")]);
        if number == 0 {
            assert!(outcome(&mut call).is_none());
        }
    }
    // An attempt that is under way has the old ticket.
    url.set(format!("{ROOM_1}?token=9"));
    assert_eq!(network.held(), [format!("{ROOM_1}?token=9")]);
}

#[test]
fn a_socket_that_the_app_closed_stays_closed_wherever_it_moves() {
    let (page, network) = network();
    let (url, socket, _mounted) = in_room_1(&page, &network);
    network.accept("/1");
    let mut save = socket.send_and_wait(message("save")).start();
    url.set(ROOM_2.to_owned());
    socket.close();
    assert!(matches!(outcome(&mut save), Some(Err(CallError::OutcomeUnknown(_)))), "all of it ends");
    url.set(ROOM_1.to_owned());
    assert_eq!(socket.state().get_untracked(), SocketState::Closed(CloseReason::ByApp));
    page.world.advance(secs(10));
    assert!(network.held().is_empty());
    socket.reconnect();
    assert_eq!(network.held(), [ROOM_1]);
    network.accept("/1");
    let _ = network.take("");
    let mut save = socket.send_and_wait(message("save")).start();
    url.set(ROOM_2.to_owned());
    assert!(network.answer("save", 200, "1"), "and then it is as any other");
    assert!(outcome(&mut save).unwrap().is_ok());
}

#[test]
fn what_was_pushed_at_one_place_is_no_data_of_the_next() {
    let (page, network) = network();
    let (url, socket, _mounted) = in_room_1(&page, &network);
    network.accept("/1");
    let (latest, count) = (socket.latest::<Said>(), socket.fold(0, |count, _: Said| *count += 1));
    let (heard, mine) = (Log::new(), url);
    let log = heard.clone();
    socket.on_push(move |Said(line)| {
        if line == "go" {
            mine.set(ROOM_2.to_owned());
        }
        log.add(line);
    });
    let after_the_move = socket.fold(0, |count, _: Said| *count += 1);
    network.push("/1", "said", r#""go""#);
    network.push("/1", "said", r#""late""#);
    assert_eq!(heard.take(), ["go"]);
    assert_eq!(latest.value().get_untracked(), None);
    assert_eq!((count.value().get_untracked(), after_the_move.value().get_untracked()), (0, 0));
    network.accept("/2");
    network.push("/2", "said", r#""welcome""#);
    assert_eq!((count.value().get_untracked(), after_the_move.value().get_untracked()), (1, 1));
}

#[test]
fn a_payload_is_for_the_place_where_the_call_was_made() {
    let (page, network) = network();
    let (url, socket, _mounted) = in_room_1(&page, &network);
    network.accept("/1");
    let mut calls = Vec::new();
    for n in 0..10 {
        calls.push(socket.send_and_wait(Message::new("say", n)).start());
        url.set(if n % 2 == 0 { ROOM_2.to_owned() } else { ROOM_1.to_owned() });
        network.accept(if n % 2 == 0 { "/2" } else { "/1" });
    }
    let at = |room: &str| network.take(room).iter().map(|frame| frame.json["payload"].clone()).collect::<Vec<_>>();
    assert_eq!(
        (at("/1"), at("/2")),
        (
            vec![0.into(), 2.into(), 4.into(), 6.into(), 8.into()],
            vec![1.into(), 3.into(), 5.into(), 7.into(), 9.into()]
        )
    );
}
