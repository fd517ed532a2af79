//! Closing, and staying closed.

use leptos_socket_core::sim::Handshake;
use leptos_socket_core::{CloseCode, CloseReason, Hint, Input, SocketState, Timer, Transmit};

use crate::support::{
    ByHand, assert_works, call, config, connected, connected_with, defaults, idle_with, millis, secs,
};

const BY_APP: SocketState = SocketState::Closed(CloseReason::ByApp);

#[test]
fn close_is_done_at_once_and_the_link_lingers_until_the_server_answers() {
    let mut sim = connected();
    sim.close();
    assert_eq!(sim.state(), BY_APP);
    assert_eq!(sim.client().next_timer().map(|(timer, _)| timer), Some(Timer::CloseTimeout));
    sim.drive();
    assert_eq!(sim.client().poll_timeout(), None);
}

#[test]
fn close_gives_the_normal_code() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    hand.client.close(hand.now);
    assert_eq!(hand.transmits(), [Transmit::Close { link, code: CloseCode::NORMAL }]);
}

#[test]
fn a_close_that_is_never_answered_lets_go_of_the_link_after_close_timeout() {
    let (mut hand, link) = ByHand::open(config(|c| c.close_timeout(secs(2))));
    hand.client.close(hand.now);
    hand.transmits();
    hand.pass(millis(1_999));
    assert!(hand.transmits().is_empty());
    hand.pass(millis(1));
    assert_eq!(hand.transmits(), [Transmit::Abandon { link }]);
    assert_eq!(hand.client.poll_timeout(), None);
    hand.events();
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert!(hand.events().is_empty());
    assert_eq!(hand.client.state(), BY_APP);
}

#[test]
fn a_close_that_is_answered_lets_go_of_nothing() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.client.close(hand.now);
    hand.transmits();
    hand.input(link, Input::Closed(CloseCode::NORMAL));
    hand.pass(secs(60));
    assert!(hand.transmits().is_empty());
    assert_eq!(hand.client.state(), BY_APP);
}

#[test]
fn closed_during_backoff_it_stays_closed() {
    let mut sim = connected();
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    sim.close();
    assert_eq!(sim.client().poll_timeout(), None);
    sim.advance(secs(3_600));
    assert_eq!(sim.state(), BY_APP);
    assert_eq!(sim.server.pings().count(), 1);
}

#[test]
fn closed_during_the_handshake_it_stays_closed() {
    let mut sim = idle_with(defaults());
    sim.connect();
    sim.close();
    sim.advance(secs(3_600));
    assert_eq!(sim.state(), BY_APP);
    assert_eq!(sim.server.pings().count(), 0);
}

#[test]
fn a_link_that_opens_after_close_is_not_used() {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.client.close(hand.now);
    hand.transmits();
    hand.input(link, Input::Opened);
    hand.fire();
    assert_eq!(hand.client.state(), BY_APP);
    assert!(hand.transmits().is_empty());
}

#[test]
fn closed_before_it_was_ever_open_it_stays_closed() {
    let mut sim = idle_with(defaults());
    sim.close();
    sim.advance(secs(60));
    assert_eq!(sim.state(), BY_APP);
}

#[test]
fn no_hint_opens_a_closed_socket() {
    let mut sim = connected();
    sim.close();
    sim.drive();
    for hint in [Hint::Offline, Hint::Online, Hint::Resumed] {
        sim.hint(hint);
        sim.advance(secs(60));
        assert_eq!(sim.state(), BY_APP);
    }
}

#[test]
fn closing_twice_is_closing_once() {
    let mut sim = connected();
    sim.close();
    let until = sim.client().poll_timeout();
    sim.advance(millis(5));
    sim.close();
    assert_eq!(sim.client().poll_timeout(), until);
    assert_eq!(sim.states().filter(SocketState::is_closed).count(), 1);
}

#[test]
fn after_close_nothing_reaches_the_app() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.client.close(hand.now);
    hand.events();
    hand.text(link, r#"{"route": "news", "payload": 1}"#);
    hand.text(link, "garbage");
    hand.input(link, Input::Binary(1));
    assert!(hand.events().is_empty());
}

#[test]
fn a_socket_can_be_opened_again_while_its_old_link_lingers() {
    for reconnect in [true, false] {
        let mut sim = connected();
        sim.server.answers_close = false;
        sim.close();
        sim.advance(millis(100));
        if reconnect {
            sim.reconnect();
        } else {
            sim.connect();
        }
        sim.drive();
        assert_works(&mut sim);
        sim.advance(secs(120));
        assert!(sim.state().is_open());
        assert_eq!(sim.states().filter(SocketState::is_closed).count(), 1);
    }
}

#[test]
fn closing_and_opening_in_one_breath_leaves_one_open_link() {
    let mut sim = connected();
    for _ in 0..10 {
        sim.close();
        sim.connect();
    }
    sim.drive();
    assert_works(&mut sim);
    sim.advance(secs(120));
    assert_works(&mut sim);
}

#[test]
fn a_closed_socket_holds_nothing() {
    let mut sim = connected();
    for _ in 0..5 {
        call(&mut sim, "never");
    }
    sim.close();
    sim.drive();
    let client = sim.client();
    assert_eq!((client.in_flight(), client.queued(), client.poll_timeout()), (0, 0, None));
    assert_eq!(client.latency(), None);
    assert_eq!(sim.unsettled().count(), 0);
}

#[test]
fn giving_up_is_final_until_the_app_says_otherwise() {
    let mut sim = connected_with(config(|c| c.max_reconnect_attempts(Some(1))));
    sim.network.handshake = Handshake::Refused;
    sim.server_close(CloseCode::ABNORMAL);
    sim.advance(secs(10));
    let gave_up = SocketState::Closed(CloseReason::GaveUp { attempts: 1 });
    assert_eq!(sim.state(), gave_up);
    sim.close();
    assert_eq!(sim.state(), gave_up, "why it closed is not forgotten");
    sim.network.handshake = Handshake::Accepted;
    sim.advance(secs(600));
    assert_eq!(sim.state(), gave_up);
    sim.reconnect();
    sim.drive();
    assert_works(&mut sim);
}

#[test]
fn a_reason_is_a_sentence() {
    let sentences = [
        (CloseReason::ByApp, "closed: closed by the app"),
        (CloseReason::GaveUp { attempts: 0 }, "closed: the connection was lost"),
        (CloseReason::GaveUp { attempts: 1 }, "closed: gave up after 1 attempt to reconnect"),
        (CloseReason::GaveUp { attempts: 5 }, "closed: gave up after 5 attempts to reconnect"),
        (CloseReason::Refused(CloseCode::POLICY), "closed: refused by the server with code 1008 (refused by policy)"),
    ];
    for (reason, sentence) in sentences {
        assert_eq!(SocketState::Closed(reason).to_string(), sentence);
    }
}
