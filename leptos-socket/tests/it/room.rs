//! Messages that wait for room, and those who await that they leave.

use crate::support::Start as _;
use futures::FutureExt;
use leptos::prelude::*;
use leptos_socket::{Message, NotSent, Sending, Sent, Socket};

use crate::support::{Page, Started, config, message, millis, routes, secs};

/// A socket that lets 1,000 bytes wait in its link, of which those are taken.
fn full(page: &Page) -> Socket {
    let config = config(|config| config.high_water_mark(1_000).queue_bytes(300));
    let socket = page.open_with("app", page.options().config(config));
    assert_eq!(socket.send(Message::new("large", "x".repeat(900))), Ok(Sent::Now));
    page.world.set_buffered(1_000);
    let _ = page.world.take_sent();
    socket
}

fn ready(socket: Socket, route: &str) -> Started<Sending> {
    socket.send_flushed(message(route)).start()
}

#[test]
fn a_message_that_leaves_at_once_has_left_at_once() {
    let page = Page::new();
    let socket = page.open("app");
    assert_eq!(ready(socket, "a").now_or_never(), Some(Ok(())));
    assert_eq!(routes(&page.world.take_sent()), ["a"]);
}

#[test]
fn a_message_waits_for_room_and_then_for_no_more() {
    let page = Page::new();
    let socket = full(&page);
    // Whoever awaits one message before the next needs no other bound.
    let mut waiting: Vec<_> = ["a", "b", "c"].map(|route| ready(socket, route)).into();
    assert!(waiting.iter_mut().all(|sending| sending.now_or_never().is_none()));
    assert!(matches!(socket.send(message("refused")), Err(NotSent::QueueFull(_))));
    page.world.set_buffered(0);
    page.world.advance(millis(20));
    assert!(waiting.iter_mut().all(|sending| sending.now_or_never() == Some(Ok(()))));
    assert_eq!(routes(&page.world.take_sent()), ["a", "b", "c"]);
}

#[test]
fn calls_overtake_what_waits_as_bulk() {
    let page = Page::new();
    let socket = full(&page);
    let _bulk = socket.send_flushed(message("bulk").bulk()).start();
    let _call = ready(socket, "call");
    page.world.set_buffered(0);
    page.world.advance(millis(20));
    assert_eq!(routes(&page.world.take_sent()), ["call", "bulk"]);
}

#[test]
fn a_message_that_is_awaited_no_more_never_leaves() {
    let page = Page::new();
    let socket = full(&page);
    drop(ready(socket, "a"));
    page.world.set_buffered(0);
    page.world.advance(millis(20));
    assert!(page.world.take_sent().is_empty());
    assert_eq!(socket.queued().get_untracked(), 0);
}

#[test]
fn a_message_that_finds_no_room_in_time_says_so_once() {
    let page = Page::new();
    let socket = full(&page);
    let mut sending = ready(socket, "a");
    page.world.advance(secs(31));
    let outcome = (&mut sending).now_or_never();
    assert!(matches!(outcome, Some(Err(NotSent::TimedOut { .. }))), "{outcome:?}");
}
