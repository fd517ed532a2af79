//! Calls that may be sent again.

use leptos_socket_core::sim::{Answer, Handshake, Sim};
use leptos_socket_core::{
    CallError, CallId, CallOptions, CloseCode, CloseReason, Event, Input, NotSent, Notice, OutcomeUnknown, SocketState,
};

use crate::support::{
    ByHand, assert_works, call, config, connected, connected_with, defaults, error, frame, message, reply, routes, secs,
};

fn idempotent(sim: &mut Sim, route: &str) -> CallId {
    sim.call(&message(route).with_options(CallOptions::new().idempotent(true))).unwrap()
}

fn idempotent_by_hand(hand: &mut ByHand) -> CallId {
    hand.client.call(hand.now, &message("echo").with_options(CallOptions::new().idempotent(true))).unwrap()
}

/// The link is lost once all that was sent has arrived, and another one opens soon.
fn lose_link(sim: &mut Sim) {
    sim.drive();
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    assert!(matches!(sim.state(), SocketState::Backoff { .. }));
}

#[test]
fn an_idempotent_call_is_sent_again_on_the_next_link_as_it_was() {
    let mut sim = connected();
    let call = idempotent(&mut sim, "never");
    lose_link(&mut sim);
    assert!(sim.outcome(call).is_none());
    assert_eq!((sim.client().in_flight(), sim.client().queued()), (0, 1));
    sim.server.on("never", Answer::echo());
    sim.advance(secs(2));
    assert!(reply(&sim, call).is_success());
    let received: Vec<_> = sim.server.received().collect();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].text, received[1].text);
    assert!(received[0].link < received[1].link);
}

#[test]
fn a_call_that_is_sent_again_keeps_its_deadline() {
    let mut sim = connected_with(config(|c| c.request_timeout(Some(secs(5)))));
    let since = sim.now();
    let call = idempotent(&mut sim, "never");
    sim.advance(secs(3));
    lose_link(&mut sim);
    sim.advance(secs(1));
    assert_eq!(sim.client().in_flight(), 1);
    while sim.outcome(call).is_none() {
        assert!(sim.step());
    }
    assert_eq!(sim.now() - since, secs(5));
    let timed_out = OutcomeUnknown::TimedOut { waited: secs(5) };
    assert!(matches!(error(&sim, call), CallError::OutcomeUnknown(why) if *why == timed_out));
}

#[test]
fn calls_are_sent_again_in_their_old_order_ahead_of_newer_ones() {
    let mut sim = connected();
    sim.server.silent = true;
    for route in ["a", "b", "c"] {
        idempotent(&mut sim, route);
    }
    lose_link(&mut sim);
    call(&mut sim, "d");
    idempotent(&mut sim, "e");
    sim.advance(secs(2));
    assert_eq!(routes(&sim), ["a", "b", "c", "a", "b", "c", "d", "e"]);
    lose_link(&mut sim);
    sim.advance(secs(3));
    assert_eq!(routes(&sim)[8..], ["a", "b", "c", "e"]);
}

#[test]
fn a_call_outlives_several_losses_and_is_settled_once() {
    let mut sim = connected_with(config(|c| c.request_timeout(Some(secs(600))).max_reconnect_attempts(None)));
    let call = idempotent(&mut sim, "never");
    for _ in 0..5 {
        lose_link(&mut sim);
        sim.advance(secs(30));
    }
    sim.server.on("never", Answer::echo());
    lose_link(&mut sim);
    sim.advance(secs(60));
    assert!(reply(&sim, call).is_success());
    let uuids: Vec<_> = sim.server.received().map(|received| received.uuid.as_str()).collect();
    assert_eq!(uuids, [uuids[0]; 7]);
    let settled = sim.history().iter().filter(|(_, event)| matches!(event, Event::Settled { .. }));
    assert_eq!(settled.count(), 1);
}

#[test]
fn a_call_that_was_sent_and_times_out_in_the_queue_has_an_unknown_outcome() {
    let mut sim = connected_with(config(|c| c.request_timeout(Some(secs(5)))));
    let sent = idempotent(&mut sim, "never");
    sim.network.handshake = Handshake::Refused;
    lose_link(&mut sim);
    let unsent = idempotent(&mut sim, "never");
    sim.advance(secs(5));
    let timed_out = OutcomeUnknown::TimedOut { waited: secs(5) };
    assert!(matches!(error(&sim, sent), CallError::OutcomeUnknown(why) if *why == timed_out));
    assert!(!error(&sim, sent).is_safe_to_retry());
    assert!(matches!(error(&sim, unsent), CallError::NotSent(NotSent::TimedOut { .. })));
    assert_eq!(sim.client().queued(), 0);
    sim.network.handshake = Handshake::Accepted;
    sim.advance(secs(30));
    assert_works(&mut sim);
    assert_eq!(routes(&sim), ["never", "echo"]);
}

#[test]
fn a_call_that_is_not_idempotent_leaves_once_however_often_the_link_is_lost() {
    let mut sim = connected_with(config(|c| c.max_reconnect_attempts(None).backoff_max(secs(1))));
    sim.server.silent = true;
    let once = call(&mut sim, "once");
    idempotent(&mut sim, "never");
    for _ in 0..5 {
        lose_link(&mut sim);
        sim.advance(secs(5));
    }
    assert!(matches!(error(&sim, once), CallError::OutcomeUnknown(OutcomeUnknown::LinkLost(_))));
    assert_eq!(routes(&sim), ["once", "never", "never", "never", "never", "never", "never"]);
}

#[test]
fn a_queued_call_that_is_not_idempotent_stays_queued_and_leaves_once() {
    let mut sim = connected();
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    let queued = call(&mut sim, "echo");
    sim.advance(secs(2));
    assert!(reply(&sim, queued).is_success());
    assert_eq!(routes(&sim), ["echo"]);
}

#[test]
fn close_ends_a_call_that_waits_to_be_sent_again_with_an_unknown_outcome() {
    for is_lost_before in [true, false] {
        let mut sim = connected();
        let call = idempotent(&mut sim, "never");
        sim.drive();
        if is_lost_before {
            lose_link(&mut sim);
        }
        sim.close();
        assert!(matches!(error(&sim, call), CallError::OutcomeUnknown(OutcomeUnknown::Closed)));
        assert_eq!((sim.client().in_flight(), sim.client().queued()), (0, 0));
        sim.reconnect();
        sim.drive();
        assert_eq!(routes(&sim), ["never"]);
    }
}

#[test]
fn giving_up_ends_a_call_that_was_sent_with_an_unknown_outcome() {
    let mut sim = connected_with(config(|c| c.request_timeout(Some(secs(600)))));
    let sent = idempotent(&mut sim, "never");
    sim.network.handshake = Handshake::Refused;
    lose_link(&mut sim);
    let unsent = idempotent(&mut sim, "never");
    sim.advance(secs(120));
    assert!(sim.state().is_closed());
    assert!(matches!(error(&sim, sent), CallError::OutcomeUnknown(OutcomeUnknown::Closed)));
    let gave_up = CloseReason::GaveUp { attempts: 5 };
    assert!(matches!(error(&sim, unsent), CallError::NotSent(NotSent::Closed(why)) if *why == gave_up));
}

#[test]
fn a_final_code_ends_an_idempotent_call_too() {
    let mut sim = connected();
    let call = idempotent(&mut sim, "never");
    sim.drive();
    sim.server_close(CloseCode::POLICY);
    sim.drive();
    assert!(matches!(error(&sim, call), CallError::OutcomeUnknown(_)));
    assert_eq!(sim.client().queued(), 0);
}

#[test]
fn a_cancelled_call_is_not_sent_again() {
    let mut sim = connected();
    let cancelled = idempotent(&mut sim, "never");
    lose_link(&mut sim);
    assert!(sim.cancel(cancelled));
    assert_eq!(sim.client().queued(), 0);
    sim.advance(secs(2));
    assert_works(&mut sim);
    assert_eq!(routes(&sim), ["never", "echo"]);
    assert!(sim.outcome(cancelled).is_none());
}

#[test]
fn reconnect_sends_an_idempotent_call_again() {
    let mut sim = connected();
    let call = idempotent(&mut sim, "never");
    sim.drive();
    sim.server.on("never", Answer::echo());
    sim.reconnect();
    sim.drive();
    assert!(reply(&sim, call).is_success());
    assert_eq!(routes(&sim), ["never", "never"]);
}

/// What was admitted once is not thrown out again.
#[test]
fn what_was_sent_may_exceed_the_bounds_of_the_queue_and_what_is_new_may_not() {
    for (capacity, bytes) in [(1, 4096), (0, 4096), (1_000, 1)] {
        let mut sim = connected_with(config(|c| c.queue_capacity(capacity).queue_bytes(bytes)));
        let calls = [(); 3].map(|()| idempotent(&mut sim, "never"));
        lose_link(&mut sim);
        assert_eq!(sim.client().queued(), 3);
        assert!(matches!(sim.call(&message("echo")), Err(NotSent::QueueFull(_))));
        sim.server.on("never", Answer::echo());
        sim.advance(secs(2));
        assert!(calls.iter().all(|call| reply(&sim, *call).is_success()));
    }
}

#[test]
fn while_a_call_waits_to_be_sent_again_an_answer_on_the_old_link_is_ignored() {
    let (mut hand, old) = ByHand::open(defaults());
    hand.transmits();
    let call = idempotent_by_hand(&mut hand);
    let uuid = hand.uuid();
    hand.input(old, Input::Closed(CloseCode::ABNORMAL));
    hand.events();
    hand.text(old, frame(&uuid, 200));
    assert!(hand.events().is_empty());

    hand.pass(secs(1));
    let new = hand.link();
    hand.input(new, Input::Opened);
    assert_eq!(hand.messages()[0]["uuid"], uuid);
    hand.events();
    hand.text(old, frame(&uuid, 200));
    assert!(hand.events().is_empty());
    hand.text(new, frame(&uuid, 200));
    assert_eq!(hand.settled().0, call);
    hand.text(new, frame(&uuid, 200));
    assert!(matches!(hand.notices()[..], [(Notice::Unawaited { .. }, 1)]));
}

#[test]
fn a_call_that_waits_to_be_sent_again_is_not_in_flight() {
    let (mut hand, link) = ByHand::open(defaults());
    idempotent_by_hand(&mut hand);
    hand.transmits();
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert_eq!((hand.client.in_flight(), hand.client.queued()), (0, 1));
    hand.next_link();
    hand.transmits();
    assert_eq!((hand.client.in_flight(), hand.client.queued()), (1, 0));
}

#[test]
fn what_is_overdue_when_the_next_link_opens_is_not_sent_again() {
    let (mut hand, link) = ByHand::open(defaults());
    let call = idempotent_by_hand(&mut hand);
    assert!(!hand.frames().is_empty());
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    hand.pass(secs(1));
    let link = hand.link();
    hand.events();
    hand.now = hand.now + secs(60);
    hand.input(link, Input::Opened);
    assert!(hand.messages().is_empty());
    let (settled, outcome) = hand.settled();
    assert_eq!(settled, call);
    assert!(matches!(outcome, Err(CallError::OutcomeUnknown(OutcomeUnknown::TimedOut { .. }))));
}
