//! Losing a link, and getting another.

use std::collections::BTreeSet;
use std::time::Duration;

use leptos_socket_core::sim::{Answer, Handshake, Sim};
use leptos_socket_core::{
    AfterClose, CloseCode, CloseReason, CloseRules, Hint, Input, SocketConfig, SocketState, Transmit,
};

use crate::support::{ByHand, assert_works, call, config, connected, connected_with, defaults, millis, name, secs};

/// The delays before the attempts of a client whose server is gone.
fn delays(config: SocketConfig, seed: u64) -> Vec<Duration> {
    let mut sim = Sim::new(config, seed);
    sim.network.handshake = Handshake::Refused;
    sim.connect();
    sim.advance(secs(600));
    let history = sim.history().iter().filter_map(|(at, event)| match event {
        leptos_socket_core::Event::StateChanged(SocketState::Backoff { retry_at, .. }) => Some(*retry_at - *at),
        _ => None,
    });
    history.collect()
}

#[test]
fn a_lost_link_is_replaced() {
    let mut sim = connected();
    sim.server_close(CloseCode::RESTARTING);
    sim.drive();
    assert!(matches!(sim.state(), SocketState::Backoff { attempt: 1, .. }));
    sim.advance(secs(2));
    assert_works(&mut sim);
}

#[test]
fn delays_stay_under_a_bound_that_doubles_jitter_included() {
    let config = config(|c| c.max_reconnect_attempts(Some(8)).backoff_max(secs(10)));
    for seed in 0..100 {
        let delays = delays(config.clone(), seed);
        assert_eq!(delays.len(), 8);
        for (delay, bound) in delays.into_iter().zip([1, 2, 4, 8, 10, 10, 10, 10]) {
            assert!(delay <= secs(bound), "{delay:?} > {bound} s");
        }
    }
}

#[test]
fn clients_that_are_lost_together_do_not_come_back_together() {
    let first: BTreeSet<_> = (0..1_000)
        .map(|seed| delays(config(|c| c.max_reconnect_attempts(Some(1))), seed)[0].as_millis() / 10)
        .collect();
    assert!(first.len() > 90, "the first retries fall into {} of 100 slots", first.len());
}

#[test]
fn attempts_that_are_spent_close_the_socket() {
    let mut sim = connected();
    sim.network.handshake = Handshake::Refused;
    sim.server_close(CloseCode::ABNORMAL);
    sim.advance(secs(120));
    assert_eq!(sim.state(), SocketState::Closed(CloseReason::GaveUp { attempts: 5 }));
    let attempts: Vec<_> = sim.states().filter(|state| name(*state) == "connecting").collect();
    assert_eq!(attempts, (0..=5).map(|attempt| SocketState::Connecting { attempt }).collect::<Vec<_>>());
    assert_eq!(sim.client().poll_timeout(), None);
}

#[test]
fn without_a_limit_attempts_go_on_and_their_delay_stays_bounded() {
    let delays = delays(config(|c| c.max_reconnect_attempts(None).backoff_max(secs(2))), 1);
    assert!(delays.len() > 400);
    assert!(delays.iter().all(|delay| *delay <= secs(2)));
}

#[test]
fn a_link_that_was_up_and_brought_a_frame_starts_the_count_anew() {
    let mut sim = connected();
    for _ in 0..20 {
        sim.advance(secs(6));
        sim.server_close(CloseCode::ABNORMAL);
        sim.drive();
        assert!(matches!(sim.state(), SocketState::Backoff { attempt: 1, .. }));
        sim.advance(secs(2));
    }
    assert_works(&mut sim);
}

#[test]
fn a_link_that_only_opens_does_not_start_the_count_anew() {
    let mut sim = connected_with(config(|c| c.min_uptime(secs(5))));
    sim.server.silent = true;
    for attempt in 1..=5 {
        sim.server_close(CloseCode::ABNORMAL);
        sim.drive();
        assert!(matches!(sim.state(), SocketState::Backoff { attempt: n, .. } if n == attempt), "{:?}", sim.state());
        sim.advance(secs(40));
    }
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    assert_eq!(sim.state(), SocketState::Closed(CloseReason::GaveUp { attempts: 5 }));
}

#[test]
fn a_link_that_flaps_does_not_start_the_count_anew() {
    let mut sim = connected_with(config(|c| c.min_uptime(secs(5))));
    for _ in 0..6 {
        assert_works(&mut sim);
        sim.server_close(CloseCode::ABNORMAL);
        sim.drive();
        while name(sim.state()) == "backoff" {
            assert!(sim.step());
            sim.drive();
        }
    }
    assert_eq!(sim.state(), SocketState::Closed(CloseReason::GaveUp { attempts: 5 }));
}

#[test]
fn a_final_code_closes_the_socket_at_once() {
    let mut sim = connected();
    sim.server_close(CloseCode::POLICY);
    sim.advance(secs(600));
    assert_eq!(sim.state(), SocketState::Closed(CloseReason::Refused(CloseCode::POLICY)));
    assert_eq!(sim.server.pings().count(), 1);
}

#[test]
fn an_apps_own_codes_can_be_final_and_1008_need_not_be() {
    let own = config(|c| {
        c.close_rules(CloseRules::default().on(1008..=1008, AfterClose::Retry).on(4400..=4499, AfterClose::Stop))
    });
    let mut sim = connected_with(own);
    sim.server_close(CloseCode::POLICY);
    sim.advance(secs(2));
    assert_works(&mut sim);
    sim.server_close(CloseCode::new(4403));
    sim.drive();
    assert_eq!(sim.state(), SocketState::Closed(CloseReason::Refused(CloseCode::new(4403))));
}

#[test]
fn every_other_recorded_code_is_retried_1011_above_all() {
    for code in [1000, 1001, 1005, 1006, 1009, 1011, 1012, 4000, 4001, 4403] {
        let mut sim = connected();
        sim.server.on("crash", Answer::close(CloseCode::new(code)));
        call(&mut sim, "crash");
        sim.drive();
        assert_eq!(name(sim.state()), "backoff", "{code}");
        sim.advance(secs(2));
        assert_works(&mut sim);
    }
}

#[test]
fn offline_attempts_are_slow_and_spend_nothing() {
    let mut sim = connected_with(config(|c| c.backoff_max(secs(30))));
    sim.hint(Hint::Offline);
    sim.network.handshake = Handshake::Refused;
    sim.server_close(CloseCode::ABNORMAL);
    sim.advance(secs(3_600));
    assert!(matches!(sim.state(), SocketState::Backoff { attempt: 1, .. }), "{:?}", sim.state());
    let attempts = sim.states().filter(|state| name(*state) == "connecting").count();
    assert!((100..=121).contains(&attempts), "{attempts} attempts in an hour");
}

#[test]
fn a_loss_while_offline_is_still_the_first_one() {
    let mut sim = connected();
    sim.hint(Hint::Offline);
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    assert!(matches!(sim.state(), SocketState::Backoff { attempt: 1, .. }));
    sim.hint(Hint::Online);
    assert_eq!(sim.state(), SocketState::Connecting { attempt: 1 });
}

#[test]
fn who_wants_no_attempt_gets_none_while_offline_either() {
    let mut sim = connected_with(config(|c| c.max_reconnect_attempts(Some(0))));
    sim.hint(Hint::Offline);
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    assert_eq!(sim.state(), SocketState::Closed(CloseReason::GaveUp { attempts: 0 }));
}

#[test]
fn going_offline_puts_the_attempt_off_once_however_often_it_is_said() {
    let mut sim = connected_with(config(|c| c.backoff_max(secs(30))));
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    for _ in 0..4 {
        sim.hint(Hint::Offline);
        sim.advance(secs(8));
    }
    assert_works(&mut sim);
}

#[test]
fn online_tries_at_once() {
    let mut sim = connected();
    sim.hint(Hint::Offline);
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    sim.hint(Hint::Online);
    assert_eq!(name(sim.state()), "connecting");
    sim.drive();
    assert_works(&mut sim);
}

#[test]
fn a_page_that_comes_back_tries_at_once() {
    let mut sim = connected();
    sim.hint(Hint::Offline);
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    sim.hint(Hint::Resumed);
    assert_eq!(name(sim.state()), "connecting");
}

#[test]
fn reconnect_replaces_a_link_and_spends_no_attempt() {
    let mut sim = connected();
    sim.network.handshake = Handshake::Refused;
    sim.server_close(CloseCode::ABNORMAL);
    sim.advance(secs(4));
    assert!(matches!(sim.state(), SocketState::Backoff { attempt: 2.., .. }), "{:?}", sim.state());
    sim.network.handshake = Handshake::Accepted;
    sim.reconnect();
    assert_eq!(sim.state(), SocketState::Connecting { attempt: 0 });
    sim.drive();
    assert_works(&mut sim);
}

#[test]
fn reconnect_again_and_again_leaves_one_link() {
    let mut sim = connected();
    for _ in 0..50 {
        sim.reconnect();
    }
    sim.drive();
    assert_works(&mut sim);
    sim.advance(secs(120));
    assert_eq!(sim.states().filter(SocketState::is_open).count(), 2);
}

#[test]
fn a_dead_link_is_abandoned_and_the_next_does_not_wait_for_its_close_event() {
    let config = config(|c| c.heartbeat_rate(secs(10)).heartbeat_timeout_duration(secs(5)));
    let mut sim = connected_with(config);
    sim.cut_link();
    // Ping after 10 s, given up 5 s later, the first attempt within 1 s. The close event comes after 61 s.
    sim.advance(secs(17));
    assert_works(&mut sim);
}

#[test]
fn the_late_close_event_of_an_old_link_has_no_effect() {
    let config = config(|c| c.heartbeat_rate(secs(10)).heartbeat_timeout_duration(secs(5)));
    let mut sim = connected_with(config);
    sim.network.late_close = Some(secs(20));
    sim.cut_link();
    sim.advance(secs(17));
    assert_works(&mut sim);
    let states = sim.states().count();
    sim.advance(secs(60));
    assert_eq!(sim.states().count(), states);
}

#[test]
fn whatever_an_old_link_says_has_no_effect() {
    let (mut hand, old) = ByHand::open(defaults());
    hand.client.reconnect(hand.now);
    let new = hand.link();
    hand.events();
    let call = hand.call("echo");
    for input in [Input::Opened, Input::Text(r#"{"route": "news"}"#.into()), Input::Binary(1)] {
        hand.input(old, input);
    }
    hand.input(old, Input::Closed(CloseCode::POLICY));
    assert!(hand.transmits().is_empty() && hand.events().is_empty());
    assert_eq!(name(hand.client.state()), "connecting");

    hand.input(new, Input::Opened);
    let uuid = hand.messages()[0]["uuid"].as_str().unwrap().to_owned();
    hand.input(old, Input::Text(crate::support::frame(&uuid, 200)));
    hand.input(old, Input::Closed(CloseCode::ABNORMAL));
    assert_eq!(hand.client.in_flight(), 1);
    hand.text(new, crate::support::frame(&uuid, 200));
    assert_eq!(hand.settled().0, call);
}

#[test]
fn a_link_that_ends_needs_not_be_let_go() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    let abandon = Transmit::Abandon { link };
    assert!(!hand.transmits().contains(&abandon));
    hand.pass(secs(1));
    assert!(!hand.transmits().contains(&abandon));
}

#[test]
fn a_link_that_is_lost_twice_is_lost_once() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    let state = hand.client.state();
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert_eq!(hand.client.state(), state);
}

#[test]
fn the_same_seed_and_the_same_events_give_the_same_run() {
    let run = |seed| {
        let mut sim = Sim::connected(defaults(), seed);
        sim.server.on("echo", Answer::echo().after(millis(30)));
        for code in [1006, 1011, 1012] {
            call(&mut sim, "echo");
            sim.advance(secs(7));
            sim.server_close(CloseCode::new(code));
            sim.advance(secs(3));
        }
        let frames: Vec<_> = sim.server.received().map(|received| received.text.clone()).collect();
        format!("{frames:?} {:?}", sim.history())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
