//! The time between two links, in which pushes may have been missed.

use std::time::Duration;

use leptos_socket_core::sim::{Handshake, Resolution, Sim};
use leptos_socket_core::{CloseCode, Event, Instant, LinkId, SocketState};

use crate::support::{assert_works, config, connected, connected_with, defaults, idle_with, millis, secs};

/// All gaps so far: when each ended, on which link, and how long it was.
fn gaps(sim: &Sim) -> Vec<(Instant, LinkId, Duration)> {
    let gaps = sim.history().iter().filter_map(|(at, event)| match event {
        Event::Gap { link, lasted } => Some((*at, *link, *lasted)),
        _ => None,
    });
    gaps.collect()
}

#[test]
fn before_the_first_link_there_is_no_gap() {
    let mut sim = idle_with(defaults());
    sim.network.handshake = Handshake::Refused;
    sim.connect();
    sim.advance(secs(1));
    sim.network.handshake = Handshake::Accepted;
    sim.advance(secs(10));
    assert_works(&mut sim);
    assert_eq!(gaps(&sim), []);
}

#[test]
fn a_gap_lasts_from_the_loss_of_a_link_to_the_opening_of_the_next_and_names_it() {
    let mut sim = connected_with(config(|c| c.max_reconnect_attempts(None)));
    sim.network.handshake = Handshake::Refused;
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    let lost_at = sim.now();
    sim.advance(secs(20));
    assert_eq!(gaps(&sim), []);
    sim.network.handshake = Handshake::Accepted;
    sim.advance(secs(60));
    assert_works(&mut sim);
    let gaps = gaps(&sim);
    let (opened_at, link, lasted) = gaps[0];
    assert_eq!((gaps.len(), lasted), (1, opened_at - lost_at));
    assert!(lasted > secs(20), "{lasted:?}");
    assert_eq!(Some(link), sim.server.pings().last().map(|ping| ping.link));
}

#[test]
fn each_new_link_after_the_first_ends_one_gap() {
    let mut sim = connected();
    for nth in 1..=5 {
        sim.advance(secs(6));
        sim.server_close(CloseCode::RESTARTING);
        sim.advance(secs(2));
        assert_works(&mut sim);
        assert_eq!(gaps(&sim).len(), nth);
    }
    assert!(gaps(&sim).is_sorted_by_key(|(_, link, _)| *link));
}

#[test]
fn the_time_that_a_socket_was_closed_is_a_gap_too() {
    for lingers in [true, false] {
        let mut sim = connected();
        sim.server.answers_close = lingers;
        sim.close();
        sim.advance(secs(100));
        sim.reconnect();
        sim.drive();
        let lasted: Vec<_> = gaps(&sim).into_iter().map(|(_, _, lasted)| lasted).collect();
        assert_eq!(lasted, [secs(100) + millis(20)]);
    }
}

#[test]
fn reconnect_leaves_a_gap_of_one_handshake() {
    let mut sim = connected();
    sim.network.resolution = Resolution::After(millis(500));
    sim.reconnect();
    sim.drive();
    let lasted: Vec<_> = gaps(&sim).into_iter().map(|(_, _, lasted)| lasted).collect();
    assert_eq!(lasted, [millis(520)]);
}

#[test]
fn a_link_that_never_opened_ends_no_gap_and_starts_none() {
    let mut sim = connected();
    sim.close();
    sim.advance(secs(10));
    for _ in 0..3 {
        sim.reconnect();
        sim.close();
        sim.advance(secs(10));
    }
    assert_eq!(gaps(&sim), []);
    sim.reconnect();
    sim.drive();
    assert_eq!(gaps(&sim)[0].2, secs(40) + millis(20));
}

#[test]
fn a_gap_is_told_once_the_socket_is_open_and_before_anything_else_of_the_new_link() {
    let mut sim = connected();
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    let before = sim.history().len();
    sim.advance(secs(2));
    sim.push(r#"{"route": "news"}"#);
    sim.drive();
    let events: Vec<_> = sim.history()[before..].iter().map(|(_, event)| event).collect();
    assert!(matches!(events[1], Event::StateChanged(SocketState::Open)), "{events:?}");
    assert!(matches!(events[2], Event::Gap { .. }), "{events:?}");
    assert!(matches!(events[3], Event::Push(_)), "{events:?}");
}
