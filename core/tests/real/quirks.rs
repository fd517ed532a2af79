//! What the servers do that a client must cope with: docs/PROTOCOL.md, one test for each.

use leptos_socket_core::{
    AfterClose, CallError, CallOptions, CloseCode, CloseReason, CloseRules, Diagnosis, Event, Message, NotSent,
    OutcomeUnknown, Replied, SocketState,
};
use serde_json::{Value, json};

use crate::server::Backend::{DjangoObservable, FastapiObservable, RouterOnDaphne, RouterOnUvicorn};
use crate::server::{ALL, Server};
use crate::socket::{Socket, config, millis, status};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn ping_and_pong_are_both_an_answer_and_none_reaches_the_app() {
    for backend in ALL {
        for path in backend.paths() {
            let mut socket = Socket::open(&backend.url(path)).await;
            socket.assert_works().await;
            assert!(socket.driver.client.latency().is_some(), "{backend:?} {path}");
            let odd = |event: &Event| matches!(event, Event::Push(_) | Event::Notice { .. });
            assert!(!socket.history.iter().any(odd), "{backend:?} {path}: {:?}", socket.history);
        }
    }
}

#[tokio::test]
async fn an_answer_with_uuid_and_route_swapped_settles_its_call() {
    let mut socket = Socket::open(&RouterOnDaphne.url("/ws/app/")).await;
    for kind in ["KeyError", "missingHeaders"] {
        let reply = socket.reply("fail", json!({ "kind": kind })).await;
        assert_eq!((status(&reply), reply.route()), (400, Some("fail")));
    }
    assert_eq!(socket.pushes().count(), 0);
}

#[tokio::test]
async fn a_payload_of_nan_settles_its_call_and_is_an_error_only_when_decoded() {
    for backend in ALL {
        for path in backend.paths() {
            let mut socket = Socket::open(&backend.url(path)).await;
            let reply = socket.reply("nan", ()).await;
            assert_eq!(reply.payload().as_str(), "NaN", "{backend:?} {path}");
            assert!(matches!(reply.into_payload::<f64>(), Err(Replied::Undecodable { .. })));
        }
    }
}

/// fastapi-observable-socket after a refused `data_check`, and the silent link of the Django backends.
#[tokio::test]
async fn a_link_that_is_open_and_answers_nothing_is_found_by_its_heartbeat_and_replaced() {
    for backend in ALL {
        let mut socket = Socket::open_with(&backend.url("/ws/app/"), |config| {
            // A call with a deadline would have the link wait for that.
            let config = config.request_timeout(None).heartbeat_rate(millis(200));
            config.heartbeat_timeout_duration(millis(500)).busy_timeout(millis(1_000))
        })
        .await;
        socket.call("silent", ());
        let unanswered = socket.call("echo", 1);
        socket.lost(unanswered).await;
        socket.assert_works().await;
        // On a busy machine it may be more than one.
        assert!(socket.gaps() > 0, "{backend:?}");
    }
}

#[tokio::test]
async fn a_crashed_handler_leaves_the_outcome_unknown_and_the_socket_reconnects() {
    for (backend, code) in [(RouterOnDaphne, CloseCode::INTERNAL_ERROR), (RouterOnUvicorn, CloseCode::ABNORMAL)] {
        for path in backend.paths() {
            let mut socket = Socket::open(&backend.url(path)).await;
            let call = socket.call("fail", json!({ "kind": "ValueError" }));
            assert_eq!(socket.lost(call).await, code, "{backend:?} {path}");
            socket.assert_works().await;
        }
    }
}

#[tokio::test]
async fn the_observable_servers_answer_for_a_crashed_handler() {
    for backend in [DjangoObservable, FastapiObservable] {
        let mut socket = Socket::open(&backend.url("/ws/app/")).await;
        for kind in ["KeyError", "ValueError", "AttributeError", "none"] {
            assert_eq!(status(&socket.reply("fail", json!({ "kind": kind })).await), 500, "{backend:?} {kind}");
        }
        assert_eq!(socket.gaps(), 0);
    }
}

#[tokio::test]
async fn an_idempotent_call_survives_a_crash_that_was_not_its_own() {
    let mut socket = Socket::open(&RouterOnUvicorn.url("/ws/app/")).await;
    let crash = socket.call("fail", json!({ "kind": "ValueError" }));
    let message = Message::new("add", json!({ "a": 2, "b": 40 }));
    let options = CallOptions::new().idempotent(true);
    let sum = socket.driver.client.call(socket.driver.now(), &message.with_options(options)).unwrap();
    assert_eq!(socket.lost(crash).await, CloseCode::ABNORMAL);
    assert_eq!(socket.outcome(sum).await.unwrap().into_payload::<u32>().unwrap(), 42);
}

/// The largest payload that fits into a message to `route`.
fn fitting(socket: &mut Socket, route: &str) -> String {
    let message = Message::new(route, "x".repeat(MIB));
    match socket.driver.client.call(socket.driver.now(), &message) {
        Err(NotSent::TooLarge { size, limit: MIB }) => "x".repeat(MIB - (size - MIB)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_request_of_one_mib_is_taken_and_a_larger_one_is_not_sent() {
    for backend in ALL {
        let mut socket = Socket::open(&backend.url("/ws/app/")).await;
        let payload = fitting(&mut socket, "noSuchRoute");
        assert_eq!(status(&socket.reply("noSuchRoute", payload).await), 404, "{backend:?}");
        assert_eq!(socket.gaps(), 0, "{backend:?}");
    }
}

#[tokio::test]
async fn a_request_beyond_the_servers_limit_kills_the_link_and_all_that_is_pending() {
    for (backend, is_taken) in [(RouterOnDaphne, false), (DjangoObservable, false), (RouterOnUvicorn, true)] {
        let mut socket = Socket::open_with(&backend.url("/ws/app/"), |config| config.max_request_size(4 * MIB)).await;
        let pending = socket.call("slow", json!({ "ms": 500 }));
        let large = socket.call("noSuchRoute", "x".repeat(2 * MIB));
        if is_taken {
            assert!(socket.outcome(pending).await.is_ok());
            assert_eq!(status(&socket.outcome(large).await.unwrap()), 404);
        } else {
            assert_eq!(socket.lost(pending).await, CloseCode::ABNORMAL, "{backend:?}");
            assert_eq!(socket.lost(large).await, CloseCode::ABNORMAL, "{backend:?}");
            socket.assert_works().await;
        }
    }
}

#[tokio::test]
async fn an_answer_of_two_mib_is_lost_on_daphne_and_arrives_from_uvicorn() {
    let payload = json!({ "bytes": 2 * MIB });
    let mut crashing = Socket::open(&RouterOnDaphne.url("/ws/app/")).await;
    let call = crashing.call("big", &payload);
    assert_eq!(crashing.lost(call).await, CloseCode::INTERNAL_ERROR);
    let mut answering = Socket::open(&DjangoObservable.url("/ws/app/")).await;
    assert_eq!(status(&answering.reply("big", &payload).await), 500);
    for backend in [RouterOnUvicorn, FastapiObservable] {
        let mut socket = Socket::open(&backend.url("/ws/app/")).await;
        assert_eq!(socket.reply("big", &payload).await.payload().as_str().len(), 2 * MIB + 2);
        let mut bounded = Socket::open_with(&backend.url("/ws/app/"), |config| config.max_message_size(MIB)).await;
        let call = bounded.call("big", &payload);
        let outcome = bounded.outcome(call).await;
        assert!(matches!(outcome, Err(CallError::Replied(Replied::TooLarge { .. }))), "{backend:?}: {outcome:?}");
        bounded.assert_works().await;
        assert_eq!(bounded.gaps(), 0);
    }
}

#[tokio::test]
async fn a_restart_is_named_by_uvicorn_and_the_socket_comes_back() {
    for (backend, signal, code) in [
        (RouterOnUvicorn, "-TERM", CloseCode::RESTARTING),
        (FastapiObservable, "-TERM", CloseCode::RESTARTING),
        (RouterOnDaphne, "-TERM", CloseCode::ABNORMAL),
        (RouterOnUvicorn, "-KILL", CloseCode::ABNORMAL),
    ] {
        let server = Server::start(backend);
        let mut socket = Socket::open(&server.url("/ws/app/")).await;
        socket.call("pushOnce", json!({ "payload": "both calls have left" }));
        let pending = socket.call("slow", json!({ "ms": 20_000 }));
        socket.until(|socket| socket.pushes().count() == 1).await;
        server.signal(signal);
        assert_eq!(socket.lost(pending).await, code, "{backend:?} {signal}");
        let _server = server.restart();
        socket.assert_works().await;
        assert_eq!(socket.gaps(), 1, "{backend:?} {signal}");
    }
}

#[tokio::test]
async fn a_ping_behind_a_slow_handler_makes_the_link_slow_and_not_dead() {
    for backend in ALL {
        for path in backend.paths() {
            let mut socket = Socket::open_with(&backend.url(path), |config| {
                config.heartbeat_rate(millis(100)).heartbeat_timeout_duration(millis(200))
            })
            .await;
            let reply = socket.reply("slow", json!({ "ms": 1_000 })).await;
            assert!(reply.is_success());
            let slow = |event: &Event| matches!(event, Event::StateChanged(SocketState::Slow));
            assert!(socket.history.iter().any(slow), "{backend:?} {path}");
            socket.assert_works().await;
            assert_eq!(socket.gaps(), 0, "{backend:?} {path}");
        }
    }
}

#[tokio::test]
async fn a_link_that_is_accepted_and_closed_at_once_flaps_unless_its_code_is_final() {
    for backend in ALL {
        let url = backend.url("/ws/denyafter/");
        let mut flapping = Socket::connect(&url, config(|config| config));
        let flaps = |socket: &Socket| matches!(socket.driver.client.diagnosis(), Some(Diagnosis::Flapping { .. }));
        flapping.until(flaps).await;

        let rules = CloseRules::default().on(4403..=4403, AfterClose::Stop);
        let mut refused = Socket::connect(&url, config(|config| config.close_rules(rules)));
        refused.until(|socket| socket.state().is_closed()).await;
        assert_eq!(refused.state(), SocketState::Closed(CloseReason::Refused(CloseCode::new(4403))), "{backend:?}");
    }
}

#[tokio::test]
async fn a_refused_handshake_is_told_apart_from_a_lost_link() {
    for backend in ALL {
        let mut socket =
            Socket::connect(&backend.url("/ws/deny/"), config(|config| config.max_reconnect_attempts(Some(3))));
        socket.until(|socket| socket.state().is_closed()).await;
        assert_eq!(socket.state(), SocketState::Closed(CloseReason::GaveUp { attempts: 3 }), "{backend:?}");
        assert_eq!(socket.driver.client.diagnosis(), Some(Diagnosis::NeverOpened { attempts: 4 }), "{backend:?}");
    }
}

#[tokio::test]
async fn policy_is_final_where_the_server_can_say_it() {
    for (backend, is_said) in [(RouterOnUvicorn, true), (FastapiObservable, true), (DjangoObservable, false)] {
        let mut socket = Socket::open(&backend.url("/ws/app/")).await;
        let call = socket.call("closeMe", json!({ "code": 1008 }));
        if is_said {
            assert_eq!(socket.lost(call).await, CloseCode::POLICY, "{backend:?}");
            assert_eq!(socket.state(), SocketState::Closed(CloseReason::Refused(CloseCode::POLICY)), "{backend:?}");
        } else {
            // daphne refuses to send it, and the link lives.
            assert_eq!(status(&socket.outcome(call).await.unwrap()), 500, "{backend:?}");
            socket.assert_works().await;
        }
    }
}

/// django-observable-socket, where an access check passes.
#[tokio::test]
async fn a_call_that_is_never_answered_ends_at_its_deadline_and_the_link_lives() {
    let mut socket = Socket::open(&DjangoObservable.url("/ws/app/")).await;
    let options = CallOptions::new().timeout(millis(300));
    let message = Message::new("checked", ());
    let call = socket.driver.client.call(socket.driver.now(), &message.with_options(options)).unwrap();
    let outcome = socket.outcome(call).await;
    assert!(matches!(outcome, Err(CallError::OutcomeUnknown(OutcomeUnknown::TimedOut { .. }))), "{outcome:?}");
    socket.assert_works().await;
    assert_eq!(socket.gaps(), 0);
}

/// Its field for the payload takes what is falsy for missing.
#[tokio::test]
async fn fastapi_observable_socket_makes_an_empty_object_of_what_is_falsy() {
    let mut socket = Socket::open(&FastapiObservable.url("/ws/app/")).await;
    for payload in [json!(0), json!(false), json!(""), json!([]), json!(null)] {
        assert_eq!(socket.reply("echo", &payload).await.into_payload::<Value>().unwrap(), json!({}), "{payload}");
    }
}
