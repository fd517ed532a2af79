//! Any bytes as a text frame from a server, to an open client with calls in flight: no panic, the link stays, each call is
//! settled once, and the next one works.
//!
//! `u-1`, `u-2` and `u-3` in a frame stand for the uuids of the calls, as in `core/tests/data/wire-vectors.json`.

#![no_main]

use leptos_socket_core::{
    CallId, CallOptions, Client, Endpoint, Event, Input, Instant, LinkId, Message, SocketConfig, Transmit,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const NOW: Instant = Instant::from_millis(1_000);

fuzz_target!(|bytes: &[u8]| {
    // A browser hands over no text that is not UTF-8.
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    let (mut client, link) = open();
    let mut awaited: Vec<_> = (0..3).map(|n| call(&mut client, n == 2)).collect();
    for (n, (_, uuid)) in awaited.iter().enumerate() {
        text = text.replace(&format!("u-{}", n + 1), uuid);
    }

    // Twice: the second answer to a call is for nobody.
    for _ in 0..2 {
        client.handle_input(NOW, link, Input::Text(text.clone()));
        while let Some(event) = client.poll_event() {
            look_at(event, &mut awaited);
        }
        assert_eq!(client.in_flight(), awaited.len());
    }

    assert!(client.state().is_open());
    assert!(client.poll_transmit(NOW, 0).is_none(), "a frame makes a client send nothing");
    let (next, uuid) = call(&mut client, false);
    client.handle_input(NOW, link, Input::Text(format!(r#"{{"uuid": "{uuid}", "payload": 1, "status": 200}}"#)));
    let settled = client.poll_event();
    assert!(matches!(settled, Some(Event::Settled { call, outcome: Ok(_) }) if call == next));
});

fn open() -> (Client, LinkId) {
    let config = SocketConfig::builder().max_message_size(1_024).build().expect("a config");
    let mut client = Client::new(config, 7);
    client.connect(NOW);
    let Some(Transmit::Resolve { link }) = client.poll_transmit(NOW, 0) else { panic!("a link") };
    let endpoint = Endpoint::parse("ws://server/").expect("a URL");
    client.handle_input(NOW, link, Input::Resolved(endpoint));
    while client.poll_transmit(NOW, 0).is_some() {}
    client.handle_input(NOW, link, Input::Opened);
    while client.poll_transmit(NOW, 0).is_some() {}
    while client.poll_event().is_some() {}
    (client, link)
}

fn call(client: &mut Client, idempotent: bool) -> (CallId, String) {
    let message = Message::new("echo", Value::Null);
    let call = client.call(NOW, &message.clone().with_options(CallOptions::new().idempotent(idempotent))).expect("a call");
    let Some(Transmit::Send { text, .. }) = client.poll_transmit(NOW, 0) else { panic!("a frame") };
    let frame: Value = serde_json::from_str(&text).expect("JSON");
    (call, frame["uuid"].as_str().expect("a uuid").to_owned())
}

/// All that an app may do with an event.
fn look_at(event: Event, awaited: &mut Vec<(CallId, String)>) {
    let shown = format!("{event:?}");
    assert!(shown.len() < 10_000, "{} bytes are shown", shown.len());
    match event {
        Event::Settled { call, outcome } => {
            let at = awaited.iter().position(|(awaited, _)| *awaited == call).expect("a call that is not settled");
            awaited.remove(at);
            match outcome {
                Ok(reply) => drop(reply.into_payload::<Value>().map_err(|error| error.to_string())),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        Event::Push(push) => {
            let _ = push.payload().decode::<Value>();
            assert!(push.payload().as_str().len() <= 1_024);
        }
        Event::Notice { notice, count } => assert!(count > 0 && !notice.to_string().is_empty()),
        other => panic!("{other:?}"),
    }
}
