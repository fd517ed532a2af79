//! Interceptors, and what `tracing` gets to see.

use crate::support::Start as _;
use leptos::prelude::*;
use leptos_socket::{CallError, CallOptions, Headers, NotSent, Payload};
use serde::{Serialize, Serializer};

use crate::recorder::{react, record, spans, text};
use crate::support::{Log, Page, Runs, SayHello, config, message, millis, outcome, routes, secs, with_effects};

#[test]
fn whatever_is_sent_passes_the_interceptors_in_their_order() {
    let page = Page::new();
    let options =
        page.options().on_request(|message| drop(message.headers_mut().insert("trace", 1))).on_request(|message| {
            let trace = message.headers().get("trace").and_then(|value| value.decode::<u64>().ok()).unwrap();
            message.headers_mut().insert("trace", trace + 1);
            *message.payload_mut() = Payload::encode(&(message.route(), message.payload())).unwrap();
        });
    let socket = page.open_with("app", options);
    let _call = socket.call(SayHello { name: "a" }).start();
    let _reply = socket.send_and_wait(message("b")).start();
    assert!(socket.send(message("c")).is_ok());
    let _sending = socket.send_flushed(message("d")).start();
    assert!(socket.on_response(message("e"), |_| {}).is_ok());
    let sent = page.world.take_sent();
    assert_eq!(routes(&sent), ["sayHello", "b", "c", "d", "e"]);
    assert!(sent.iter().all(|frame| frame["headers"]["trace"] == 2));
    assert_eq!(sent[0]["payload"], serde_json::json!(["sayHello", { "name": "a" }]));
}

#[test]
fn a_reply_passes_the_interceptors_before_the_caller_gets_it() {
    let page = Page::new();
    let log = Log::new();
    let seen = log.clone();
    let options = page
        .options()
        .on_reply(move |call, reply| seen.add((call.route.to_owned(), call.took, reply.payload().to_string())))
        .on_reply(|_, reply| reply.set_payload(Payload::encode(&"changed").unwrap()));
    let socket = page.open_with("app", options);
    let mut call = socket.call(SayHello { name: "a" }).start();
    page.world.advance(millis(5));
    page.world.push("sayHello", "1");
    page.world.reply_to("sayHello", 200, r#""original""#);
    assert_eq!(outcome(&mut call).unwrap().unwrap(), "changed");
    assert_eq!(log.take(), [("sayHello".to_owned(), millis(5), r#""original""#.to_owned())]);
}

#[test]
fn interceptors_see_and_change_the_headers_of_the_call_too_and_a_reply_is_told_what_it_answers() {
    let page = Page::new();
    let log = Log::new();
    let seen = log.clone();
    let options = page
        .options()
        .on_request(|message| {
            let call = message.headers_mut().remove("call");
            message.headers_mut().insert("trace", call);
        })
        .on_reply(move |call, _| seen.add(call.headers.clone()));
    let socket = page.open_with("app", options);
    let _call = socket.call(SayHello { name: "a" }).header("call", 7).start();
    assert_eq!(page.world.take_sent()[0]["headers"], serde_json::json!({ "trace": 7 }));
    let _call = socket.call(SayHello { name: "a" }).header("call", 8).start();
    assert!(page.world.reply_to("sayHello", 200, "null"));
    assert_eq!(log.take(), [Headers::new().with("trace", 8)]);
}

#[test]
fn where_nobody_sees_requests_a_reply_is_told_what_it_answers_all_the_same() {
    let page = Page::new();
    let log = Log::new();
    let seen = log.clone();
    let socket = page.open_with("app", page.options().on_reply(move |call, _| seen.add(call.headers.clone())));
    let options = CallOptions::new().header("call", 1).header("both", 1);
    let _call = socket.send_and_wait(message("a").header("message", 2).header("both", 2).with_options(options)).start();
    assert!(page.world.reply_to("a", 200, "null"));
    assert_eq!(log.take(), [Headers::new().with("call", 1).with("both", 1).with("message", 2)]);
}

#[test]
fn an_effect_that_sends_does_not_run_again_for_what_an_interceptor_reads() {
    with_effects(async || {
        let page = Page::new();
        let token = RwSignal::new(1);
        let options =
            page.options().on_request(move |message| drop(message.headers_mut().insert("token", token.get())));
        let socket = page.open_with("app", options);
        let runs = Runs::of(move || drop(socket.send(message("hi"))));
        assert_eq!(runs.take().await, 1);
        token.set(2);
        assert_eq!(runs.take().await, 0);
    });
}

#[test]
fn a_payload_that_does_not_serialise_is_refused_with_interceptors_too() {
    struct Broken;

    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("broken"))
        }
    }

    let page = Page::new();
    let socket = page.open_with("app", page.options().on_request(|_| {}));
    let mut call = socket.send_and_wait(leptos_socket::Message::new("hi", Broken)).start();
    assert!(matches!(outcome(&mut call), Some(Err(CallError::NotSent(NotSent::Unserialisable(_))))));
}

#[test]
fn a_call_is_a_span_with_its_route_uuid_duration_and_outcome() {
    record();
    let page = Page::new();
    let socket = page.open("app");
    let call = socket.call(SayHello { name: "a" }).start();
    page.world.advance(millis(20));
    let uuid = page.world.take_sent()[0]["uuid"].as_str().unwrap().to_owned();
    page.world.receive(format!(r#"{{"uuid":"{uuid}","status":404,"payload":null}}"#));
    drop(call);
    drop(socket.send_and_wait(message("dropped")).start());
    let _lost = socket.send_and_wait(message("lost")).start();
    page.world.close(4001);

    let calls = spans("call");
    assert_eq!(calls[0]["route"], "sayHello");
    assert_eq!(calls[0]["uuid"], uuid);
    assert_eq!((&*calls[0]["status"], &*calls[0]["outcome"], &*calls[0]["duration_ms"]), ("404", "failure", "20"));
    assert_eq!(calls[1]["outcome"], "cancelled");
    assert_eq!(calls[2]["outcome"], "outcome unknown");
    let links = spans("link");
    assert_eq!((&*links[0]["socket"], &*links[0]["code"]), ("app", "4001"));
}

/// As one does that sends its log over the socket.
#[test]
fn a_subscriber_may_send() {
    record();
    let page = Page::new();
    let socket = page.open("app");
    react(move || drop(socket.send(message("log"))));
    let mut call = socket.send_and_wait(message("hi")).start();
    assert_eq!(routes(&page.world.take_sent()), ["hi", "log"]);
    page.world.close(4001);
    assert!(outcome(&mut call).unwrap().is_err());
}

#[test]
fn no_secret_is_in_any_span_or_event() {
    record();
    let page = Page::new();
    let config = config(|config| config.global_headers(Headers::new().with("token", "s3cret")));
    let options = page.options().config(config);
    let socket = page.sockets.add_socket("app", "ws://me:s3cret@server/?token=s3cret", options).unwrap();
    page.world.accept();
    let _call = socket.send_and_wait(leptos_socket::Message::new("hi", "s3cret").header("own", "s3cret")).start();
    page.world.reply_to("hi", 500, r#""s3cret""#);
    page.world.close(1006);
    page.world.advance(secs(3));
    let all = text();
    assert!(!all.contains("s3cret") && all.contains("ws://server/"), "{all}");
}
