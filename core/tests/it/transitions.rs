//! Every state meets everything that can happen, as the table at the head of `state.rs` has it.

use leptos_socket_core::{CloseCode, CloseReason, Hint, Input, LinkId, SocketConfig, SocketState, Timer, Transmit};

use crate::support::{ByHand, config, defaults, name};

/// What can happen, in the order of the columns.
const HAPPENINGS: [&str; 11] = [
    "connect",
    "reconnect",
    "close",
    "opened",
    "lost",
    "refused",
    "timer",
    "online",
    "offline",
    "suspended",
    "resumed",
];

/// From each state, the state after each happening.
const TABLE: [(&str, [&str; 11]); 5] = [
    // from          connect       reconnect     close     opened        lost          refused       timer         online        offline       suspended     resumed
    ("idle", ["connecting", "connecting", "closed", "idle", "idle", "idle", "idle", "idle", "idle", "idle", "idle"]),
    (
        "connecting",
        [
            "connecting",
            "connecting",
            "closed",
            "open",
            "backoff",
            "closed",
            "backoff",
            "connecting",
            "connecting",
            "backoff",
            "connecting",
        ],
    ),
    (
        "open",
        ["open", "connecting", "closed", "open", "backoff", "closed", "backoff", "open", "open", "backoff", "open"],
    ),
    (
        "backoff",
        [
            "backoff",
            "connecting",
            "closed",
            "backoff",
            "backoff",
            "backoff",
            "connecting",
            "connecting",
            "backoff",
            "backoff",
            "connecting",
        ],
    ),
    (
        "closed",
        [
            "connecting",
            "connecting",
            "closed",
            "closed",
            "closed",
            "closed",
            "closed",
            "closed",
            "closed",
            "closed",
            "closed",
        ],
    ),
];

/// A client in the state of this name, and the last link that it had.
fn client_in(state: &str, config: &SocketConfig) -> (ByHand, LinkId) {
    let (mut hand, link) = match state {
        "idle" => (ByHand::new(config.clone()), ByHand::connecting(config.clone()).1),
        "connecting" => ByHand::connecting(config.clone()),
        _ => ByHand::open(config.clone()),
    };
    match state {
        "backoff" => hand.input(link, Input::Closed(CloseCode::ABNORMAL)),
        "closed" => hand.client.close(hand.now),
        _ => {}
    }
    hand.transmits();
    hand.events();
    assert_eq!(name(hand.client.state()), state);
    (hand, link)
}

fn happens(hand: &mut ByHand, link: LinkId, happening: &str) {
    let now = hand.now;
    match happening {
        "connect" => hand.client.connect(now),
        "reconnect" => hand.client.reconnect(now),
        "close" => hand.client.close(now),
        "opened" => hand.input(link, Input::Opened),
        "lost" => hand.input(link, Input::Closed(CloseCode::ABNORMAL)),
        "refused" => hand.input(link, Input::Closed(CloseCode::POLICY)),
        "timer" => {
            hand.now = hand.client.poll_timeout().unwrap_or(now);
            hand.fire();
        }
        "online" => hand.client.handle_hint(now, Hint::Online),
        "offline" => hand.client.handle_hint(now, Hint::Offline),
        "suspended" => hand.client.handle_hint(now, Hint::Suspended),
        _ => hand.client.handle_hint(now, Hint::Resumed),
    }
}

#[test]
fn every_state_answers_everything_as_the_table_says() {
    for (from, row) in TABLE {
        for (happening, to) in HAPPENINGS.into_iter().zip(row) {
            let (mut hand, link) = client_in(from, &defaults());
            happens(&mut hand, link, happening);
            assert_eq!(name(hand.client.state()), to, "{from}, then {happening}");
        }
    }
}

#[test]
fn with_no_attempt_left_a_loss_closes() {
    let last = config(|c| c.max_reconnect_attempts(Some(0)));
    for from in ["connecting", "open"] {
        for happening in ["lost", "timer"] {
            let (mut hand, link) = client_in(from, &last);
            happens(&mut hand, link, happening);
            let gave_up = SocketState::Closed(CloseReason::GaveUp { attempts: 0 });
            assert_eq!(hand.client.state(), gave_up, "{from}, then {happening}");
        }
    }
}

#[test]
fn whatever_happens_a_change_of_state_is_told_once_and_only_if_it_is_one() {
    for (from, _) in TABLE {
        for happening in HAPPENINGS {
            let (mut hand, link) = client_in(from, &defaults());
            let before = hand.client.state();
            happens(&mut hand, link, happening);
            let after = hand.client.state();
            let told: Vec<_> = hand.events().iter().map(|event| format!("{event:?}")).collect();
            let expected = if before == after { vec![] } else { vec![format!("StateChanged({after:?})")] };
            assert_eq!(told, expected, "{from}, then {happening}");
        }
    }
}

#[test]
fn whatever_happens_a_link_is_let_go_before_the_next_is_opened() {
    for (from, _) in TABLE {
        for happening in HAPPENINGS {
            let (mut hand, link) = client_in(from, &defaults());
            let had_link = from != "idle" && from != "backoff";
            happens(&mut hand, link, happening);
            let transmits = hand.transmits();
            let connect = transmits.iter().position(|transmit| matches!(transmit, Transmit::Connect { .. }));
            let abandon = transmits.iter().position(|transmit| *transmit == Transmit::Abandon { link });
            if had_link && connect.is_some() {
                assert!(abandon.is_some_and(|at| Some(at) < connect), "{from}, then {happening}: {transmits:?}");
            }
        }
    }
}

#[test]
fn each_state_has_its_timer() {
    let timer_in = |state| client_in(state, &defaults()).0.client.next_timer().map(|(timer, _)| timer);
    assert_eq!(timer_in("idle"), None);
    assert_eq!(timer_in("connecting"), Some(Timer::ConnectTimeout));
    assert_eq!(timer_in("open"), Some(Timer::Dead));
    assert_eq!(timer_in("backoff"), Some(Timer::Retry));
    assert_eq!(timer_in("closed"), Some(Timer::CloseTimeout));

    let (mut hand, link) = client_in("open", &defaults());
    hand.text(link, r#"{"route": "PONG"}"#);
    assert_eq!(hand.client.next_timer().map(|(timer, _)| timer), Some(Timer::Ping));
    hand.call("echo");
    assert_eq!(hand.client.next_timer().map(|(timer, _)| timer), Some(Timer::Deadline));
}
