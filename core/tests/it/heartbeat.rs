//! Is the link alive?

use leptos_socket_core::sim::{Answer, Dialect};
use leptos_socket_core::{Hint, Instant, Notice, SocketConfig, SocketState, Timer};

use crate::support::{
    ByHand, assert_works, call, config, connected, connected_with, defaults, idle_with, millis, name, secs,
};

/// A ping every 10 s, and 4 s for its answer.
fn brisk() -> SocketConfig {
    config(|c| c.heartbeat_rate(secs(10)).heartbeat_timeout_duration(secs(4)))
}

#[test]
fn a_ping_leaves_as_soon_as_the_link_opens_and_then_at_the_rate() {
    let mut sim = idle_with(brisk());
    sim.connect();
    sim.advance(secs(60));
    let sent: Vec<_> = sim.server.pings().map(|ping| (ping.at - Instant::ZERO).as_millis()).collect();
    assert_eq!(sent, [30, 10_030, 20_030, 30_030, 40_030, 50_030]);
}

#[test]
fn ping_and_pong_are_both_answers_and_neither_reaches_the_app() {
    for dialect in [Dialect::ChannelsRouter, Dialect::ObservableSocket] {
        let mut sim = idle_with(brisk());
        sim.server.dialect = dialect;
        sim.connect();
        sim.advance(secs(600));
        assert_eq!(sim.server.pings().count(), 60);
        assert_eq!(sim.states().collect::<Vec<_>>(), [SocketState::Connecting { attempt: 0 }, SocketState::Open]);
        assert_eq!(sim.history().len(), 2, "{:?}", sim.history());
    }
}

#[test]
fn a_pong_may_lack_its_uuid_its_route_or_have_them_swapped() {
    let pongs = [
        r#"{"route": "PONG"}"#,
        r#"{"uuid": "", "route": "PING", "headers": null, "payload": null, "status": 400}"#,
        r#"{"uuid": 0, "route": "PONG"}"#,
        r#"{"uuid": "PING", "route": "", "headers": null, "payload": null, "status": 400}"#,
        r#"{"uuid": "PING", "route": 5, "headers": null, "payload": null, "status": 400}"#,
        r#"{"uuid": "$uuid"}"#,
        r#"{"uuid": "PING", "route": "$uuid", "headers": null, "payload": null, "status": 400}"#,
    ];
    for pong in pongs {
        let mut sim = idle_with(defaults());
        sim.server.on("PING", Answer::raw(pong));
        sim.connect();
        sim.drive();
        assert_eq!(sim.client().latency(), Some(millis(20)), "{pong}");
        assert_eq!(sim.pushes().count(), 0, "{pong}");
        assert_works(&mut sim);
    }
}

#[test]
fn pong_after_deadline_reconnects() {
    let mut sim = connected_with(brisk());
    sim.server.on("PING", Answer::ok(().into()).after(millis(3_990)));
    sim.advance(secs(16));
    let states: Vec<_> = sim.states().map(name).collect();
    assert_eq!(states, ["connecting", "open", "backoff", "connecting", "open"]);
}

#[test]
fn pong_before_deadline_keeps_the_link() {
    let mut sim = connected_with(brisk());
    sim.server.on("PING", Answer::ok(().into()).after(millis(3_970)));
    sim.advance(secs(600));
    assert_eq!(sim.states().filter(SocketState::is_open).count(), 1);
}

#[test]
fn a_server_that_falls_silent_on_an_open_link_is_found_out() {
    let mut sim = connected();
    sim.server.silent = true;
    sim.advance(secs(60 + 59 + 1));
    assert!(sim.states().any(|state| name(state) == "backoff"));
}

#[test]
fn a_half_open_link_is_found_out() {
    for inbound_only in [true, false] {
        let mut sim = connected_with(brisk());
        if inbound_only {
            sim.network.drop_inbound = true;
        } else {
            sim.cut_link();
        }
        sim.advance(millis(14_100));
        assert!(sim.states().any(|state| name(state) == "backoff"));
    }
}

#[test]
fn any_frame_proves_life() {
    let frames = ["{}", "garbage", "", r#"{"uuid": 7, "payload": NaN}"#];
    for frame in frames {
        let mut sim = connected_with(brisk());
        sim.server.on("PING", Answer::nothing());
        for _ in 0..60 {
            sim.advance(secs(3));
            sim.push(frame);
        }
        assert_works(&mut sim);
        assert_eq!(sim.states().filter(SocketState::is_open).count(), 1, "{frame}");
    }
}

#[test]
fn a_binary_frame_proves_life() {
    let mut sim = connected_with(brisk());
    sim.server.on("PING", Answer::nothing());
    for _ in 0..60 {
        sim.advance(secs(3));
        sim.push_binary(5);
    }
    assert_works(&mut sim);
    assert!(sim.notices().all(|notice| matches!(notice, Notice::Binary { size: 5 })));
}

#[test]
fn while_a_ping_is_unanswered_no_second_one_leaves() {
    let mut sim = connected_with(config(|c| c.heartbeat_rate(secs(1)).heartbeat_timeout_duration(secs(59))));
    let pings = sim.server.pings().count();
    sim.server.silent = true;
    sim.advance(secs(50));
    assert_eq!(sim.server.pings().count(), pings + 1);
}

#[test]
fn a_ping_waits_behind_a_slow_handler_and_the_link_is_kept() {
    let mut sim = connected_with(config(|c| c.heartbeat_rate(secs(1)).heartbeat_timeout_duration(secs(59))));
    sim.server.on("slow", Answer::ok(1.into()).after(secs(25)));
    for _ in 0..3 {
        call(&mut sim, "slow");
    }
    sim.advance(secs(80));
    assert_eq!(sim.states().filter(SocketState::is_open).count(), 1);
    assert!(sim.client().latency().is_some());
}

#[test]
fn a_ping_that_had_to_wait_for_a_late_answer_was_not_slept_through() {
    let (mut hand, link) = ByHand::open(config(|c| c.heartbeat_rate(secs(1)).heartbeat_timeout_duration(secs(59))));
    hand.now = hand.now + secs(20);
    hand.text(link, r#"{"route": "PONG"}"#);
    hand.fire();
    assert_eq!(hand.client.next_timer(), Some((Timer::Dead, hand.now + secs(59))));
}

#[test]
fn latency_is_the_round_trip_of_the_last_answered_ping() {
    let mut sim = idle_with(brisk());
    sim.connect();
    sim.advance(millis(30));
    assert_eq!(sim.client().latency(), None);
    sim.drive();
    assert_eq!(sim.client().latency(), Some(millis(20)));
    sim.network.latency = millis(150);
    sim.advance(secs(11));
    assert_eq!(sim.client().latency(), Some(millis(300)));
    sim.reconnect();
    assert_eq!(sim.client().latency(), None);
}

#[test]
fn the_answer_to_another_ping_tells_no_latency() {
    let (mut hand, link) = ByHand::open(defaults());
    let first = hand.uuid();
    hand.now = hand.now + secs(1);
    hand.text(link, "{}");
    hand.client.handle_hint(hand.now, Hint::Resumed);
    let second = hand.uuid();
    hand.now = hand.now + secs(1);
    hand.text(link, format!(r#"{{"uuid": "{first}", "route": "PING"}}"#));
    assert_eq!(hand.client.latency(), None);
    hand.text(link, format!(r#"{{"uuid": "{second}", "route": "PING"}}"#));
    assert_eq!(hand.client.latency(), Some(secs(1)));
    hand.now = hand.now + secs(1);
    hand.text(link, format!(r#"{{"uuid": "{second}", "route": "PING"}}"#));
    assert_eq!(hand.client.latency(), Some(secs(1)));
    assert!(hand.notices().is_empty());
}

#[test]
fn the_network_coming_back_probes_an_open_link() {
    for hint in [Hint::Online, Hint::Resumed] {
        let mut sim = connected();
        sim.cut_link();
        sim.hint(hint);
        sim.advance(secs(5));
        assert_works(&mut sim);
        assert_eq!(sim.states().filter(SocketState::is_open).count(), 2, "{hint:?}");
    }
}

#[test]
fn a_probe_of_a_live_link_changes_nothing() {
    let mut sim = connected();
    for hint in [Hint::Offline, Hint::Online, Hint::Resumed] {
        sim.hint(hint);
        sim.advance(secs(10));
    }
    assert_eq!(sim.states().count(), 2);
}

#[test]
fn hints_in_quick_succession_do_not_keep_a_dead_link() {
    let mut sim = connected();
    sim.cut_link();
    for _ in 0..8 {
        sim.hint(Hint::Resumed);
        sim.advance(millis(500));
    }
    assert!(sim.states().any(|state| name(state) == "backoff"));
}

/// A hint never puts off a bound, nor does a second jump of time.
#[test]
fn a_probe_that_was_slept_through_is_over() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.text(link, r#"{"route": "PONG"}"#);
    hand.client.handle_hint(hand.now, Hint::Resumed);
    hand.transmits();
    hand.now = hand.now + secs(3_600);
    hand.client.handle_hint(hand.now, Hint::Resumed);
    hand.fire();
    assert_eq!(name(hand.client.state()), "backoff");
}

/// The driver saw the wall clock jump, while the clock of the client stood still.
#[test]
fn after_a_sleep_that_no_timer_noticed_a_dead_link_is_replaced_within_three_seconds() {
    for hint in [Hint::Slept, Hint::Offline] {
        let mut sim = connected();
        sim.cut_link();
        sim.hint(hint);
        sim.advance(millis(2_999));
        assert_eq!(sim.state(), SocketState::Open, "{hint:?}");
        sim.advance(millis(1));
        assert_eq!(name(sim.state()), "backoff", "{hint:?}");
        let mut sim = connected();
        sim.hint(hint);
        sim.advance(secs(10));
        assert_works(&mut sim);
        assert_eq!(sim.states().count(), 2);
    }
}

#[test]
fn a_frame_that_is_read_before_the_timer_is_looked_at_keeps_the_link() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.now = hand.now + defaults().heartbeat_timeout_duration();
    hand.text(link, r#"{"route": "news"}"#);
    hand.fire();
    assert!(hand.client.state().is_open());
}

#[test]
fn a_probe_gives_a_busy_server_the_whole_time() {
    let mut sim = connected();
    sim.server.on("slow", Answer::ok(1.into()).after(secs(20)));
    call(&mut sim, "slow");
    sim.hint(Hint::Resumed);
    sim.advance(secs(30));
    assert_eq!(sim.states().count(), 2);
}

#[test]
fn the_liveness_of_one_link_says_nothing_about_the_next() {
    let mut sim = connected_with(brisk());
    sim.cut_link();
    // The ping is out and its deadline is close when the app reconnects.
    sim.advance(millis(13_900));
    sim.reconnect();
    sim.advance(secs(2));
    assert_works(&mut sim);
    assert_eq!(sim.states().filter(SocketState::is_open).count(), 2);
}
