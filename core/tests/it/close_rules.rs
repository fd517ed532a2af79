//! Which close codes are final, and which are retried when; and `docs/CLOSE_CODES.md`.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use leptos_socket_core::{AfterClose, CloseCode, CloseReason, CloseRules, Hint, SocketConfig, SocketState};

use crate::support::{assert_page, assert_works, connected, connected_with, defaults, secs};

fn rules(json: &str) -> CloseRules {
    let config: SocketConfig = serde_json::from_str(&format!(r#"{{"closeRules": {json}}}"#)).unwrap();
    config.close_rules().clone()
}

fn after(rules: &CloseRules, code: u16) -> AfterClose {
    rules.after(CloseCode::new(code))
}

#[test]
fn by_default_1008_is_final_1013_waits_4401_refreshes_and_everything_else_is_retried() {
    let rules = CloseRules::default();
    for code in 0..=u16::MAX {
        let expected = match code {
            1008 => AfterClose::Stop,
            1013 => AfterClose::RetryAfter(secs(10)),
            4401 => AfterClose::Refresh,
            _ => AfterClose::Retry,
        };
        assert_eq!(after(&rules, code), expected, "{code}");
    }
}

#[test]
fn of_several_rules_for_a_code_the_last_counts() {
    let rules = CloseRules::default()
        .on(4000..=4999, AfterClose::Stop)
        .on(4429..=4429, AfterClose::RetryAfter(secs(60)))
        .on(1008..=1008, AfterClose::Retry);
    assert_eq!(after(&rules, 4428), AfterClose::Stop);
    assert_eq!(after(&rules, 4429), AfterClose::RetryAfter(secs(60)));
    assert_eq!(after(&rules, 1008), AfterClose::Retry);
    assert_eq!(after(&rules.on(4429..=4429, AfterClose::Stop), 4429), AfterClose::Stop);
}

#[test]
fn in_json_the_narrower_range_counts_and_the_defaults_stay() {
    let rules =
        rules(r#"{"4429": {"retryAfter": 60000}, "4400-4499": "stop", "4000-4999": "retry", "4410-4419": "retry"}"#);
    assert_eq!(after(&rules, 4429), AfterClose::RetryAfter(secs(60)));
    assert_eq!(after(&rules, 4403), AfterClose::Stop);
    assert_eq!(after(&rules, 4415), AfterClose::Retry);
    assert_eq!(after(&rules, 4500), AfterClose::Retry);
    assert_eq!(after(&rules, 1008), AfterClose::Stop);
    assert_eq!(after(&rules, 1013), AfterClose::RetryAfter(secs(10)));
}

#[test]
fn in_json_a_default_can_be_overruled() {
    let rules = rules(r#"{"1008": "retry", "1013": "stop"}"#);
    assert_eq!(after(&rules, 1008), AfterClose::Retry);
    assert_eq!(after(&rules, 1013), AfterClose::Stop);
}

#[test]
fn json_that_makes_no_sense_is_refused() {
    for json in [
        r#"{"soon": "stop"}"#,
        r#"{"": "stop"}"#,
        r#"{"-": "stop"}"#,
        r#"{"4400-": "stop"}"#,
        r#"{"70000": "stop"}"#,
        r#"{"4499-4400": "stop"}"#,
        r#"{"4400": "never"}"#,
        r#"{"4400": {"retryAfter": -1}}"#,
        r#"{"4400": {"retryAfter": "1 s"}}"#,
        r#"["stop"]"#,
    ] {
        let config = serde_json::from_str::<SocketConfig>(&format!(r#"{{"closeRules": {json}}}"#));
        assert!(config.is_err(), "{json}");
    }
}

#[test]
fn a_code_with_a_delay_is_retried_after_it_and_the_usual_backoff() {
    for seed in 0..20 {
        let mut sim = leptos_socket_core::sim::Sim::connected(defaults(), seed);
        sim.server_close(CloseCode::TRY_AGAIN_LATER);
        sim.drive();
        let SocketState::Backoff { attempt: 1, retry_at } = sim.state() else { panic!("{:?}", sim.state()) };
        assert!((secs(10)..=secs(11)).contains(&(retry_at - sim.now())), "{retry_at}");
    }
}

/// It is the server's limit, and showing the tab must not go round it.
#[test]
fn no_hint_shortens_the_delay_of_a_code_and_offline_does_not_either() {
    for hint in [Hint::Online, Hint::Resumed, Hint::Slept, Hint::Offline] {
        let mut sim = connected();
        sim.server_close(CloseCode::TRY_AGAIN_LATER);
        sim.drive();
        let closed_at = sim.now();
        sim.advance(secs(5));
        sim.hint(hint);
        let SocketState::Backoff { retry_at, .. } = sim.state() else { panic!("{:?}", sim.state()) };
        assert!(retry_at - closed_at >= secs(10), "{hint:?}: {retry_at}");
        sim.hint(Hint::Online);
        sim.advance(secs(5));
        sim.hint(Hint::Resumed);
        sim.drive();
        assert_works(&mut sim);
    }
}

/// A retry after 71 s, say, became one after 41 s.
#[test]
fn offline_never_hastens_a_retry() {
    let rules = CloseRules::default().on(4429..=4429, AfterClose::RetryAfter(secs(70)));
    let mut sim = connected_with(crate::support::config(|c| c.close_rules(rules)));
    sim.server_close(CloseCode::new(4429));
    sim.drive();
    let SocketState::Backoff { retry_at, .. } = sim.state() else { panic!("{:?}", sim.state()) };
    sim.advance(secs(10));
    sim.hint(Hint::Offline);
    assert!(matches!(sim.state(), SocketState::Backoff { retry_at: later, .. } if later >= retry_at));
}

#[test]
fn a_final_code_stops_a_handshake_too() {
    let mut hand = crate::support::ByHand::connecting(defaults());
    hand.0.input(hand.1, leptos_socket_core::Input::Closed(CloseCode::POLICY));
    assert_eq!(hand.0.client.state(), SocketState::Closed(CloseReason::Refused(CloseCode::POLICY)));
}

#[test]
fn an_apps_own_range_is_final() {
    let json = r#"{"closeRules": {"4400-4499": "stop"}}"#;
    for (code, is_final) in [(4399, false), (4400, true), (4499, true), (4500, false)] {
        let mut sim = connected_with(serde_json::from_str(json).unwrap());
        sim.server_close(CloseCode::new(code));
        sim.drive();
        assert_eq!(sim.state().is_closed(), is_final, "{code}");
    }
}

/// Where the codes come from, as seen in Chromium with daphne and uvicorn.
const SOURCES: [(u16, &str); 10] = [
    (1000, "`close()` without a code in a consumer, on both"),
    (1001, "`close(1001)` in a consumer on uvicorn. daphne refuses it: see 1011"),
    (1005, "the client closed without naming a code"),
    (
        1006,
        "nothing listens, the handshake was refused (403, 500), the server was killed, daphne was told to stop, \
      a request above 1 MiB on daphne, a crash on uvicorn",
    ),
    (
        1008,
        "`close(1008)` after `accept()` in a consumer on uvicorn, never a refused handshake. daphne refuses it: see 1011",
    ),
    (1009, "a request above 16 MiB on uvicorn"),
    (1011, "a handler crashed on daphne, up to a second late; a consumer used a code that daphne refuses"),
    (1012, "uvicorn was told to stop"),
    (1013, "none of the three servers: a proxy, or the app"),
    (4401, "the app: `close(4401)` after `accept()` in a consumer whose token is missing or has expired"),
];

const RANGES: [(RangeInclusive<u16>, &str, &str); 3] = [
    (1002..=1004, "protocol error, unsupported data, reserved", "no server that speaks the protocol"),
    (3000..=3999, "registered by libraries", "a library"),
    (4000..=4999, "the app's own", "`close(4403)` after `accept()` in a consumer, on both; daphne drops the reason"),
];

fn close_codes() -> String {
    let rules = CloseRules::default();
    let known = (0..=u16::MAX).map(CloseCode::new).filter_map(|code| Some((code, code.meaning()?)));
    let mut rows = String::new();
    for (code, meaning) in known {
        let (_, source) = SOURCES.iter().find(|(known, _)| *known == code.as_u16()).expect("where it comes from");
        writeln!(rows, "| {} | {meaning} | {source} | {} |", code.as_u16(), rules.after(code)).unwrap();
    }
    for (codes, meaning, source) in RANGES {
        let then = after(&rules, *codes.start());
        let unnamed = codes.clone().filter(|code| CloseCode::new(*code).meaning().is_none());
        assert!(unnamed.map(|code| after(&rules, code)).all(|after| after == then));
        writeln!(rows, "| {}-{} | {meaning} | {source} | {then} |", codes.start(), codes.end()).unwrap();
    }
    rows
}

#[test]
fn the_page_of_close_codes_is_what_the_code_does() {
    assert_page(
        "CLOSE_CODES.md",
        &format!(
            "\
# Close codes

Generated by `core/tests/it/close_rules.rs`, and compared with the code by every run of the tests.
`UPDATE_DOCS=1 cargo test -p leptos-socket-core` writes it anew.

| code | meaning | where it comes from | by default |
|---|---|---|---|
{}
- *retried*: after the usual backoff, and it spends an attempt; any code that is not in the table is retried too
- *retried after*: after that delay and the usual backoff
- *retried with a new token*: after a refresh, if the app can make one; otherwise final
- *final*: the socket is closed with `CloseReason::Refused` until the app opens it again

`SocketConfig::close_rules` changes this by code or by range:
`CloseRules::default().on(4400..=4499, AfterClose::Stop)`, or as JSON
`{{ \"closeRules\": {{ \"4400-4499\": \"stop\", \"4429\": {{ \"retryAfter\": 60000 }}, \"1008\": \"retry\" }} }}`.
",
            close_codes()
        ),
    );
}
