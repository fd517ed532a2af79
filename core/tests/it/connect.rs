//! Opening a link.

use leptos_socket_core::sim::Handshake;
use leptos_socket_core::{CloseCode, Input, Instant, SocketState, Timer, Transmit};

use crate::support::{ByHand, assert_works, config, connected, defaults, idle_with, millis, name, secs};

#[test]
fn an_idle_client_wants_nothing_and_waits_for_nothing() {
    let mut hand = ByHand::new(defaults());
    hand.pass(secs(3_600));
    assert_eq!(hand.client.state(), SocketState::Idle);
    assert!(hand.transmits().is_empty() && hand.events().is_empty());
    assert_eq!(hand.client.poll_timeout(), None);
}

#[test]
fn a_link_opens_after_a_round_trip() {
    let mut sim = idle_with(defaults());
    sim.connect();
    assert_eq!(sim.state(), SocketState::Connecting { attempt: 0 });
    sim.advance(millis(20));
    assert_eq!(sim.state(), SocketState::Open);
    assert_works(&mut sim);
}

#[test]
fn connecting_twice_opens_one_link() {
    let mut sim = idle_with(defaults());
    sim.connect();
    sim.connect();
    sim.drive();
    sim.connect();
    sim.drive();
    assert_eq!(sim.states().count(), 2);
    assert_works(&mut sim);
}

#[test]
fn a_link_that_says_twice_that_it_opened_opened_once() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    hand.events();
    hand.input(link, Input::Opened);
    hand.fire();
    assert!(hand.transmits().is_empty() && hand.events().is_empty());
}

#[test]
fn a_handshake_that_nobody_answers_is_given_up_after_connect_timeout() {
    let mut sim = idle_with(config(|c| c.connect_timeout(secs(4))));
    sim.network.handshake = Handshake::Hanging;
    sim.connect();
    assert_eq!(sim.client().next_timer(), Some((Timer::ConnectTimeout, Instant::from_millis(4_000))));
    sim.advance(millis(3_999));
    assert_eq!(name(sim.state()), "connecting");
    sim.advance(millis(1));
    assert_eq!(name(sim.state()), "backoff");
    sim.network.handshake = Handshake::Accepted;
    sim.advance(secs(2));
    assert_works(&mut sim);
}

#[test]
fn a_handshake_that_is_given_up_is_abandoned_at_once() {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.pass(defaults().connect_timeout());
    assert_eq!(hand.transmits(), [Transmit::Abandon { link }]);
}

#[test]
fn a_link_that_opens_after_it_was_given_up_stays_given_up() {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.pass(defaults().connect_timeout());
    hand.input(link, Input::Opened);
    assert_eq!(name(hand.client.state()), "backoff");
    hand.pass(secs(1));
    let next = hand.link();
    hand.input(link, Input::Opened);
    assert_eq!(name(hand.client.state()), "connecting");
    hand.input(next, Input::Opened);
    assert_eq!(name(hand.client.state()), "open");
}

#[test]
fn a_link_that_opens_at_the_very_end_of_connect_timeout_is_kept() {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.now = hand.now + defaults().connect_timeout();
    hand.input(link, Input::Opened);
    hand.fire();
    assert_eq!(hand.client.state(), SocketState::Open);
}

#[test]
fn a_refused_handshake_backs_off() {
    let mut sim = idle_with(defaults());
    sim.network.handshake = Handshake::Refused;
    sim.connect();
    sim.drive();
    assert!(matches!(sim.state(), SocketState::Backoff { attempt: 1, .. }));
}

#[test]
fn what_comes_before_the_link_opens_reaches_nobody() {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.events();
    hand.text(link, r#"{"route": "news"}"#);
    hand.text(link, "garbage");
    hand.input(link, Input::Binary(3));
    assert!(hand.events().is_empty());
}

#[test]
fn a_new_link_has_another_name() {
    let mut sim = connected();
    sim.server_close(CloseCode::RESTARTING);
    sim.advance(secs(2));
    assert_works(&mut sim);
    let links: Vec<_> = sim.server.pings().map(|ping| ping.link).collect();
    assert!(links[0] < *links.last().unwrap());
}

#[test]
fn a_client_connects_again_after_it_gave_up() {
    let mut sim = connected_without_retries();
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    assert!(sim.state().is_closed());
    sim.connect();
    sim.drive();
    assert_works(&mut sim);
}

fn connected_without_retries() -> leptos_socket_core::sim::Sim {
    crate::support::connected_with(config(|c| c.max_reconnect_attempts(Some(0))))
}

#[test]
fn a_world_without_latency_is_no_trap() {
    let mut sim = idle_with(defaults());
    sim.network.latency = secs(0);
    sim.connect();
    sim.drive();
    assert_eq!(sim.now(), Instant::ZERO);
    assert_works(&mut sim);
    assert_eq!(sim.client().latency(), Some(secs(0)));
}
