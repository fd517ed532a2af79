//! What the page knows of the world: the network comes and goes, the page is frozen and comes back.

use std::time::Duration;

use leptos_socket_core::sim::{Handshake, Sim};
use leptos_socket_core::{CallOptions, CloseCode, Hint, Input, SocketState, Timer};

use crate::support::{
    ByHand, assert_works, call, config, connected, connected_with, defaults, message, millis, name, secs,
};

const NIGHT: Duration = secs(8 * 3_600);

const ALL: [Hint; 4] = [Hint::Online, Hint::Offline, Hint::Frozen, Hint::Resumed];

/// An open link whose next ping is out, a second before it would be given up.
fn about_to_be_given_up() -> ByHand {
    let (mut hand, _) = ByHand::open(defaults());
    hand.pass(secs(58));
    hand.transmits();
    hand
}

fn was_replaced(sim: &Sim) -> bool {
    sim.states().any(|state| name(state) == "backoff")
}

#[test]
fn frozen_and_offline_alone_change_nothing_that_works() {
    for hint in [Hint::Frozen, Hint::Offline] {
        let mut sim = connected();
        sim.hint(hint);
        assert_works(&mut sim);
        sim.advance(secs(600));
        assert_works(&mut sim);
        assert_eq!(sim.states().count(), 2, "{hint:?}");
    }
}

#[test]
fn no_hint_wakes_an_idle_socket() {
    let mut hand = ByHand::new(defaults());
    for hint in ALL {
        hand.client.handle_hint(hand.now, hint);
    }
    assert_eq!(hand.client.state(), SocketState::Idle);
    assert!(hand.transmits().is_empty() && hand.events().is_empty());
}

#[test]
fn no_hint_disturbs_a_handshake() {
    let (mut hand, _) = ByHand::connecting(defaults());
    let timer = hand.client.next_timer();
    hand.events();
    for hint in ALL {
        hand.now = hand.now + secs(1);
        hand.client.handle_hint(hand.now, hint);
    }
    assert!(hand.transmits().is_empty() && hand.events().is_empty());
    assert_eq!(hand.client.next_timer(), timer);
}

/// A page that is frozen for a moment: its timers are on time, and what they judge is stale all the same.
#[test]
fn a_timer_that_is_on_time_in_a_frozen_page_probes_first() {
    let mut hand = about_to_be_given_up();
    hand.client.handle_hint(hand.now, Hint::Frozen);
    hand.pass(secs(1));
    assert!(hand.client.state().is_open());
    assert_eq!(hand.frames().len(), 1, "a probe");
    assert_eq!(hand.client.next_timer(), Some((Timer::Dead, hand.now + secs(3))));
    hand.pass(secs(3));
    assert_eq!(name(hand.client.state()), "backoff");
}

#[test]
fn without_the_freeze_the_same_timer_gives_up_the_link() {
    let mut hand = about_to_be_given_up();
    hand.pass(secs(1));
    assert_eq!(name(hand.client.state()), "backoff");
}

#[test]
fn once_the_page_is_back_its_timers_count_again_and_no_hint_puts_them_off() {
    let mut hand = about_to_be_given_up();
    hand.client.handle_hint(hand.now, Hint::Frozen);
    hand.client.handle_hint(hand.now, Hint::Resumed);
    assert_eq!(hand.client.next_timer(), Some((Timer::Dead, hand.now + secs(1))));
    hand.pass(secs(1));
    assert_eq!(name(hand.client.state()), "backoff");
}

#[test]
fn a_handshake_in_a_frozen_page_gets_a_second_chance() {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.client.handle_hint(hand.now, Hint::Frozen);
    hand.pass(defaults().connect_timeout());
    assert_eq!(name(hand.client.state()), "connecting");
    hand.pass(secs(2));
    hand.input(link, Input::Opened);
    assert_eq!(hand.client.state(), SocketState::Open);
}

#[test]
fn a_live_link_survives_a_night_in_a_frozen_page() {
    let mut sim = connected();
    sim.hint(Hint::Frozen);
    sim.sleep(NIGHT);
    sim.hint(Hint::Resumed);
    sim.advance(secs(10));
    assert_eq!(sim.states().count(), 2);
    assert_works(&mut sim);
}

#[test]
fn a_live_link_survives_a_night_if_the_hint_comes_before_the_timers() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.client.handle_hint(hand.now, Hint::Frozen);
    hand.now = hand.now + NIGHT;
    hand.client.handle_hint(hand.now, Hint::Resumed);
    hand.fire();
    hand.pass(secs(2));
    hand.text(link, r#"{"route": "PONG"}"#);
    hand.pass(secs(1));
    assert_eq!(hand.client.state(), SocketState::Open);
}

#[test]
fn a_dead_link_is_replaced_within_three_seconds_of_the_end_of_a_freeze() {
    let mut sim = connected();
    sim.hint(Hint::Frozen);
    sim.cut_link();
    sim.sleep(NIGHT);
    sim.hint(Hint::Resumed);
    assert!(sim.state().is_open());
    sim.advance(secs(3));
    assert!(was_replaced(&sim));
    sim.advance(secs(2));
    assert_works(&mut sim);
}

/// The first thing that a user does with a page that is back is to use it.
#[test]
fn a_call_that_is_made_on_waking_does_not_keep_a_dead_link() {
    let mut sim = connected();
    sim.cut_link();
    sim.sleep(NIGHT);
    call(&mut sim, "echo");
    sim.advance(secs(3));
    assert!(was_replaced(&sim));
}

#[test]
fn a_call_that_is_overdue_on_waking_does_not_keep_a_dead_link() {
    for hint in [None, Some(Hint::Resumed)] {
        let (mut hand, _) = ByHand::open(defaults());
        let long = CallOptions::new().timeout(secs(600));
        hand.client.call(hand.now, &message("never").with_options(long.clone())).unwrap();
        hand.now = hand.now + NIGHT;
        if let Some(hint) = hint {
            hand.client.handle_hint(hand.now, hint);
        }
        hand.fire();
        assert!(hand.client.state().is_open());
        hand.pass(secs(3));
        assert_eq!(name(hand.client.state()), "backoff", "{hint:?}");
    }
}

/// A call without a deadline may keep the server busy over a night: that it was silent before says nothing.
#[test]
fn a_busy_link_gets_both_bounds_anew_after_a_night() {
    for hint in [None, Some(Hint::Resumed)] {
        let (mut hand, _) = ByHand::open(config(|c| c.request_timeout(None)));
        hand.call("never");
        hand.transmits();
        hand.now = hand.now + NIGHT;
        if let Some(hint) = hint {
            hand.client.handle_hint(hand.now, hint);
        }
        hand.fire();
        hand.pass(secs(59));
        assert_eq!(hand.client.state(), SocketState::Slow, "{hint:?}");
        hand.pass(secs(60));
        assert_eq!(hand.client.state(), SocketState::Slow);
        hand.pass(secs(1));
        assert_eq!(name(hand.client.state()), "backoff");
    }
}

#[test]
fn a_network_that_flaps_does_not_use_up_the_attempts() {
    let mut sim = connected();
    sim.network.handshake = Handshake::Refused;
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    for _ in 0..50 {
        sim.hint(Hint::Offline);
        sim.hint(Hint::Online);
        sim.drive();
    }
    assert!(matches!(sim.state(), SocketState::Backoff { .. }), "{:?}", sim.state());
    sim.network.handshake = Handshake::Accepted;
    sim.hint(Hint::Online);
    sim.drive();
    assert_works(&mut sim);
}

#[test]
fn what_is_queued_leaves_as_soon_as_the_network_is_back() {
    let mut sim = connected_with(config(|c| c.backoff_base(secs(60)).backoff_max(secs(60))));
    sim.hint(Hint::Offline);
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    let call = call(&mut sim, "echo");
    sim.advance(secs(5));
    sim.hint(Hint::Online);
    sim.advance(millis(100));
    assert!(sim.outcome(call).is_some_and(Result::is_ok));
}

#[test]
fn a_link_seems_cut_off_from_the_word_that_the_network_is_gone_until_anything_arrives() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    hand.client.handle_hint(hand.now, Hint::Offline);
    assert!(hand.client.seems_cut_off());
    hand.text(link, r#"{"route": "news"}"#);
    assert!(!hand.client.seems_cut_off());
    hand.client.handle_hint(hand.now, Hint::Offline);
    hand.client.handle_hint(hand.now, Hint::Online);
    assert!(!hand.client.seems_cut_off());
}

/// What is handed to a dead link has an unknown outcome, and what waits for the next link does not.
#[test]
fn what_is_submitted_while_the_network_is_said_to_be_gone_waits_until_the_link_proves_that_it_is_alive() {
    for is_alive in [true, false] {
        let (mut hand, link) = ByHand::open(defaults());
        hand.transmits();
        hand.client.handle_hint(hand.now, Hint::Offline);
        hand.call("a");
        assert!(hand.messages().is_empty());
        assert_eq!((hand.client.in_flight(), hand.client.queued()), (0, 1));
        if is_alive {
            hand.text(link, r#"{"route": "PONG"}"#);
        } else {
            hand.pass(secs(3));
            assert_eq!(name(hand.client.state()), "backoff");
            hand.client.handle_hint(hand.now, Hint::Online);
            hand.next_link();
        }
        assert_eq!(hand.messages().len(), 1);
    }
}
