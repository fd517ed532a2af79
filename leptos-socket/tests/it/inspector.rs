//! What an inspector keeps of a socket, and what it never keeps.

use crate::support::Start as _;
use leptos::prelude::*;
use leptos_socket::{Headers, Identity, Inspection, Message, Route, Socket, UseQueryOptions, use_query_with_options};
use leptos_socket_core::Input;
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{Page, bytes_kept, config, message, millis, secs};

const SECRET: &str = "s3cret-value";
const URL: &str = "wss://me:s3cret-value@server/ws/?token=s3cret-value";

#[derive(Serialize, Route)]
#[route("getText", response = String)]
struct GetText {
    card: &'static str,
}

fn exported(inspection: Inspection) -> Value {
    serde_json::from_str(&inspection.export().unwrap()).unwrap()
}

/// Of the list of this name, one field of each.
fn each<'a>(export: &'a Value, list: &str, field: &str) -> Vec<&'a Value> {
    export[list].as_array().unwrap().iter().map(|entry| &entry[field]).collect()
}

fn payload(text: Value) -> Message<Value> {
    Message::new("login", text)
}

#[test]
fn the_life_of_a_call_is_kept() {
    let page = Page::new();
    let socket = page.add("app");
    let inspection = socket.inspection();
    let call = socket.send_and_wait(message("add").timeout(secs(9))).start();
    page.world.advance(millis(300));
    page.world.accept();
    page.world.advance(millis(40));
    assert!(page.world.reply_to("add", 200, "3"));
    let export = exported(inspection);
    let life = &export["calls"][0];
    let [queued, sent, ended] = ["queued_ms", "sent_ms", "ended_ms"].map(|field| life[field].as_u64().unwrap());
    assert_eq!((sent - queued, ended - queued, &life["sent_times"]), (300, 340, &json!(1)));
    assert_eq!((life["deadline_ms"].as_u64().unwrap() - queued, &life["outcome"]), (9_000, &json!("200")));
    assert_eq!(export["replies_ms"]["p50"], 40.0);
    let of_call = export["messages"].as_array().unwrap().iter().filter(|line| line["uuid"] == life["uuid"]);
    let lines: Vec<_> = of_call.map(|line| (&line["kind"], &line["route"], &line["payload"])).collect();
    let (call_kind, reply_kind, route) = (json!("call"), json!("reply"), json!("add"));
    assert_eq!(lines, [(&call_kind, &route, &Value::Null), (&reply_kind, &route, &json!(3))]);
    drop(call);
}

#[test]
fn each_end_of_a_call_is_told_apart() {
    let page = Page::new();
    let socket = page.open("app");
    let inspection = socket.inspection();
    let _timed_out = socket.send_and_wait(message("late").timeout(secs(1))).start();
    drop(socket.send_and_wait(message("cancelled")).start());
    socket.send(message("sent")).unwrap();
    let _refused = socket.send_and_wait(message("refused")).start();
    assert!(page.world.reply_to("refused", 403, "null"));
    page.world.advance(secs(2));
    let _lost = socket.send_and_wait(message("lost")).start();
    page.world.close(1006);
    let export = exported(inspection);
    let outcome = |route: &str| {
        let calls = export["calls"].as_array().unwrap();
        let life = calls.iter().find(|life| life["route"] == route).unwrap();
        life["outcome"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(outcome("late"), "outcome unknown: no reply within 1 s");
    assert_eq!(
        (outcome("cancelled"), outcome("sent"), outcome("refused")),
        ("cancelled".into(), "sent".into(), "403".into())
    );
    assert!(outcome("lost").contains("1006"), "{}", outcome("lost"));
}

#[test]
fn the_states_and_the_gaps_are_kept() {
    let page = Page::new();
    let socket = page.open("app");
    let inspection = socket.inspection();
    page.world.advance(secs(10));
    page.world.close(1006);
    page.world.advance(secs(2));
    page.world.accept();
    page.world.advance(secs(1));
    let export = exported(inspection);
    let states = each(&export, "timeline", "state");
    assert_eq!(states.first(), Some(&&json!("open")));
    assert!(
        states.contains(&&json!("backoff")) && states.ends_with(&[&json!("connecting"), &json!("open")]),
        "{states:?}"
    );
    let gap = &export["gaps"][0];
    assert_eq!(gap[1].as_u64().unwrap() - gap[0].as_u64().unwrap(), 2_000);
    let said: Vec<_> = each(&export, "messages", "text");
    assert!(said.iter().any(|text| text.as_str().is_some_and(|text| text.contains("1006"))), "{said:?}");
}

#[test]
fn no_secret_is_kept_wherever_it_is() {
    let page = Page::new();
    let options = page.options().config(config(|config| config.global_headers(Headers::new().with("auth", SECRET))));
    let socket = page.sockets.add_socket("app", URL, options).unwrap();
    let inspection = socket.inspection();
    page.world.accept();
    let _calls = [
        socket.send_and_wait(payload(json!({ "user": "Ann", "password": SECRET }))).start(),
        socket.send_and_wait(message("refreshToken").header("x-key", SECRET)).start(),
        socket.send_and_wait(message("echo")).start(),
    ];
    page.world.reply_to("login", 200, r#"{"name": "Ann", "accessToken": {"jwt": "s3cret-value"}}"#);
    page.world.reply_to("refreshToken", 200, r#""s3cret-value""#);
    page.world.reply_to("echo", 200, r#"{"headers": "auth=s3cret-value"}"#);
    for frame in [
        r#"{"headers":{"token":"s3cret-value"},"route":"push","payload":{"Api-Key":"s3cret-value","a":NaN}}"#,
        r#"{"headers":"s3cret-value","status":"s3cret-value"}"#,
        "not a message: s3cret-value",
        r#"{"payload": {"ticket": "s3cret-value"#,
    ] {
        page.world.receive(frame);
    }
    page.world.report(Input::Binary(6));
    page.world.close(1006);
    page.world.advance(secs(60));
    let text = inspection.export().unwrap();
    assert!(!text.contains(SECRET), "{text}");
    for kept in ["Ann", "refreshToken", "x-key", "wss://server/ws/", "a binary frame of 6 bytes", "not a message: •••"]
    {
        assert!(text.contains(kept), "{kept} is kept: {text}");
    }
}

#[test]
fn what_one_person_said_is_not_kept_for_the_next() {
    let page = Page::new();
    let who = RwSignal::new(None::<Identity>);
    let socket = page.open_with("app", page.options().identity(who));
    let inspection = socket.inspection();
    let say = |text: &str| {
        socket.send(Message::new("say", json!(text))).unwrap();
        page.world.advance(millis(0));
    };
    let is_kept = |text: &str| inspection.export().unwrap().contains(text);
    say("before the login");
    who.set(Some(Identity::new("ann", Headers::new())));
    page.world.accept();
    say("by Ann");
    assert!(is_kept("before the login") && is_kept("by Ann"));
    who.set(Some(Identity::new("ben", Headers::new())));
    page.world.accept();
    say("by Ben");
    assert!(is_kept("by Ben") && !is_kept("by Ann") && !is_kept("before the login"));
}

#[test]
fn queries_show_their_state_and_users_and_not_what_they_ask() {
    let page = Page::new();
    let socket = page.open("app");
    let inspection = socket.inspection();
    let first = page.component();
    let use_it = || use_query_with_options(socket, || GetText { card: "4111" }, UseQueryOptions::new());
    first.with(use_it);
    let second = page.component();
    second.with(use_it);
    let of = |field: &str| exported(inspection)["queries"][0][field].clone();
    assert_eq!((of("route"), of("users"), of("state")), (json!("getText"), json!(2), json!("loading")));
    assert_eq!(of("asked_bytes"), json!(r#"{"card":"4111"}"#.len()));
    assert!(page.world.reply_to("getText", 200, r#""text""#));
    assert_eq!(of("state"), json!("fresh"));
    second.cleanup();
    assert_eq!(of("users"), json!(1));
    assert!(!exported(inspection)["queries"].to_string().contains("4111"));
    socket.queries().invalidate::<GetText>();
    page.world.advance(millis(1));
    assert_eq!(of("state"), json!("fetching"));
    // The error quotes the payload, which may be a secret.
    assert!(page.world.reply_to("getText", 200, r#"{"iban": "4111"}"#));
    assert_eq!(
        (of("state"), of("error")),
        (json!("error"), json!("the server answered 200, but the payload is unexpected"))
    );
    first.cleanup();
}

fn talk(page: &Page, socket: Socket, times: usize) {
    for n in 0..times {
        page.world.push("tick", &format!(r#"{{"n": {n}, "text": "{}"}}"#, "x".repeat(2_000)));
        drop(socket.send_and_wait(Message::new("ask", json!({ "n": n }))).start());
        drop(page.world.take_sent());
    }
}

#[test]
fn it_keeps_a_bounded_part() {
    let page = Page::new();
    let socket = page.open("app");
    let inspection = socket.inspection();
    talk(&page, socket, 3_000);
    let grown = bytes_kept(|| talk(&page, socket, 1_000));
    assert!(grown < 100_000, "{grown} bytes more");
    let export = exported(inspection);
    assert_eq!(export["messages"].as_array().unwrap().len(), 500);
    assert!(export["messages_dropped"].as_u64().unwrap() > 7_000);
}

#[test]
fn without_an_inspector_nothing_is_kept() {
    let page = Page::new();
    let socket = page.open("app");
    talk(&page, socket, 100);
    assert!(bytes_kept(|| talk(&page, socket, 1_000)) < 10_000);
    assert_eq!(exported(socket.inspection())["messages"], json!([]));
}

#[test]
fn a_socket_that_is_gone_has_nothing_to_export() {
    let page = Page::new();
    let socket = page.open("app");
    let inspection = socket.inspection();
    page.sockets.remove_socket("app");
    assert_eq!(inspection.export(), None);
    page.leave_for_good();
}
