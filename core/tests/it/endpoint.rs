//! Where a link goes is asked at each attempt.

use leptos_socket_core::sim::{Handshake, Resolution};
use leptos_socket_core::{CloseCode, CloseReason, Endpoint, Hint, Input, Instant, SocketState, Timer, Transmit};

use crate::support::{ByHand, assert_works, config, connected, defaults, endpoint, idle_with, millis, name, secs};

#[test]
fn each_attempt_asks_anew_and_goes_where_it_is_told() {
    let mut hand = ByHand::new(defaults());
    hand.client.connect(hand.now);
    for token in ["first", "second", "third"] {
        let [Transmit::Resolve { link }] = hand.transmits()[..] else { panic!("no question") };
        let there = Endpoint::parse(&format!("wss://server/?token={token}")).unwrap().protocol(token);
        hand.input(link, Input::Resolved(there.clone()));
        assert_eq!(hand.transmits(), [Transmit::Connect { link, endpoint: there }]);
        hand.input(link, Input::Closed(CloseCode::ABNORMAL));
        hand.pass(secs(5));
    }
}

#[test]
fn no_link_opens_before_it_is_known_where_to() {
    let mut hand = ByHand::new(defaults());
    hand.client.connect(hand.now);
    let [Transmit::Resolve { link }] = hand.transmits()[..] else { panic!("no question") };
    hand.input(link, Input::Opened);
    hand.text(link, r#"{"route": "news"}"#);
    assert_eq!(name(hand.client.state()), "connecting");
    assert!(hand.transmits().is_empty());
}

#[test]
fn an_endpoint_that_cannot_be_found_out_goes_through_backoff_and_spends_attempts() {
    let mut sim = idle_with(defaults());
    sim.network.resolution = Resolution::Failing;
    sim.connect();
    sim.drive();
    assert!(matches!(sim.state(), SocketState::Backoff { attempt: 1, .. }));
    sim.advance(secs(120));
    assert_eq!(sim.state(), SocketState::Closed(CloseReason::GaveUp { attempts: 5 }));
    assert_eq!(sim.states().filter(|state| name(*state) == "connecting").count(), 6);
}

#[test]
fn an_endpoint_that_is_found_in_the_end_makes_a_link() {
    let mut sim = idle_with(defaults());
    sim.network.resolution = Resolution::Failing;
    sim.connect();
    sim.drive();
    sim.network.resolution = Resolution::After(millis(300));
    sim.advance(secs(3));
    assert_works(&mut sim);
}

#[test]
fn offline_a_failing_endpoint_spends_no_attempt() {
    let mut sim = idle_with(defaults());
    sim.hint(Hint::Offline);
    sim.network.resolution = Resolution::Failing;
    sim.connect();
    sim.advance(secs(3_600));
    assert!(matches!(sim.state(), SocketState::Backoff { attempt: 1, .. }));
}

#[test]
fn an_endpoint_that_hangs_is_given_up_after_connect_timeout() {
    let mut sim = idle_with(config(|c| c.connect_timeout(secs(4))));
    sim.network.resolution = Resolution::Hanging;
    sim.connect();
    assert_eq!(sim.client().next_timer(), Some((Timer::ConnectTimeout, Instant::from_millis(4_000))));
    sim.advance(millis(3_999));
    assert_eq!(name(sim.state()), "connecting");
    sim.advance(millis(1));
    assert!(matches!(sim.state(), SocketState::Backoff { attempt: 1, .. }));
    sim.network.resolution = Resolution::After(secs(0));
    sim.advance(secs(2));
    assert_works(&mut sim);
}

#[test]
fn the_answer_and_the_handshake_share_the_time_of_an_attempt() {
    let mut sim = idle_with(config(|c| c.connect_timeout(secs(4))));
    sim.network.resolution = Resolution::After(millis(3_900));
    sim.network.handshake = Handshake::Hanging;
    sim.connect();
    sim.advance(millis(3_900));
    assert_eq!(sim.client().next_timer(), Some((Timer::ConnectTimeout, Instant::from_millis(4_000))));
}

#[test]
fn an_answer_for_an_attempt_that_is_over_is_ignored() {
    let mut hand = ByHand::new(defaults());
    hand.client.connect(hand.now);
    let [Transmit::Resolve { link: old }] = hand.transmits()[..] else { panic!("no question") };
    hand.pass(defaults().connect_timeout());
    assert_eq!(hand.transmits(), [Transmit::Abandon { link: old }]);
    for answer in [Input::Resolved(endpoint()), Input::Unresolved] {
        hand.input(old, answer);
        assert!(hand.transmits().is_empty());
        assert!(matches!(hand.client.state(), SocketState::Backoff { attempt: 1, .. }));
    }
    hand.pass(secs(1));
    let [Transmit::Resolve { link: new }] = hand.transmits()[..] else { panic!("no question") };
    hand.events();
    for answer in [Input::Resolved(endpoint()), Input::Unresolved, Input::Opened] {
        hand.input(old, answer);
    }
    assert!(hand.transmits().is_empty() && hand.events().is_empty());
    hand.input(new, Input::Resolved(endpoint()));
    assert_eq!(hand.transmits(), [Transmit::Connect { link: new, endpoint: endpoint() }]);
}

#[test]
fn a_second_answer_is_ignored() {
    let (mut hand, link) = ByHand::connecting(defaults());
    let timer = hand.client.next_timer();
    hand.events();
    hand.now = hand.now + secs(1);
    hand.input(link, Input::Resolved(endpoint()));
    hand.input(link, Input::Unresolved);
    assert!(hand.transmits().is_empty() && hand.events().is_empty());
    assert_eq!(hand.client.next_timer(), timer);
    hand.input(link, Input::Opened);
    hand.input(link, Input::Unresolved);
    assert_eq!(hand.client.state(), SocketState::Open);
}

#[test]
fn closed_while_it_asks_the_socket_opens_nothing() {
    let mut hand = ByHand::new(defaults());
    hand.client.connect(hand.now);
    let [Transmit::Resolve { link }] = hand.transmits()[..] else { panic!("no question") };
    hand.client.close(hand.now);
    assert_eq!(hand.transmits(), [Transmit::Abandon { link }]);
    assert_eq!(hand.client.poll_timeout(), None);
    hand.input(link, Input::Resolved(endpoint()));
    assert!(hand.transmits().is_empty());
}

#[test]
fn reconnect_while_it_asks_asks_again() {
    let mut hand = ByHand::new(defaults());
    hand.client.connect(hand.now);
    let [Transmit::Resolve { link: old }] = hand.transmits()[..] else { panic!("no question") };
    hand.client.reconnect(hand.now);
    let new = match hand.transmits()[..] {
        [Transmit::Abandon { link }, Transmit::Resolve { link: new }] if link == old => new,
        ref other => panic!("{other:?}"),
    };
    assert!(old < new);
    hand.input(old, Input::Resolved(endpoint()));
    assert!(hand.transmits().is_empty());
}

#[test]
fn a_lost_link_asks_again() {
    let mut sim = connected();
    sim.network.resolution = Resolution::Failing;
    sim.server_close(CloseCode::ABNORMAL);
    sim.advance(secs(120));
    assert_eq!(sim.state(), SocketState::Closed(CloseReason::GaveUp { attempts: 5 }));
}
