//! Slow is not dead: a server that is busy with a call answers late.

use std::time::Duration;

use leptos_socket_core::sim::{Answer, Sim};
use leptos_socket_core::{
    CallError, CallOptions, Event, Hint, Instant, Notice, OutcomeUnknown, SocketConfig, SocketState,
};

use crate::support::{
    ByHand, assert_works, call, config, connected, connected_with, error, message, millis, name, reply, secs,
};

/// A ping every 10 s, 4 s for its answer, and 20 s if calls are in flight.
fn brisk() -> SocketConfig {
    config(|c| {
        let c = c.heartbeat_rate(secs(10)).heartbeat_timeout_duration(secs(4)).busy_timeout(secs(20));
        c.request_timeout(Some(secs(600)))
    })
}

/// An open socket, a second before its next ping, with a call that keeps the server busy for so long.
fn busy_for(duration: Duration) -> Sim {
    let mut sim = connected_with(brisk());
    sim.server.on("work", Answer::ok(1.into()).after(duration));
    go_to(&mut sim, 9_000);
    call(&mut sim, "work");
    sim
}

fn names(sim: &Sim) -> Vec<String> {
    sim.states().map(|state| if state == SocketState::Slow { "slow".to_owned() } else { name(state) }).collect()
}

/// Lets time pass until so many milliseconds after the start.
fn go_to(sim: &mut Sim, at: u64) {
    sim.advance(Instant::from_millis(at) - sim.now());
}

/// The states after the first link opened, and when each was entered.
fn later_states(sim: &Sim) -> Vec<(SocketState, u128)> {
    let states = sim.history().iter().filter_map(|(at, event)| match event {
        Event::StateChanged(state) => Some((*state, (*at - Instant::ZERO).as_millis())),
        _ => None,
    });
    states.skip(2).collect()
}

#[test]
fn a_link_that_is_silent_with_a_call_in_flight_is_slow_and_open_again_with_the_next_frame() {
    let mut sim = busy_for(secs(12));
    sim.advance(secs(30));
    // The ping left 20 ms after 10 s, when the link had opened, and the reply took a round trip.
    assert_eq!(later_states(&sim), [(SocketState::Slow, 14_020), (SocketState::Open, 21_020)]);
    assert_works(&mut sim);
}

#[test]
fn a_slow_link_is_a_link_and_says_that_it_is_slow() {
    let mut sim = busy_for(secs(12));
    sim.advance(secs(6));
    assert_eq!(sim.state(), SocketState::Slow);
    assert!(sim.state().is_open() && !sim.state().is_closed());
    assert_eq!(sim.state().to_string(), "open (slow)");
    assert_eq!(sim.client().diagnosis(), None);
    sim.server.on("echo", Answer::echo());
    let queued_behind = call(&mut sim, "echo");
    assert_eq!(sim.client().queued(), 0);
    sim.drive();
    assert!(reply(&sim, queued_behind).is_success());
    assert_eq!(sim.state(), SocketState::Open);
}

#[test]
fn any_frame_ends_slowness() {
    for frame in ["{}", "garbage", r#"{"route": "news"}"#, r#"{"route": "PONG"}"#] {
        let mut sim = busy_for(secs(19));
        sim.advance(secs(6));
        assert_eq!(sim.state(), SocketState::Slow);
        sim.push(frame);
        sim.advance(millis(10));
        assert_eq!(sim.state(), SocketState::Open, "{frame}");
    }
    let mut sim = busy_for(secs(19));
    sim.advance(secs(6));
    sim.push_binary(1);
    sim.advance(millis(10));
    assert_eq!(sim.state(), SocketState::Open);
}

#[test]
fn a_link_that_stays_silent_for_the_second_bound_is_dead() {
    let mut sim = connected_with(config(|c| {
        let c = c.heartbeat_rate(secs(10)).heartbeat_timeout_duration(secs(4)).busy_timeout(secs(20));
        c.request_timeout(None)
    }));
    let lost = call(&mut sim, "never");
    sim.drive();
    sim.server.silent = true;
    go_to(&mut sim, 30_019);
    assert_eq!(sim.state(), SocketState::Slow);
    go_to(&mut sim, 30_020);
    let states = later_states(&sim);
    assert_eq!(states[0], (SocketState::Slow, 14_020));
    assert_eq!((name(states[1].0).as_str(), states[1].1), ("backoff", 30_020));
    assert!(matches!(error(&sim, lost), CallError::OutcomeUnknown(OutcomeUnknown::LinkLost(_))));
}

/// Whoever switches tabs gives a dead link no more time.
#[test]
fn no_hint_keeps_a_dead_link() {
    for hint in [Hint::Resumed, Hint::Online, Hint::Offline, Hint::Slept] {
        let mut sim = connected();
        go_to(&mut sim, 59_000);
        call(&mut sim, "never");
        go_to(&mut sim, 59_500);
        sim.cut_link();
        for _ in 0..30 {
            sim.advance(secs(5));
            sim.hint(hint);
        }
        // The ping left at 60 s, and there was 120 s for it.
        let lost =
            sim.history().iter().find(|(_, event)| matches!(event, Event::StateChanged(SocketState::Backoff { .. })));
        assert_eq!(lost.map(|(at, _)| (*at - Instant::ZERO).as_secs()), Some(180), "{hint:?}");
    }
}

/// What makes a server busy is what it still owes, and not who waits for it.
#[test]
fn a_call_that_timed_out_or_was_cancelled_keeps_its_server_busy() {
    for cancels in [true, false] {
        let mut sim = connected();
        sim.server.on("work", Answer::ok(1.into()).after(secs(80)));
        go_to(&mut sim, 58_000);
        let work = call(&mut sim, "work");
        go_to(&mut sim, 62_000);
        if cancels {
            assert!(sim.cancel(work));
        }
        go_to(&mut sim, 139_000);
        assert_eq!(names(&sim), ["connecting", "open", "slow", "open"]);
        assert!(sim.notices().any(|notice| matches!(notice, Notice::Unawaited { .. })));
        assert_works(&mut sim);
        assert_eq!(sim.client().in_flight(), 0);
    }
}

/// The servers answer in order, so what left before an answered call is not what keeps them busy.
#[test]
fn a_call_that_was_left_out_keeps_no_dead_link() {
    let mut sim = connected();
    let left_out = sim.call(&message("never").with_options(CallOptions::new().timeout(secs(3_600)))).unwrap();
    assert_works(&mut sim);
    sim.cut_link();
    go_to(&mut sim, 60_000 + 59_100);
    assert_eq!(name(*sim.states().collect::<Vec<_>>().get(2).unwrap()), "backoff");
    assert!(sim.outcome(left_out).is_some_and(Result::is_err));
}

#[test]
fn a_link_has_time_until_the_deadline_of_the_oldest_call_that_it_owes_an_answer() {
    for (answers_after, survives) in [(290, true), (310, false)] {
        let mut sim = connected();
        sim.server.on("import", Answer::ok(1.into()).after(secs(answers_after)));
        let patient = CallOptions::new().timeout(secs(300));
        let import = sim.call(&message("import").with_options(patient)).unwrap();
        go_to(&mut sim, 299_000);
        assert_eq!(sim.state() == SocketState::Open, survives);
        assert_eq!(sim.client().in_flight(), usize::from(!survives));
        go_to(&mut sim, 301_000);
        assert_eq!(sim.outcome(import).unwrap().is_ok(), survives);
        // It ran once.
        assert_eq!(sim.server.received().count(), 1);
        assert_eq!(sim.states().filter(|state| name(*state) == "backoff").count(), usize::from(!survives));
    }
}

/// Otherwise an edit that may wait for a link for an hour would keep a dead one for as long.
#[test]
fn a_call_that_may_be_sent_again_leaves_a_dead_link_at_busy_timeout() {
    let mut sim = connected();
    let patient = CallOptions::new().timeout(secs(3_600)).idempotent(true);
    sim.cut_link();
    let edit = sim.call(&message("echo").with_options(patient)).unwrap();
    sim.server.on("echo", Answer::echo());
    go_to(&mut sim, 183_000);
    assert!(reply(&sim, edit).is_success());
    assert_eq!(names(&sim), ["connecting", "open", "slow", "backoff", "connecting", "open"]);
}

/// Otherwise it would be begun again and again.
#[test]
fn a_handler_that_is_slower_than_busy_timeout_ends_the_second_time() {
    let mut sim = connected();
    let patient = CallOptions::new().timeout(secs(3_600)).idempotent(true);
    sim.server.on("import", Answer::ok(1.into()).after(secs(600)));
    let import = sim.call(&message("import").with_options(patient)).unwrap();
    go_to(&mut sim, 800_000);
    assert!(reply(&sim, import).is_success());
    assert_eq!(sim.server.received().count(), 2);
}

#[test]
fn with_no_call_in_flight_the_first_bound_kills() {
    let mut sim = connected_with(brisk());
    sim.server.silent = true;
    go_to(&mut sim, 14_020);
    assert_eq!(names(&sim), ["connecting", "open", "backoff"]);
    assert_eq!(later_states(&sim)[0].1, 14_020);
}

#[test]
fn a_message_without_a_reply_keeps_no_link_alive() {
    let mut sim = connected_with(brisk());
    sim.server.silent = true;
    sim.send(&message("never")).unwrap();
    go_to(&mut sim, 14_020);
    assert_eq!(names(&sim), ["connecting", "open", "backoff"]);
}

#[test]
fn a_handler_of_30_s_never_kills_a_link_with_the_defaults() {
    let mut sim = connected();
    sim.server.on("work", Answer::ok(1.into()).after(millis(29_970)));
    for _ in 0..120 {
        let call = call(&mut sim, "work");
        sim.advance(secs(30));
        assert!(reply(&sim, call).is_success());
    }
    assert_eq!(names(&sim), ["connecting", "open"]);
}

#[test]
fn three_handlers_of_30_s_in_a_row_make_a_link_slow_and_no_more() {
    let mut sim = connected_with(config(|c| c.request_timeout(Some(secs(120)))));
    sim.server.on("work", Answer::ok(1.into()).after(secs(30)));
    sim.advance(secs(59));
    let calls = [(); 3].map(|()| call(&mut sim, "work"));
    // Each reply is a sign of life, so nothing is slow yet.
    sim.advance(secs(120));
    assert!(calls.iter().all(|call| reply(&sim, *call).is_success()));
    assert_eq!(names(&sim), ["connecting", "open"]);
    // One handler of 90 s gives none.
    sim.server.on("work", Answer::ok(1.into()).after(secs(90)));
    let long = call(&mut sim, "work");
    sim.advance(secs(120));
    assert!(reply(&sim, long).is_success());
    assert_eq!(names(&sim), ["connecting", "open", "slow", "open"]);
}

#[test]
fn each_silence_has_both_bounds_of_its_own() {
    let mut sim = busy_for(secs(15));
    for _ in 0..5 {
        sim.advance(secs(20));
        call(&mut sim, "work");
    }
    sim.advance(secs(40));
    let states = names(&sim);
    assert!(states.iter().filter(|state| *state == "slow").count() >= 3, "{states:?}");
    assert!(!states.contains(&"backoff".to_owned()), "{states:?}");
    assert_works(&mut sim);
}

#[test]
fn a_call_that_times_out_while_the_link_is_slow_leaves_it_slow() {
    let mut sim = busy_for(secs(12));
    let short = sim.call(&message("echo").with_options(CallOptions::new().timeout(secs(6)))).unwrap();
    sim.advance(secs(7));
    assert!(error(&sim, short).is_timeout());
    assert_eq!(sim.state(), SocketState::Slow);
    sim.advance(secs(10));
    assert_works(&mut sim);
}

#[test]
fn a_slow_link_can_be_closed_or_replaced() {
    for close in [true, false] {
        let mut sim = busy_for(secs(19));
        sim.advance(secs(6));
        assert_eq!(sim.state(), SocketState::Slow);
        if close {
            sim.close();
        }
        sim.reconnect();
        sim.drive();
        assert_eq!(sim.state(), SocketState::Open);
        assert_eq!(sim.unsettled().count(), 0);
    }
}

#[test]
fn a_probe_that_left_before_any_call_waits_behind_none() {
    let (mut hand, _) = ByHand::open(brisk());
    hand.client.handle_hint(hand.now, Hint::Resumed);
    hand.call("echo");
    hand.pass(secs(3));
    assert_eq!(name(hand.client.state()), "backoff");
}
