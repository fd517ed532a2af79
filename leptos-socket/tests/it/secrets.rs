//! Header values, the queries of URLs and payloads are secrets: they are shown nowhere.

use crate::support::Start as _;
use std::fmt::Write;

use leptos::prelude::*;
use leptos_socket::{Headers, Message, NotSent, Push, Route, SocketOptions, use_mutation, use_query};
use leptos_socket_core::Input;
use serde::{Deserialize, Serialize};

use crate::recorder::{record, text};
use crate::support::{Log, Page, SayHello, config, millis, outcome, secs};

const SECRET: &str = "s3cret";
const URL: &str = "wss://me:s3cret@server/ws/?token=s3cret";

fn headers() -> Headers {
    Headers::new().with("token", SECRET)
}

fn secret_message() -> Message<&'static str> {
    Message::new("hi", SECRET).header("apiKey", SECRET)
}

#[derive(Clone, Debug, Serialize, Route)]
#[route("getKey", response = String)]
struct GetKey {
    of: &'static str,
}

#[derive(Clone, Debug, Serialize, Route)]
#[route("setKey", response = u32)]
struct SetKey {
    key: &'static str,
}

#[derive(Clone, Debug, Default, Deserialize, Push)]
#[push("tick")]
struct Tick {
    #[serde(rename = "n")]
    _n: u32,
}

fn options(page: &Page) -> SocketOptions {
    page.options().config(config(|config| config.global_headers(headers()).request_timeout(Some(secs(5)))))
}

/// Calls, pushes, odd frames, failures and refusals.
fn live(page: &Page) {
    let socket = page.sockets.add_socket("app", URL, options(page)).unwrap();
    socket.send(secret_message()).unwrap();
    let mut calls = vec![socket.send_and_wait(secret_message()).start()];
    page.world.advance(secs(6));
    page.world.accept();
    page.world.advance(millis(0));
    calls.push(socket.send_and_wait(secret_message()).start());
    let uuid = page.world.take_sent()[0]["uuid"].clone();
    let odd = format!(
        r#"{{"uuid":{uuid},"headers":{{"token":"s3cret"}},"payload":"s3cret","status":"s3cret","route":["s3cret"]}}"#
    );
    for frame in
        [odd.as_str(), &odd, "s3cret", r#"{"headers":"s3cret","payload":NaN}"#, r#"{"headers":{"a":"s3cret"}}"#]
    {
        page.world.receive(frame);
    }
    page.world.report(Input::Binary(6));
    page.world.close(1006);
    socket.send(secret_message()).unwrap();
    page.world.advance(secs(60));
    socket.reconnect();
    page.world.accept();
    page.world.close(1008);
    assert!(matches!(socket.send(secret_message()), Err(NotSent::Closed(_))));
    let _ = page.sockets.add_socket("app", URL, options(page));
    let _ = page.sockets.add_socket("other", "http://server/?token=s3cret", options(page));
    page.sockets.remove_socket("app");
}

/// Queries, changes and typed pushes, and what their `Debug` and their errors say.
fn data(page: &Page) -> String {
    let socket = page.open_with("data", options(page).invalidate_on(|_: &GetKey, _: &Tick| true));
    let query = use_query(socket, || GetKey { of: SECRET });
    let change = use_mutation::<SetKey>(socket);
    let latest = socket.latest::<Tick>();
    let heard = Log::new();
    let entries = heard.clone();
    socket.on_push(move |tick: Tick| entries.add(tick));
    page.world.receive(r#"{"route":"tick","payload":{"n":"s3cret"}}"#);
    page.world.receive(r#"{"route":"tick","payload":{"n":1}}"#);
    assert_eq!(heard.len(), 1, "one of them is a tick");
    let mut shown = String::new();
    for (status, payload) in [(200, r#""s3cret""#), (200, r#"["s3cret"]"#), (500, r#""s3cret""#)] {
        change.dispatch(SetKey { key: SECRET });
        page.world.advance(millis(0));
        // An answer to the fetch before the push, and one to the fetch after it.
        while page.world.reply_to("getKey", status, payload) {}
        assert!(page.world.reply_to("setKey", status, payload));
        page.world.advance(millis(0));
        let errors = (query.error().get_untracked(), change.error().get_untracked());
        write!(shown, "{query:?} {change:?} {latest:?} {errors:?} {:?}", socket.queries()).unwrap();
        query.refetch();
    }
    assert_eq!(query.data().get_untracked().as_deref(), Some(SECRET));
    assert!(shown.contains("Status(") && shown.contains("Undecodable"), "{shown}");
    shown
}

#[test]
fn no_log_at_any_level_shows_a_secret() {
    record();
    let page = Page::new();
    live(&page);
    data(&page);
    page.leave();
    let text = text();
    let parts = ["wss://server/ws/", "message=connecting", "message=open", "message=a message never left"];
    for part in parts.into_iter().chain(["the server did something odd"]) {
        assert!(text.contains(part), "{part} is logged:{text}");
    }
    assert!(!text.contains(SECRET), "{text}");
}

#[test]
fn no_public_type_shows_a_secret() {
    let page = Page::new();
    let log = Log::new();
    let entries = log.clone();
    let options = options(&page).on_message(move |push| entries.add(format!("{push:?}")));
    let mut shown = data(&page);
    write!(shown, "{options:?}").unwrap();
    let socket = page.sockets.add_socket("app", URL, options).unwrap();
    let exists = page.sockets.add_socket("app", URL, self::options(&page)).unwrap_err();
    let invalid = page.sockets.add_socket("new", "ws://a b/?token=s3cret", self::options(&page)).unwrap_err();
    let call = socket.send_and_wait(secret_message()).start();
    write!(
        shown,
        "{socket:?} {:?} {exists} {exists:?} {invalid} {invalid:?} {:?} {call:?} {:?} {:?}",
        page.sockets,
        secret_message(),
        page.world,
        headers(),
    )
    .unwrap();
    page.world.accept();
    page.world.receive(r#"{"headers":{"token":"s3cret"},"route":"tick","payload":"s3cret"}"#);
    let input = Input::Text(r#"{"headers":{"token":"s3cret"}}"#.to_owned());
    let pushes = log.take();
    assert_eq!(pushes.len(), 1);
    let mut refused = socket.call(SayHello { name: "World" }).start();
    let uuid = page.world.take_sent().pop().unwrap()["uuid"].clone();
    page.world.receive(format!(r#"{{"uuid":{uuid},"headers":{{"token":"s3cret"}},"payload":"s3cret","status":403}}"#));
    let error = outcome(&mut refused).unwrap().unwrap_err();
    write!(shown, "{error} {error:?}").unwrap();
    write!(shown, "{pushes:?} {input:?} {:?} {}", socket.state().get_untracked(), socket.state().get_untracked())
        .unwrap();
    assert!(!shown.contains(SECRET), "{shown}");
}
