//! What waits for a link.

use leptos_socket_core::sim::{Answer, Handshake, Sim};
use leptos_socket_core::{CallError, CallId, CloseCode, CloseReason, Event, Input, Message, NotSent, QueueLimit};
use serde_json::json;

use crate::support::{
    ByHand, assert_works, call, config, connected, connected_with, defaults, error, idle_with, message, millis, reply,
    routes, secs,
};

/// The message that was queued, and why it did not leave.
fn unsent(sim: &Sim) -> Vec<(CallId, NotSent)> {
    let unsent = sim.history().iter().filter_map(|(_, event)| match event {
        Event::Unsent { message, error } => Some((*message, error.clone())),
        _ => None,
    });
    unsent.collect()
}

#[test]
fn messages_leave_in_the_order_of_the_calls_the_queue_first() {
    let mut sim = idle_with(defaults());
    call(&mut sim, "1");
    sim.connect();
    sim.send(&message("2")).unwrap();
    call(&mut sim, "3");
    sim.advance(millis(20));
    assert!(sim.state().is_open());
    call(&mut sim, "4");
    sim.drive();
    assert_eq!(routes(&sim), ["1", "2", "3", "4"]);
    assert_eq!(sim.unsettled().count(), 0);
}

#[test]
fn the_first_ping_leaves_before_the_queue() {
    let mut hand = ByHand::new(defaults());
    hand.call("echo");
    hand.client.connect(hand.now);
    let link = hand.link();
    hand.input(link, Input::Opened);
    hand.fire();
    let routes: Vec<_> = hand.frames().iter().map(|frame| frame["route"].clone()).collect();
    assert_eq!(routes, ["PING", "echo"]);
}

#[test]
fn a_full_queue_refuses_at_once_and_takes_more_when_there_is_room() {
    let mut sim = idle_with(config(|c| c.queue_capacity(2)));
    let first = call(&mut sim, "echo");
    call(&mut sim, "echo");
    let full = NotSent::QueueFull(QueueLimit::Messages(2));
    assert_eq!(sim.call(&message("echo")), Err(full.clone()));
    assert_eq!(sim.send(&message("echo")), Err(full));
    assert_eq!(sim.client().queued(), 2);
    assert!(sim.cancel(first));
    call(&mut sim, "echo");
    sim.connect();
    sim.drive();
    assert_eq!(sim.client().queued(), 0);
    assert_eq!(sim.unsettled().count(), 0);
}

#[test]
fn the_queue_is_bounded_in_bytes_and_room_comes_back_to_the_byte() {
    let mut hand = ByHand::open(defaults()).0;
    hand.transmits();
    hand.call("echo");
    let size = hand.frames()[0].to_string().len();

    let mut sim = idle_with(config(|c| c.queue_bytes(2 * size)));
    for _ in 0..3 {
        let first = call(&mut sim, "echo");
        let second = call(&mut sim, "echo");
        assert_eq!(sim.call(&message("echo")), Err(NotSent::QueueFull(QueueLimit::Bytes(2 * size))));
        sim.cancel(first);
        sim.cancel(second);
        call(&mut sim, "echo");
        call(&mut sim, "echo");
        sim.advance(secs(30));
        assert_eq!(sim.client().queued(), 0);
    }
}

#[test]
fn a_queue_of_nothing_fails_at_once_without_a_link_and_is_not_used_with_one() {
    for none in [config(|c| c.queue_capacity(0)), config(|c| c.queue_bytes(0))] {
        let mut sim = idle_with(none);
        assert!(matches!(sim.call(&message("echo")), Err(NotSent::QueueFull(_))));
        sim.connect();
        assert!(matches!(sim.send(&message("echo")), Err(NotSent::QueueFull(_))));
        sim.drive();
        assert_works(&mut sim);
    }
    let refused = NotSent::QueueFull(QueueLimit::Messages(0)).to_string();
    assert_eq!(refused, "it cannot leave now, and messages do not wait");
}

#[test]
fn an_open_link_needs_no_queue_however_many_leave() {
    let mut sim = connected_with(config(|c| c.queue_capacity(1)));
    let calls: Vec<_> = (0..100).map(|_| call(&mut sim, "echo")).collect();
    assert_eq!(sim.client().in_flight(), 100);
    sim.drive();
    assert!(calls.into_iter().all(|call| reply(&sim, call).is_success()));
}

#[test]
fn a_cancelled_call_that_was_queued_never_leaves() {
    let mut sim = idle_with(defaults());
    let cancelled = call(&mut sim, "cancelled");
    let sent = sim.send(&message("also cancelled")).unwrap();
    assert!(sim.cancel(cancelled) && sim.cancel(sent));
    sim.connect();
    sim.drive();
    assert!(routes(&sim).is_empty());
    assert!(unsent(&sim).is_empty());
}

#[test]
fn what_is_overdue_does_not_leave_when_the_link_opens() {
    let mut sim = connected_with(config(|c| c.request_timeout(Some(secs(5))).max_reconnect_attempts(None)));
    sim.network.handshake = Handshake::Refused;
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    let stale = call(&mut sim, "stale");
    sim.advance(secs(10));
    let fresh = call(&mut sim, "echo");
    sim.network.handshake = Handshake::Accepted;
    sim.reconnect();
    sim.drive();
    assert!(matches!(error(&sim, stale), CallError::NotSent(NotSent::TimedOut { .. })));
    assert!(reply(&sim, fresh).is_success());
    assert_eq!(routes(&sim), ["echo"]);
}

/// Both are due when the machine wakes, and the driver may report the link first.
#[test]
fn what_is_overdue_does_not_leave_even_if_the_link_opens_before_the_timer_is_looked_at() {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.call("echo");
    hand.client.send(hand.now, &message("news")).unwrap();
    hand.now = hand.now + secs(30);
    hand.input(link, Input::Opened);
    assert!(hand.messages().is_empty());
    let events = hand.events();
    assert!(events.iter().any(|event| matches!(
        event,
        Event::Settled { outcome: Err(CallError::NotSent(NotSent::TimedOut { .. })), .. }
    )));
    assert!(events.iter().any(|event| matches!(event, Event::Unsent { error: NotSent::TimedOut { .. }, .. })));
}

#[test]
fn a_message_without_a_reply_that_never_leaves_is_told() {
    let mut sim = idle_with(config(|c| c.request_timeout(Some(secs(5)))));
    let late = sim.send(&message("late")).unwrap();
    sim.advance(secs(5));
    let closed = sim.send(&message("closed")).unwrap();
    sim.close();
    let why = [(late, NotSent::NoAddress { waited: secs(5) }), (closed, NotSent::Closed(CloseReason::ByApp))];
    assert_eq!(unsent(&sim), why);
}

#[test]
fn without_the_queue_manager_messages_wait_until_there_is_a_link() {
    let mut sim = idle_with(config(|c| c.request_timeout(None)));
    let patient = call(&mut sim, "echo");
    sim.send(&message("news")).unwrap();
    sim.advance(secs(24 * 3_600));
    assert_eq!(sim.client().poll_timeout(), None);
    sim.connect();
    sim.drive();
    assert!(reply(&sim, patient).is_success());
    assert_eq!(routes(&sim), ["echo", "news"]);
}

#[test]
fn the_queue_survives_failed_attempts() {
    let mut sim = connected();
    sim.network.handshake = Handshake::Refused;
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    let calls: Vec<_> = (0..3).map(|_| call(&mut sim, "echo")).collect();
    sim.advance(secs(5));
    sim.network.handshake = Handshake::Accepted;
    sim.advance(secs(20));
    assert!(calls.into_iter().all(|call| reply(&sim, call).is_success()));
    assert_eq!(routes(&sim).len(), 3);
}

#[test]
fn a_link_lost_while_the_queue_leaves_ends_what_left_and_keeps_what_did_not() {
    let mut sim = idle_with(defaults());
    sim.server.on("crash", Answer::close(CloseCode::INTERNAL_ERROR));
    let crash = call(&mut sim, "crash");
    let behind = call(&mut sim, "never");
    sim.connect();
    sim.advance(millis(100));
    for call in [crash, behind] {
        assert!(matches!(error(&sim, call), CallError::OutcomeUnknown(_)));
    }
    let after = call(&mut sim, "echo");
    sim.advance(secs(2));
    assert!(reply(&sim, after).is_success());
}

#[test]
fn a_message_that_cannot_be_sent_is_refused_at_once_with_or_without_a_link() {
    let small = config(|c| c.max_request_size(1_000));
    for mut sim in [connected_with(small.clone()), idle_with(small)] {
        let before = routes(&sim).len();
        let big = Message::new("echo", "x".repeat(1_000));
        assert!(matches!(sim.call(&big), Err(NotSent::TooLarge { size: 1_001.., limit: 1_000 })));
        assert_eq!(sim.call(&Message::new("", json!(1))), Err(NotSent::NoRoute));
        let no_json = Message::new("echo", std::collections::BTreeMap::from([((1, 2), 3)]));
        assert!(matches!(sim.send(&no_json), Err(NotSent::Unserialisable(_))));
        sim.drive();
        assert_eq!(routes(&sim).len(), before);
        assert_eq!((sim.client().queued(), sim.client().in_flight()), (0, 0));
    }
}

#[test]
fn a_message_of_exactly_the_greatest_size_leaves() {
    let mut hand = ByHand::open(defaults()).0;
    hand.transmits();
    hand.call("echo");
    let size = hand.frames()[0].to_string().len();
    let mut sim = connected_with(config(|c| c.max_request_size(size)));
    assert_works(&mut sim);
}

#[test]
fn a_closed_socket_refuses_and_says_why_it_is_closed() {
    let mut sim = connected();
    sim.server_close(CloseCode::POLICY);
    sim.drive();
    let refused = NotSent::Closed(CloseReason::Refused(CloseCode::POLICY));
    assert_eq!(sim.call(&message("echo")), Err(refused.clone()));
    assert_eq!(sim.send(&message("echo")), Err(refused));
}

#[test]
fn ids_are_never_used_twice() {
    let mut sim = idle_with(defaults());
    let first = call(&mut sim, "echo");
    sim.cancel(first);
    let second = call(&mut sim, "echo");
    sim.connect();
    sim.drive();
    let third = call(&mut sim, "echo");
    assert!(first < second && second < third);
    assert!(!sim.cancel(first));
}
