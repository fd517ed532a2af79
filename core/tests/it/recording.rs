//! A trace is played again with the same outputs, holds no secrets, and is bounded; a text that is not a trace is an error.

use leptos_socket_core::record::{Output, Recorder, Replay, Step, Trace, TraceError, replay};
use leptos_socket_core::sim::{Answer, Sim};
use leptos_socket_core::{
    Client, CloseCode, Endpoint, Event, Headers, Hint, Input, Instant, Message, SocketConfig, StatusCode, Transmit,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::model::{Op, World, any_ops, cases};
use crate::support::{millis, secs};

const SECRET: &str = "h1dden-s3cret";

fn minute() -> Recorder {
    Recorder::new(secs(60))
}

fn played(trace: &Trace) -> Replay {
    replay(&trace.to_string()).unwrap()
}

/// The client after the whole trace, in which nothing differs.
#[track_caller]
fn assert_same(trace: &Trace) -> Client {
    let mut replay = played(trace);
    for (nth, step) in replay.by_ref().enumerate() {
        assert!(step.is_same(), "step {nth} at {} differs: {step}", step.at());
    }
    replay.into_clients().remove(0)
}

/// The state without secrets, as a recording begins with it.
fn state(mut client: Client) -> Trace {
    client.record(Instant::ZERO, minute());
    client.trace().unwrap()
}

/// Short windows, so that most traces begin with a checkpoint in the middle.
fn any_recorder() -> impl Strategy<Value = Recorder> {
    let sizes = prop::sample::select(vec![500_usize, 5_000, 1 << 20]);
    (1_u64..20_000, sizes, any::<bool>())
        .prop_map(|(last, max_bytes, payloads)| Recorder::new(millis(last)).max_bytes(max_bytes).payloads(payloads))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn whatever_happens_a_replay_is_the_same_from_any_checkpoint_on(
        ops in any_ops(),
        variant in 0_usize..30,
        since in 0_usize..60,
        recorder in any_recorder(),
    ) {
        let mut world = World::new(variant);
        let since = since.min(ops.len());
        world.run_all(&ops[..since]);
        let now = world.now;
        world.client.record(now, recorder);
        world.run_all(&ops[since..]);
        let trace = world.client.trace().unwrap();
        let replayed = assert_same(&trace);
        prop_assert_eq!(state(replayed), state(world.client));
    }

    #[test]
    fn what_is_not_a_trace_is_an_error_and_what_looks_like_one_does_no_harm(
        ops in any_ops(),
        variant in 0_usize..30,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..CHANGES.len()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut world = World::new(variant);
        world.client.record(Instant::ZERO, Recorder::new(millis(3_000)));
        world.run_all(&ops);
        let json = world.client.trace().unwrap().to_string();
        let half = json.get(..cut.index(json.len())).unwrap_or_default();
        prop_assert!(replay(half).is_err());

        let mut trace: Value = serde_json::from_str(&json).unwrap();
        for (place, change) in changes {
            let mut left = place.index(count(&trace));
            change_nth(&mut trace, &mut left, CHANGES[change]);
        }
        if let Ok(mut replay) = replay(&trace.to_string()) {
            replay.by_ref().for_each(|step| drop(step.to_string()));
            for mut client in replay.into_clients() {
                client.handle_timeout(Instant::from_millis(1 << 50));
                client.leave(Instant::END);
                while client.poll_transmit(Instant::END, 0).is_some() {}
            }
        }
    }
}

/// What a value becomes. `null` removes it.
const CHANGES: [&str; 12] = [
    "null",
    "0",
    "1",
    "-1",
    "7",
    "4294967295",
    "2147483647",
    "18446744073709551615",
    "1000000",
    "\"x\"",
    "[]",
    "\"queued\"",
];

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

fn change_nth(value: &mut Value, left: &mut usize, to: &str) {
    if *left == 0 {
        *value = serde_json::from_str(to).unwrap();
        *left = usize::MAX;
        return;
    }
    *left -= 1;
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| change_nth(value, left, to)),
        Value::Object(fields) => fields.values_mut().for_each(|value| change_nth(value, left, to)),
        _ => {}
    }
}

#[test]
fn a_text_that_is_not_a_trace_is_an_error_that_says_why() {
    for text in [
        "",
        "{",
        "[]",
        "7",
        "null",
        "{}",
        r#"{"version": "1"}"#,
        r#"{"version": 1}"#,
        r#"{"version": 1, "clients": [{}]}"#,
    ] {
        assert!(matches!(replay(text), Err(TraceError::Unreadable(_))), "{text}");
    }
    let mut client = Client::new(SocketConfig::default(), 1);
    client.record(Instant::ZERO, minute());
    client.connect(Instant::ZERO);
    let json = client.trace().unwrap().to_string();
    let newer = json.replace(r#""version":1"#, r#""version":2"#);
    assert_eq!(replay(&newer).unwrap_err(), TraceError::Version(2));
    let huge = json.replace(r#""connect""#, r#"{"unreadablePush":["a",9000000000]}"#);
    assert_eq!(replay(&huge).unwrap_err(), TraceError::TooLarge);
    let zero = json.replace(r#""backoffBase":1000000000"#, r#""backoffBase":0"#);
    assert!(matches!(replay(&zero).unwrap_err(), TraceError::Impossible(_)));
}

/// Logs in, is refused, refreshes, is pushed to, loses its link, sends again, and is answered wrongly.
fn secretive(recorder: Recorder) -> Sim {
    let headers = Headers::new().with("token", SECRET);
    let config = SocketConfig::builder().global_headers(headers.clone()).build().unwrap();
    let mut sim = Sim::new(config, 7);
    sim.with_client(|client, now| {
        client.record(now, recorder);
        client.refresh_on_unauthorized(true);
    });
    sim.connect();
    sim.drive();
    let echoed = |status: u16| {
        format!(r#"{{"uuid": "$uuid", "headers": {{"token": "{SECRET}"}}, "payload": "{SECRET}", "status": {status}}}"#)
    };
    sim.server.on("logIn", Answer::raw(echoed(200)));
    sim.server.on("orders", Answer::raw(echoed(401)));
    let secret = |route: &str| Message::new(route, json!({ "password": SECRET })).header("own", SECRET);
    sim.call(&secret("logIn").anonymous()).unwrap();
    sim.call(&secret("orders").idempotent(true)).unwrap();
    sim.drive();
    sim.server.on("orders", Answer::raw(echoed(200)));
    sim.with_client(|client, now| client.handle_refreshed(now, 1, Some(Headers::new().with("token", SECRET))));
    for text in [
        "[S]",
        r#"{"S": "S", "route": "S2"}"#,
        r#"{"uuid": {"S": 1}, "payload": [NaN, "S"]}"#,
        r#"{"status": "S"}"#,
        r#"{"headers": "S"}"#,
        r#""S""#,
        "S",
        r#"{"payload": "S" "S""#,
    ] {
        sim.push(text.replace("S2", "news").replace('S', SECRET));
    }
    sim.drive();
    sim.with_client(|client, _| {
        let error = leptos_socket_core::Payload::encode(SECRET).unwrap().decode::<u32>().unwrap_err();
        client.report_unreadable_push("news", error);
        client.set_global_headers(headers.with("locale", SECRET));
    });
    sim.call(&secret("orders").idempotent(true)).unwrap();
    sim.send(&secret("log")).unwrap();
    sim.cut_link();
    sim.advance(secs(200));
    sim
}

#[test]
fn no_trace_has_a_payload_or_the_value_of_a_header() {
    for last in [1, 20, 1_000] {
        let mut sim = secretive(Recorder::new(secs(last)));
        let trace = sim.with_client(|client, _| client.trace().unwrap());
        assert!(!trace.to_string().contains(SECRET));
        assert_same(&trace);
    }
}

#[test]
fn payloads_are_recorded_if_they_are_asked_for_and_headers_never_are() {
    let mut sim = secretive(Recorder::new(secs(1_000)).payloads(true));
    let json = sim.with_client(|client, _| client.trace().unwrap().to_string());
    let payload = format!(r#"{{"password":"{SECRET}"}}"#);
    assert!(json.contains(&serde_json::to_string(&payload).unwrap()));
    let sent = replay(&json).unwrap().flat_map(|step| step.outputs().to_vec()).filter_map(|output| match output {
        Output::Transmit(Transmit::Send { text, message: Some(_), .. }) => Some(text),
        _ => None,
    });
    let sent: Vec<_> = sent.collect();
    assert!(!sent.is_empty() && sent.iter().all(|text| text.contains(&payload)));
    let value = |name: &str| format!(r#""{name}":"{SECRET}""#);
    assert!(sent.iter().all(|text| !text.contains(&value("token")) && !text.contains(&value("own"))));
    let without_payloads = json
        .replace(&serde_json::to_string(&payload).unwrap(), "")
        .replace(&serde_json::to_string(&format!("\"{SECRET}\"")).unwrap(), "");
    assert!(!without_payloads.contains(&value("token")) && !without_payloads.contains(&value("own")));
}

#[test]
fn no_trace_has_the_query_of_a_url() {
    let mut client = Client::new(SocketConfig::default(), 1);
    client.record(Instant::ZERO, minute());
    client.connect(Instant::ZERO);
    let Some(Transmit::Resolve { link }) = client.poll_transmit(Instant::ZERO, 0) else { panic!("a link is wanted") };
    let endpoint =
        Endpoint::parse(&format!("wss://me:{SECRET}@example.com/ws/?token={SECRET}")).unwrap().protocol(SECRET);
    client.handle_input(Instant::ZERO, link, Input::Resolved(endpoint.clone()));
    // With the address in the checkpoint, too.
    for trace in [client.trace().unwrap(), state(client)].map(|trace| trace.at(&endpoint)) {
        let json = trace.to_string();
        assert!(json.contains("wss://example.com/ws/") && !json.contains(SECRET), "{json}");
        assert_eq!(played(&trace).place(0), Some("wss://example.com/ws/"));
    }
}

#[test]
fn a_recording_is_bounded_in_time_and_in_bytes() {
    let mut sim = Sim::connected(SocketConfig::default(), 7);
    sim.server.on("echo", Answer::echo());
    let recorded = |sim: &mut Sim| sim.with_client(|client, _| client.trace().unwrap());
    sim.with_client(|client, now| client.record(now, minute().max_bytes(20_000)));
    for nth in 0..2_000 {
        sim.call(&Message::new("echo", "x".repeat(nth))).unwrap();
        sim.drive();
    }
    let trace = recorded(&mut sim);
    assert!(trace.to_string().len() < 24_000, "{}", trace.to_string().len());
    assert_same(&trace);

    sim.with_client(|client, now| client.record(now, minute()));
    for _ in 0..600 {
        sim.call(&Message::new("echo", 1)).unwrap();
        sim.advance(secs(1));
    }
    let trace = recorded(&mut sim);
    let times: Vec<_> = played(&trace).map(|step| step.at()).collect();
    let span = *times.last().unwrap() - times[0];
    assert!(span >= secs(60) && span <= secs(121), "{span:?}");
    assert_same(&trace);
}

#[test]
fn without_a_recorder_nothing_is_kept() {
    let mut client = Client::new(SocketConfig::default(), 1);
    client.connect(Instant::ZERO);
    assert_eq!(client.trace(), None);
    client.record(Instant::ZERO, minute());
    client.close(Instant::ZERO);
    assert!(client.stop_recording().is_some_and(|trace| played(&trace).count() == 1));
    assert_eq!(client.trace(), None);
}

#[test]
fn a_replay_that_differs_says_where() {
    let mut client = Client::new(SocketConfig::default(), 1);
    client.record(Instant::ZERO, minute());
    client.connect(Instant::ZERO);
    client.close(Instant::from_millis(1));
    let json = client.trace().unwrap().to_string();
    let same = |json: String| replay(&json).unwrap().map(|step| step.is_same()).collect::<Vec<_>>();
    assert_eq!(same(json.replace(r#","connect","#, r#","signOut","#)), [false, false]);
    assert_eq!(same(json.replace(r#","close","#, r#","leave","#)), [true, false]);
    assert_eq!(same(json), [true, true]);
}

#[test]
fn the_traces_of_several_clients_are_one_document_in_the_order_of_time() {
    let traces = [3, 1, 2].map(|seed| {
        let mut client = Client::new(SocketConfig::default(), seed);
        client.record(Instant::ZERO, minute());
        client.connect(Instant::from_millis(seed));
        client.close(Instant::from_millis(10 + seed));
        client.trace().unwrap()
    });
    let all: Trace = traces.into_iter().collect();
    let replay = replay(&serde_json::to_string(&all).unwrap()).unwrap();
    assert_eq!(replay.clients(), 3);
    let order: Vec<_> = replay.map(|step| (step.at(), step.client())).collect();
    assert_eq!(order.iter().map(|(_, client)| *client).collect::<Vec<_>>(), [1, 2, 0, 1, 2, 0]);
    assert!(order.is_sorted_by_key(|(at, _)| *at));
}

/// What the example prints of it, without its end of the line.
fn told(json: &str) -> String {
    let steps = replay(json).unwrap().filter(|step| !step.is_quiet());
    steps.map(|step: Step| format!("{} {step}\n", step.at())).collect()
}

/// The trace of a socket that meets most of what there is. `WRITE_TRACE=1` writes it anew, after a change of the format.
#[test]
fn a_committed_trace_is_played_as_when_it_was_recorded() {
    let (json, words) = (include_str!("../data/trace.json"), include_str!("../data/trace.txt"));
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("WRITE_TRACE").is_some() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let json = eventful().to_string();
        std::fs::write(folder.join("trace.txt"), told(&json)).unwrap();
        std::fs::write(folder.join("trace.json"), json + "\n").unwrap();
        return;
    }
    assert!(replay(json).unwrap().all(|step| step.is_same()));
    assert_eq!(told(json), words);
}

fn eventful() -> Trace {
    let mut sim = secretive(Recorder::new(secs(1_000)));
    sim.hint(Hint::Offline);
    sim.push_binary(9);
    sim.hint(Hint::Online);
    sim.server.on("slow", Answer::nothing());
    sim.call(&Message::new("slow", ())).unwrap();
    let cancelled = sim.call(&Message::new("slow", ())).unwrap();
    sim.drive();
    sim.cancel(cancelled);
    sim.advance(secs(31));
    sim.server.on("missing", Answer::status(StatusCode::NOT_FOUND, json!("no such thing")));
    sim.call(&Message::new("missing", ())).unwrap();
    sim.send(&Message::new("big", "x".repeat(2 << 20))).unwrap_err();
    sim.drive();
    sim.server_close(CloseCode::RESTARTING);
    sim.advance(secs(5));
    sim.with_client(|client, now| client.leave(now));
    sim.advance(secs(5));
    sim.with_client(|client, _| client.trace().unwrap())
}

/// The model knows no such ops.
#[test]
fn what_the_app_does_with_an_unusable_client_is_recorded_too() {
    let mut world = World::new(1);
    world.client.record(Instant::ZERO, minute());
    world.run_all(&[Op::Connect, Op::Resolved(0), Op::Opened(0)]);
    let now = world.now;
    world.client.reject(now, leptos_socket_core::CloseReason::InvalidConfig);
    world.client.set_anonymous_headers(Headers::new().with("locale", "fa"));
    assert_same(&world.client.trace().unwrap());
    let closed = |step: &Step| {
        step.outputs()
            .iter()
            .any(|output| matches!(output, Output::Event(Event::StateChanged(state)) if state.is_closed()))
    };
    assert!(played(&world.client.trace().unwrap()).any(|step| closed(&step)));
}
