//! What is on the wire.

use std::collections::BTreeSet;

use leptos_socket_core::{Headers, Input, Message, Route, SocketConfig, StatusCode, Transmit};
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{ByHand, config, defaults, endpoint};

/// The frame of one message, its uuid replaced by `u`.
#[track_caller]
fn wire<P: Serialize>(config: SocketConfig, message: &Message<P>) -> String {
    let (mut hand, _) = ByHand::open(config);
    hand.transmits();
    hand.client.call(hand.now, message).unwrap();
    let transmits = hand.transmits();
    let [Transmit::Send { text, .. }] = &transmits[..] else { panic!("{transmits:?}") };
    let uuid = serde_json::from_str::<Value>(text).unwrap()["uuid"].as_str().unwrap().to_owned();
    text.replace(&uuid, "u")
}

#[test]
fn a_message_has_all_five_keys_that_the_backends_demand() {
    let message = Message::new("sayHello", json!({ "name": "Alireza" })).header("token", "XYZ");
    let expected =
        r#"{"uuid":"u","route":"sayHello","payload":{"name":"Alireza"},"status":200,"headers":{"token":"XYZ"}}"#;
    assert_eq!(wire(defaults(), &message), expected);
}

#[test]
fn a_message_without_headers_and_payload_has_them_all_the_same() {
    let message = Message::new("now", ()).with_status(StatusCode::PENDING);
    let expected = r#"{"uuid":"u","route":"now","payload":null,"status":402,"headers":{}}"#;
    assert_eq!(wire(defaults(), &message), expected);
}

#[test]
fn global_headers_are_merged_under_a_messages_own() {
    let global = Headers::new().with("apiKey", "123").with("lang", "en").with("n", 1);
    let message = Message::new("r", json!(0)).header("lang", "fa").header("own", json!({ "a": [null] }));
    let expected = r#"{"uuid":"u","route":"r","payload":0,"status":200,"headers":{"apiKey":"123","n":1,"lang":"fa","own":{"a":[null]}}}"#;
    assert_eq!(wire(config(|c| c.global_headers(global)), &message), expected);
}

#[test]
fn a_typed_route_is_its_own_payload() {
    #[derive(Serialize)]
    struct Add {
        a: u8,
        b: u8,
    }
    impl Route for Add {
        const ROUTE: &'static str = "math/add";
        type Response = u8;
    }
    let expected = r#"{"uuid":"u","route":"math/add","payload":{"a":1,"b":2},"status":200,"headers":{}}"#;
    assert_eq!(wire(defaults(), &Message::from(Add { a: 1, b: 2 })), expected);
}

#[test]
fn text_is_escaped_where_json_wants_it() {
    let message = Message::new("say \"hi\"", json!("h\u{e9}llo \u{2028} \u{1f600} \u{0}"));
    let expected = "{\"uuid\":\"u\",\"route\":\"say \\\"hi\\\"\",\"payload\":\"h\u{e9}llo \u{2028} \u{1f600} \\u0000\",\"status\":200,\"headers\":{}}";
    assert_eq!(wire(defaults(), &message), expected);
}

#[test]
fn a_ping_is_a_message_with_all_five_keys_and_the_global_headers() {
    let (mut hand, _) = ByHand::open(config(|c| c.global_headers(Headers::new().with("token", "XYZ"))));
    let frames = hand.frames();
    assert_eq!(frames.len(), 1);
    let mut ping = frames[0].clone();
    assert_uuid(ping["uuid"].as_str().unwrap());
    ping["uuid"] = json!("u");
    let expected = json!({"uuid": "u", "route": "PING", "headers": {"token": "XYZ"}, "payload": {}, "status": 200});
    assert_eq!(ping, expected);
}

#[test]
fn every_uuid_is_v4_in_lower_case_and_used_once() {
    let (mut hand, link) = ByHand::open(defaults());
    let mut frames = Vec::new();
    for _ in 0..1_000 {
        hand.call("echo");
        hand.client.send(hand.now, &Message::new("news", ())).unwrap();
        frames.extend(hand.frames());
        // An answered ping makes way for the next.
        hand.input(link, Input::Text("{}".into()));
        hand.pass(defaults().heartbeat_rate());
    }
    frames.extend(hand.frames());
    let uuids: BTreeSet<_> = frames.iter().map(|frame| frame["uuid"].as_str().unwrap()).collect();
    assert_eq!((frames.len(), uuids.len()), (3_001, 3_001));
    uuids.into_iter().for_each(assert_uuid);
}

#[track_caller]
fn assert_uuid(text: &str) {
    let mut shape = text.bytes().enumerate();
    let is_v4 = shape.all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'4',
        19 => b"89ab".contains(&byte),
        _ => b"0123456789abcdef".contains(&byte),
    });
    assert!(is_v4 && text.len() == 36, "{text}");
}

#[test]
fn two_clients_share_no_uuid() {
    let uuids = |seed| {
        let mut client = leptos_socket_core::Client::new(defaults(), seed);
        let now = leptos_socket_core::Instant::ZERO;
        client.connect(now);
        let Some(Transmit::Resolve { link }) = client.poll_transmit(now, 0) else { panic!("a new link") };
        client.handle_input(now, link, Input::Resolved(endpoint()));
        assert!(matches!(client.poll_transmit(now, 0), Some(Transmit::Connect { .. })));
        client.handle_input(now, link, Input::Opened);
        for _ in 0..100 {
            client.call(now, &Message::new("echo", ())).unwrap();
        }
        let texts = std::iter::from_fn(|| client.poll_transmit(now, 0));
        texts.map(|transmit| if let Transmit::Send { text, .. } = transmit { text } else { panic!() }).collect()
    };
    let (one, other): (BTreeSet<String>, BTreeSet<String>) = (uuids(1), uuids(2));
    assert!(one.is_disjoint(&other));
}
