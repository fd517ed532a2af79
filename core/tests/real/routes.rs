//! Every route of every server, and the requests of the recorded vectors.

use leptos_socket_core::{Event, Headers, Message};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::server::{ALL, Backend};
use crate::socket::{Socket, status};

#[tokio::test]
async fn every_route_answers_on_every_server() {
    for backend in ALL {
        for path in backend.paths() {
            let mut socket = Socket::open(&backend.url(path)).await;
            for (route, payload, answer) in [
                ("sayHello", json!(null), json!("Hello, World!")),
                ("sayHello", json!({ "name": "Ali" }), json!("Hello, Ali!")),
                ("add", json!({ "a": 2, "b": 40 }), json!(42)),
                ("echo", json!({ "a": [1, null, "😀"] }), json!({ "a": [1, null, "😀"] })),
                ("slow", json!({ "ms": 20 }), json!({ "ms": 20 })),
                ("big", json!({ "bytes": 100_000 }), json!("x".repeat(100_000))),
            ] {
                let reply = socket.reply(route, payload).await;
                assert_eq!(reply.into_payload::<Value>().unwrap(), answer, "{backend:?} {path} {route}");
            }
            assert_eq!(status(&socket.reply("noSuchRoute", ()).await), 404, "{backend:?} {path}");
            for code in [200, 201, 299, 402, 404, 429, 500, 503, 999] {
                let reply = socket.reply("status", json!({ "code": code, "payload": { "why": code } })).await;
                assert_eq!(status(&reply), code, "{backend:?} {path}");
                assert_eq!(reply.payload().decode::<Value>().unwrap(), json!({ "why": code }));
            }
        }
    }
}

#[tokio::test]
async fn headers_arrive_merged_and_come_back() {
    for backend in ALL {
        for path in backend.paths() {
            let global = Headers::new().with("token", "XYZ").with("lang", "en");
            let mut socket = Socket::open_with(&backend.url(path), |config| config.global_headers(global)).await;
            let message = Message::new("headers", ()).header("lang", "de");
            let call = socket.driver.client.call(socket.driver.now(), &message).unwrap();
            let reply = socket.outcome(call).await.unwrap();
            assert_eq!(reply.headers(), Headers::new().with("token", "XYZ").with("lang", "de"), "{backend:?} {path}");
        }
    }
}

#[tokio::test]
async fn pushes_come_between_answers_in_their_order() {
    for backend in ALL {
        for path in backend.paths() {
            let mut socket = Socket::open(&backend.url(path)).await;
            socket.call("ticker", json!({ "count": 100, "interval_ms": 0, "uuid": true }));
            let calls: Vec<_> = (0..50).map(|n| socket.call("echo", json!({ "n": n }))).collect();
            for (n, call) in calls.into_iter().enumerate() {
                let reply = socket.outcome(call).await.unwrap();
                assert_eq!(reply.into_payload::<Value>().unwrap(), json!({ "n": n }), "{backend:?} {path}");
            }
            socket.until(|socket| socket.pushes().count() == 100).await;
            for (n, push) in socket.pushes().enumerate() {
                assert_eq!(push.payload().decode::<Value>().unwrap(), json!({ "n": n + 1 }), "{backend:?} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_handler_pushes_and_answers() {
    for backend in ALL {
        for path in backend.paths() {
            let mut socket = Socket::open(&backend.url(path)).await;
            let reply = socket.reply("pushOnce", json!({ "payload": { "news": 1 } })).await;
            assert_eq!(reply.payload().as_str(), "null", "{backend:?} {path}");
            let pushed: Vec<_> = socket.pushes().map(|push| push.route().unwrap().to_owned()).collect();
            assert_eq!(pushed, ["pushed"], "{backend:?} {path}");
        }
    }
}

#[derive(Deserialize)]
struct Vector {
    case: String,
    server: String,
    calls: Vec<(String, String)>,
    frames: Vec<Box<RawValue>>,
}

/// A recorded answer, as far as it is to be seen again.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    payload: &'a RawValue,
    status: u16,
}

/// The vectors of one server whose request our client can make, and a route of the test servers answers: the payload of
/// the request, and the recorded frame.
fn requests(server: &str) -> Vec<(String, String, String, String)> {
    let recorded: Vec<Vector> = serde_json::from_str(include_str!("../data/wire-vectors.json")).unwrap();
    let frame = |vector: &Vector| serde_json::from_str::<String>(vector.frames[0].get()).unwrap();
    let payload_of = |case: &str| {
        Some(match case {
            "add" => r#"{"a": 2, "b": 40}"#.to_owned(),
            "sayHello" => r#"{"name": "Alireza"}"#.to_owned(),
            "ping lowercase" | "PONG from client" | "unknown route" => r#"{"a": 1}"#.to_owned(),
            "handler raises KeyError" => r#"{"kind": "KeyError"}"#.to_owned(),
            "handler raises AttributeError" => r#"{"kind": "AttributeError"}"#.to_owned(),
            // An echo of dcr is what was sent. A bare NaN no Rust value serialises to.
            echo if echo.starts_with("echo ") && !echo.contains("NaN") => {
                let sent = recorded.iter().find(|vector| vector.case == case && vector.server == "dcr")?;
                let frame = frame(sent);
                serde_json::from_str::<Answer<'_>>(&frame).ok()?.payload.get().to_owned()
            }
            _ => return None,
        })
    };
    let mine = recorded.iter().filter(|vector| vector.server == server && vector.calls.len() == 1);
    mine.filter(|vector| vector.frames.len() == 1)
        .filter_map(|vector| {
            Some((vector.case.clone(), vector.calls[0].1.clone(), payload_of(&vector.case)?, frame(vector)))
        })
        .collect()
}

#[tokio::test]
async fn the_recorded_requests_get_the_recorded_answers() {
    for (backend, name, count) in [
        (Backend::RouterOnDaphne, "dcr", 26),
        (Backend::RouterOnUvicorn, "dcr", 26),
        (Backend::DjangoObservable, "dos", 24),
        (Backend::FastapiObservable, "fos", 17),
    ] {
        let mut socket = Socket::open(&backend.url("/ws/app/")).await;
        let requests = requests(name);
        for (case, route, payload, frame) in &requests {
            let reply = socket.reply(route, RawValue::from_string(payload.clone()).unwrap()).await;
            let answer: Answer<'_> = serde_json::from_str(frame).unwrap();
            assert_eq!(reply.payload().as_str(), answer.payload.get(), "{backend:?} {case}");
            assert_eq!(status(&reply), answer.status, "{backend:?} {case}");
        }
        assert_eq!(requests.len(), count, "{backend:?}");
        assert!(!socket.history.iter().any(|event| matches!(event, Event::Notice { .. } | Event::Push(_))));
    }
}
