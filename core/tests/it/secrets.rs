//! Header values and payloads never show: not in `Debug`, not in an error, not in a notice.

use leptos_socket_core::sim::Answer;
use leptos_socket_core::{HeaderValue, Headers, Input, Message, Payload, SocketConfig};
use serde_json::json;

use crate::support::{ByHand, config, secs};

const SECRET: &str = "s3cret";

#[track_caller]
fn assert_hidden(shown: String) {
    assert!(!shown.contains(SECRET), "{shown}");
}

fn secretive() -> SocketConfig {
    config(|c| c.global_headers(Headers::new().with("token", SECRET)).max_request_size(500).queue_capacity(3))
}

fn message() -> Message {
    Message::new("echo", json!({ "password": SECRET })).header("own", SECRET)
}

#[test]
fn a_client_shows_no_secret_whatever_it_holds() {
    let mut hand = ByHand::new(secretive());
    hand.client.call(hand.now, &message()).unwrap();
    assert_hidden(format!("{:?} {:#?}", hand.client, hand.client));
    hand.client.connect(hand.now);
    let link = hand.link();
    hand.input(link, Input::Opened);
    hand.fire();
    hand.client.call(hand.now, &message()).unwrap();
    hand.text(link, format!(r#"{{"route": "news", "headers": {{"token": "{SECRET}"}}, "payload": "{SECRET}"}}"#));
    assert_hidden(format!("{:?} {:#?}", hand.client, hand.client));
    hand.client.close(hand.now);
    assert_hidden(format!("{:?} {:#?}", hand.client, hand.client));
}

#[test]
fn no_transmit_and_no_input_shows_a_secret() {
    let (mut hand, _) = ByHand::open(secretive());
    hand.client.call(hand.now, &message()).unwrap();
    let transmits = hand.transmits();
    assert_eq!(transmits.len(), 2);
    assert_hidden(format!("{transmits:?}"));
    let input = Input::Text(format!(r#"{{"headers": {{"token": "{SECRET}"}}}}"#));
    assert_hidden(format!("{input:?}"));
    assert_eq!(format!("{input:?}"), "Text(32 bytes)");
}

#[test]
fn no_event_shows_a_secret_that_a_server_echoes() {
    let mut sim = leptos_socket_core::sim::Sim::connected(secretive(), 1);
    let echoed =
        format!(r#"{{"uuid": "$uuid", "headers": {{"token": "{SECRET}"}}, "payload": "{SECRET}", "status": 403}}"#);
    sim.server.on("echo", Answer::raw(echoed.clone()).times(2));
    let call = sim.call(&message()).unwrap();
    sim.push(echoed);
    sim.push(format!(r#"{{"headers": "{SECRET}"}}"#));
    sim.push(format!(r#"["{SECRET}"]"#));
    sim.push(format!(r#""{SECRET}""#));
    sim.push(format!(r#"{{"headers": {{"token": "{SECRET}"}}, {SECRET}"#));
    sim.drive();
    let reply = sim.outcome(call).unwrap().as_ref().unwrap();
    assert!(format!("{reply:?}").contains("token"), "names do show");
    let error = reply.clone().into_payload::<u8>().unwrap_err();
    assert_hidden(format!("{:?} {error} {error:?}", sim.history()));
    sim.notices().for_each(|notice| assert_hidden(notice.to_string()));
}

#[test]
fn no_payload_of_another_type_than_expected_is_repeated() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "it is never made")]
    struct Session {
        token: u64,
    }

    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "it is never made")]
    enum Answer {
        Yes,
    }

    let payload = |json: String| Payload::from_json(&json).unwrap();
    let session = |json: String| payload(json).decode::<Session>().unwrap_err();
    let errors = [
        session(format!(r#""{SECRET}""#)),
        session(format!(r#"{{"token": "{SECRET}"}}"#)),
        session(format!(r#"{{"token": "{SECRET}, expected {SECRET}"}}"#)),
        session(format!(r#"{{"{SECRET}": 1}}"#)),
        session(format!(r#"{{"token": 1.5, "a": "{SECRET}"}}"#)),
        payload(format!(r#""{SECRET}""#)).decode::<Answer>().unwrap_err(),
        payload(format!(r#"{{"{SECRET}": null}}"#)).decode::<Answer>().unwrap_err(),
        HeaderValue::from(SECRET).decode::<bool>().unwrap_err(),
    ];
    for error in errors {
        assert!(error.to_string().starts_with("expected "), "{error}");
        assert_hidden(format!("{error} {error:?}"));
    }
}

#[test]
fn no_error_shows_a_secret() {
    let mut hand = ByHand::new(secretive());
    let big = Message::new("echo", SECRET.repeat(200)).header("own", SECRET);
    let error = hand.client.call(hand.now, &big).unwrap_err();
    assert_hidden(format!("{error} {error:?}"));
    for _ in 0..3 {
        hand.client.call(hand.now, &message()).unwrap();
    }
    let error = hand.client.call(hand.now, &message()).unwrap_err();
    assert_hidden(format!("{error} {error:?}"));
    hand.pass(secs(60));
    let events = hand.events();
    assert_eq!(events.len(), 3);
    assert_hidden(format!("{events:?}"));
}

#[test]
fn no_config_and_no_message_shows_a_secret() {
    assert_hidden(format!("{:?} {:?}", secretive(), message()));
    let builder = SocketConfig::builder().global_headers(Headers::new().with("token", SECRET));
    assert_hidden(format!("{builder:?}"));
    let json = format!(r#"{{"globalHeaders": {{"token": "{SECRET}"}}, "requestTimeout": 0}}"#);
    assert_hidden(serde_json::from_str::<SocketConfig>(&json).unwrap_err().to_string());
}
