//! Bad input from a server is a notice with a count: never a panic, a lost call or a dead socket.

use leptos_socket_core::sim::Answer;
use leptos_socket_core::{CallError, Event, Notice, Replied};
use serde_json::Value;

use crate::support::{ByHand, assert_works, call, config, connected, connected_with, defaults, error, reply};

#[test]
fn what_is_no_message_is_a_notice_with_a_count() {
    let garbage = [
        "",
        "   ",
        "{nope",
        "[1,2]",
        "[]",
        "\"hi\"",
        "7",
        "null",
        "true",
        "NaN",
        "\u{0}",
        "\u{feff}{}",
        "{}{}",
        r#"{"uuid": "a""#,
        r#"{"payload": nan}"#,
        "\u{1f600}",
        "PONG",
    ];
    let mut sim = connected();
    let call = call(&mut sim, "echo");
    garbage.into_iter().for_each(|frame| sim.push(frame));
    sim.drive();
    assert!(reply(&sim, call).is_success());
    let counts = sim.history().iter().filter_map(|(_, event)| match event {
        Event::Notice { notice: Notice::Malformed { .. }, count } => Some(*count),
        _ => None,
    });
    assert_eq!(counts.collect::<Vec<_>>(), (1..=garbage.len() as u64).collect::<Vec<_>>());
    assert_eq!(sim.pushes().count(), 0);
    assert_works(&mut sim);
}

#[test]
fn every_beginning_of_a_message_is_survived() {
    let frame = r#"{"uuid": "\ud83d\ude00", "route": [], "payload": {"a": [NaN, -Infinity, "\\\""]}, "status": 2e2}"#;
    let mut sim = connected();
    for end in 0..=frame.len() {
        sim.push(&frame[..end]);
    }
    sim.drive();
    assert_eq!(sim.pushes().count(), 1);
    assert_works(&mut sim);
}

#[test]
fn a_notice_does_not_repeat_the_frame() {
    let (mut hand, link) = ByHand::open(defaults());
    for frame in [format!("\"{}\"", "s3cret".repeat(100)), format!("[\"{}\"", "s3cret".repeat(100))] {
        hand.text(link, frame);
        let notices = hand.notices();
        let shown = format!("{notices:?} {}", notices[0].0);
        assert!(!shown.contains("s3cret") && shown.len() < 400, "{shown}");
    }
}

#[test]
fn a_field_of_a_wrong_type_is_a_notice_and_the_rest_counts() {
    let mut sim = connected();
    sim.server.on("odd", Answer::raw(r#"{"uuid": "$uuid", "route": 7, "headers": "none", "payload": 1}"#));
    let call = call(&mut sim, "odd");
    sim.drive();
    assert!(reply(&sim, call).is_success());
    let odd: Vec<_> = sim.notices().cloned().collect();
    assert_eq!(odd, [Notice::OddField { field: "route" }, Notice::OddField { field: "headers" }]);
}

#[test]
fn a_uuid_may_be_a_number_or_worse() {
    let mut sim = connected();
    for uuid in ["0", "42", "-1", "1.5", "1e400", "18446744073709551616", "{}", "[1]", "true", "\"\\ud800\"", "NaN"] {
        sim.push(format!(r#"{{"uuid": {uuid}, "route": "news"}}"#));
    }
    sim.drive();
    let uuids: Vec<_> = sim.pushes().map(|push| push.uuid()).collect();
    assert_eq!(uuids[..4], [Some("0"), Some("42"), Some("-1"), Some("1.5")]);
    assert_eq!(uuids.len(), 11);
    assert!(uuids[6..].iter().all(Option::is_none), "{uuids:?}");
    assert_works(&mut sim);
}

#[test]
fn a_swapped_answer_settles_its_call_and_is_put_right() {
    let mut sim = connected();
    let swapped = r#"{"uuid": "$route", "route": "$uuid", "headers": null, "payload": null, "status": 400}"#;
    sim.server.on("fail", Answer::raw(swapped));
    let call = call(&mut sim, "fail");
    sim.drive();
    let reply = reply(&sim, call);
    let sent = sim.server.received().next().unwrap();
    assert_eq!((reply.uuid(), reply.route()), (Some(sent.uuid.as_str()), Some("fail")));
    assert_eq!(reply.status(), Some(leptos_socket_core::StatusCode::BAD_REQUEST));
}

#[test]
fn a_swapped_answer_may_have_anything_for_its_route() {
    for uuid in ["\"\"", "null", "3", "{}", "\"6f9619ff-8b86-4d01-b42d-00c04fc964ff\""] {
        let mut sim = connected();
        sim.server.on("fail", Answer::raw(format!(r#"{{"uuid": {uuid}, "route": "$uuid", "status": 400}}"#)));
        let call = call(&mut sim, "fail");
        sim.drive();
        assert!(!reply(&sim, call).is_success(), "{uuid}");
    }
}

#[test]
fn pythons_bare_numbers_settle_the_call_and_fail_on_demand() {
    for payload in ["NaN", "Infinity", "-Infinity", r#"{"v": NaN, "i": Infinity}"#] {
        let mut sim = connected();
        sim.server.on("nan", Answer::raw(format!(r#"{{"payload": {payload}, "uuid": "$uuid", "status": 200}}"#)));
        let call = call(&mut sim, "nan");
        sim.drive();
        let reply = reply(&sim, call);
        assert_eq!(reply.payload().as_str(), payload);
        assert!(reply.payload().decode::<Value>().is_err());
        assert!(matches!(reply.clone().into_payload::<f64>(), Err(Replied::Undecodable { .. })));
        assert_works(&mut sim);
    }
}

#[test]
fn a_payload_that_no_json_value_can_hold_settles_the_call() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    for payload in ["\"\\ud800\"", "1e400", &deep] {
        let mut sim = connected();
        sim.server.on("odd", Answer::raw(format!(r#"{{"uuid": "$uuid", "payload": {payload}, "status": 200}}"#)));
        let call = call(&mut sim, "odd");
        sim.drive();
        assert_eq!(reply(&sim, call).payload().as_str(), payload);
        assert!(reply(&sim, call).payload().decode::<Value>().is_err());
        assert_eq!(sim.notices().count(), 0);
    }
}

#[test]
fn nesting_a_hundred_thousand_deep_settles_the_call() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let mut sim = connected();
    let frame = format!(r#"{{"headers": {deep}, "x": {deep}, "payload": {deep}, "uuid": "$uuid", "status": 200}}"#);
    sim.server.on("deep", Answer::raw(frame));
    let call = call(&mut sim, "deep");
    sim.push("[".repeat(100_000));
    sim.push("{\"a\":".repeat(100_000));
    sim.drive();
    assert!(reply(&sim, call).payload().decode::<Value>().is_err());
    assert_works(&mut sim);
}

#[test]
fn a_reply_that_is_too_large_settles_its_call_and_the_link_lives() {
    let mut sim = connected_with(config(|c| c.max_message_size(1_000)));
    let big = "x".repeat(1_000);
    sim.server.on("big", Answer::raw(format!(r#"{{"payload": "{big}", "uuid": "$uuid", "status": 200}}"#)));
    let call = call(&mut sim, "big");
    sim.push(format!(r#"{{"route": "news", "payload": "{big}"}}"#));
    sim.drive();
    assert!(matches!(error(&sim, call), CallError::Replied(Replied::TooLarge { size: 1_001.., limit: 1_000 })));
    assert_eq!(sim.pushes().count(), 0);
    let too_large = |notice: &Notice| matches!(notice, Notice::TooLarge { limit: 1_000, .. });
    assert_eq!(sim.notices().filter(|notice| too_large(notice)).count(), 2);
    assert_works(&mut sim);
}

#[test]
fn a_message_of_exactly_the_greatest_size_is_taken() {
    let frame = format!(r#"{{"route": "news", "payload": "{}"}}"#, "x".repeat(200));
    let mut sim = connected_with(config(|c| c.max_message_size(frame.len())));
    sim.push(frame.clone());
    sim.push(frame + " ");
    sim.drive();
    assert_eq!((sim.pushes().count(), sim.notices().count()), (1, 1));
}

#[test]
fn a_reply_of_2_mb_as_uvicorn_sends_it_is_a_reply() {
    let mut sim = connected();
    sim.server.on("big", Answer::ok("x".repeat(2_000_000).into()));
    let call = call(&mut sim, "big");
    sim.drive();
    assert_eq!(reply(&sim, call).payload().as_str().len(), 2_000_002);
}

#[test]
fn a_frame_of_50_mb_settles_its_call_and_the_next_one_works() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    let call = hand.call("big");
    let big = "x".repeat(50_000_000);
    let uuid = hand.uuid();
    hand.text(link, format!(r#"{{"payload": "{big}", "uuid": "{uuid}", "status": 200}}"#));
    let (settled, outcome) = hand.settled();
    assert_eq!(settled, call);
    assert!(matches!(outcome, Err(CallError::Replied(Replied::TooLarge { size: 50_000_000.., .. }))));
    hand.text(link, big);
    assert!(matches!(hand.notices()[..], [(Notice::TooLarge { .. }, 2), (Notice::Malformed { .. }, 1)]));
    hand.call("echo");
    let uuid = hand.uuid();
    hand.text(link, crate::support::frame(&uuid, 200));
    assert!(hand.settled().1.is_ok());
}

#[test]
fn a_binary_frame_is_a_notice() {
    let mut sim = connected();
    sim.push_binary(3);
    sim.push_binary(0);
    sim.drive();
    assert_eq!(sim.notices().cloned().collect::<Vec<_>>(), [Notice::Binary { size: 3 }, Notice::Binary { size: 0 }]);
    assert_works(&mut sim);
}

#[test]
fn of_duplicate_keys_the_last_counts_and_foreign_keys_are_skipped() {
    let mut sim = connected();
    let frame = r#"{"x": {"uuid": 1}, "uuid": "a", "status": 500, "uuid": "$uuid", "status": 200, "UUID": "b"}"#;
    sim.server.on("twice", Answer::raw(frame));
    let call = call(&mut sim, "twice");
    sim.drive();
    assert!(reply(&sim, call).is_success());
}

#[test]
fn an_error_says_what_was_expected_and_does_not_repeat_the_payload() {
    let mut sim = connected();
    sim.server.on("text", Answer::ok("\u{e9}, expected you ".repeat(100_000).into()));
    let call = call(&mut sim, "text");
    sim.drive();
    let error = reply(&sim, call).payload().decode::<u8>().unwrap_err().to_string();
    assert!(error.starts_with("expected u8 at line 1 column ") && error.chars().count() < 50, "{error}");
}
