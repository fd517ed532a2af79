//! Clocks that jump, stand still, run backwards or end.

use std::time::Duration;

use leptos_socket_core::sim::Answer;
use leptos_socket_core::{CallOptions, CloseCode, Input, Instant, SocketState, Timer};

use crate::support::{
    ByHand, assert_works, call, config, connected, defaults, frame, message, millis, name, reply, secs,
};

const NIGHT: Duration = secs(8 * 3_600);

/// How long after [`connected`] the second ping is under way.
const PING_IS_OUT: Duration = millis(59_990);

#[test]
fn a_live_link_survives_a_night_of_sleep() {
    let mut sim = connected();
    sim.sleep(NIGHT);
    sim.advance(secs(10));
    assert_eq!(sim.states().count(), 2);
    assert_works(&mut sim);
}

#[test]
fn a_dead_link_is_given_up_within_three_seconds_of_waking() {
    // Asleep between two pings, and asleep while one is out.
    for (awake, timer) in [(secs(5), Timer::Ping), (PING_IS_OUT, Timer::Dead)] {
        let mut sim = connected();
        sim.advance(awake);
        assert_eq!(sim.client().next_timer().map(|(timer, _)| timer), Some(timer));
        sim.cut_link();
        sim.sleep(NIGHT);
        assert!(sim.state().is_open(), "a link is not judged by what was before the sleep");
        sim.advance(secs(3));
        assert_ne!(name(sim.state()), "open", "{awake:?}");
        sim.advance(secs(2));
        assert_works(&mut sim);
    }
}

#[test]
fn an_answer_that_came_during_the_sleep_counts() {
    let mut sim = connected();
    sim.advance(PING_IS_OUT);
    assert_eq!(sim.client().next_timer().map(|(timer, _)| timer), Some(Timer::Dead));
    sim.sleep(NIGHT);
    sim.advance(secs(10));
    assert_eq!(sim.states().count(), 2);
}

#[test]
fn each_night_is_judged_anew() {
    let mut sim = connected();
    for _ in 0..5 {
        sim.sleep(NIGHT);
        sim.advance(secs(1) + PING_IS_OUT);
        while sim.client().next_timer().map(|(timer, _)| timer) != Some(Timer::Dead) {
            assert!(sim.step());
        }
        sim.sleep(NIGHT);
        sim.advance(secs(10));
    }
    assert_eq!(sim.states().count(), 2);
}

#[test]
fn a_handshake_that_was_slept_through_gets_a_short_second_chance() {
    for (after, state) in [(secs(2), "open"), (secs(3), "backoff")] {
        let (mut hand, link) = ByHand::connecting(defaults());
        hand.pass(NIGHT);
        assert_eq!(name(hand.client.state()), "connecting");
        hand.pass(after);
        hand.input(link, Input::Opened);
        assert_eq!(name(hand.client.state()), state);
    }
}

/// A browser fires the timers of a hidden page once a minute: all of them are late, and each could pass for a sleep.
#[test]
fn a_dead_link_is_given_up_although_timers_are_throttled() {
    for link_opens in [true, false] {
        let (mut hand, link) = ByHand::connecting(defaults());
        if link_opens {
            hand.input(link, Input::Opened);
        }
        for _ in 0..4 {
            hand.pass(secs(61));
        }
        assert!(hand.link() > link);
    }
}

#[test]
fn a_live_link_is_kept_although_timers_are_throttled() {
    let (mut hand, link) = ByHand::open(config(|c| c.heartbeat_rate(secs(20)).heartbeat_timeout_duration(secs(10))));
    for _ in 0..100 {
        hand.text(link, r#"{"route": "PONG"}"#);
        hand.pass(secs(60));
    }
    assert!(hand.client.state().is_open());
}

#[test]
fn a_call_that_was_slept_through_timed_out() {
    let mut sim = connected();
    let call = call(&mut sim, "never");
    sim.sleep(NIGHT);
    assert!(crate::support::error(&sim, call).is_timeout());
}

#[test]
fn a_timeout_that_nobody_asked_for_does_nothing() {
    let (mut hand, _) = ByHand::open(defaults());
    hand.call("echo");
    hand.transmits();
    hand.events();
    let timer = hand.client.next_timer();
    for _ in 0..10 {
        hand.fire();
    }
    assert!(hand.transmits().is_empty() && hand.events().is_empty());
    assert_eq!(hand.client.next_timer(), timer);
}

#[test]
fn a_clock_that_runs_backwards_does_no_harm() {
    let (mut hand, link) = ByHand::open(defaults());
    let ping = hand.uuid();
    hand.pass(secs(50));
    hand.now = Instant::from_millis(10);
    hand.fire();
    hand.text(link, format!(r#"{{"uuid": "{ping}", "route": "PONG"}}"#));
    assert_eq!(hand.client.latency(), Some(Duration::from_millis(10)));
    hand.call("echo");
    hand.now = Instant::ZERO;
    hand.fire();
    hand.text(link, r#"{"route": "news"}"#);
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert_eq!(name(hand.client.state()), "backoff");
}

#[test]
fn all_that_is_due_at_one_instant_happens_in_its_order() {
    let at_once = config(|c| c.request_timeout(Some(secs(5))).heartbeat_timeout_duration(secs(5)));
    let (mut hand, _) = ByHand::open(at_once);
    let calls: Vec<_> = (0..3).map(|_| hand.call("echo")).collect();
    hand.events();
    hand.pass(secs(5));
    let events: Vec<_> = hand.events().iter().map(|event| format!("{event:?}")).collect();
    assert_eq!(events.len(), 4, "{events:?}");
    for (event, call) in events.iter().zip(calls) {
        assert!(event.contains(&format!("{call:?}")) && event.contains("TimedOut"), "{event}");
    }
    assert!(events[3].contains("Backoff"));
}

#[test]
fn a_second_of_delay_is_no_sleep() {
    let (mut hand, _) = ByHand::open(defaults());
    hand.pass(defaults().heartbeat_timeout_duration() + secs(1));
    assert_eq!(name(hand.client.state()), "backoff");
}

#[test]
fn a_duration_without_end_sets_no_timer() {
    let endless = config(|c| {
        let c = c.request_timeout(Some(Duration::MAX)).heartbeat_rate(Duration::MAX).connect_timeout(Duration::MAX);
        let c = c
            .busy_timeout(Duration::MAX)
            .heartbeat_timeout_duration(Duration::MAX)
            .close_timeout(Duration::MAX)
            .min_uptime(Duration::MAX);
        c.backoff_base(Duration::MAX).backoff_max(Duration::MAX)
    });
    let (mut hand, link) = ByHand::connecting(endless);
    hand.now = Instant::from_millis(1);
    hand.input(link, Input::Opened);
    hand.fire();
    hand.call("echo");
    assert_eq!(hand.client.poll_timeout(), None);
    hand.text(link, r#"{"route": "PONG"}"#);
    assert_eq!(hand.client.poll_timeout(), None);
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert!(matches!(hand.client.state(), SocketState::Backoff { .. }));
    hand.client.reconnect(hand.now);
    hand.client.close(hand.now);
    assert_eq!(hand.client.poll_timeout(), None);
}

#[test]
fn the_end_of_time_ends_the_timers_too() {
    let forever = config(|c| c.max_reconnect_attempts(None));
    for connected in [true, false] {
        let (mut hand, _) = match connected {
            true => ByHand::open(forever.clone()),
            false => ByHand::connecting(forever.clone()),
        };
        hand.call("echo");
        hand.now = Instant::END;
        for _ in 0..3 {
            hand.fire();
        }
        hand.client.call(hand.now, &message("echo")).unwrap();
        hand.fire();
        hand.client.close(hand.now);
        hand.fire();
        assert_eq!(hand.client.poll_timeout(), None);
    }
}

#[test]
fn a_call_may_have_no_time_at_all() {
    let mut none = CallOptions::default();
    none.timeout = Some(Duration::ZERO);
    let mut sim = connected();
    let call = sim.call(&message("echo").with_options(none)).unwrap();
    sim.step();
    assert!(crate::support::error(&sim, call).is_timeout());
    assert_works(&mut sim);
}

#[test]
fn a_reply_that_is_read_before_the_timer_is_looked_at_is_a_reply() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    hand.call("echo");
    let uuid = hand.uuid();
    hand.now = hand.now + secs(31);
    hand.text(link, frame(&uuid, 200));
    hand.fire();
    assert!(hand.settled().1.is_ok());
}

#[test]
fn a_slow_answer_arrives_to_the_millisecond() {
    let mut sim = connected();
    sim.server.on("slow", Answer::ok(1.into()).after(secs(3)));
    let since = sim.now();
    let call = call(&mut sim, "slow");
    sim.drive();
    assert_eq!(sim.now() - since, Duration::from_millis(3_020));
    assert_eq!(reply(&sim, call).payload().as_str(), "1");
}
