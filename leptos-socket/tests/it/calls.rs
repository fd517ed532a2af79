//! Calls, messages and one-off callbacks: each settles exactly once, and says what is certain.

use crate::support::Start as _;
use leptos::prelude::*;
use leptos_socket::{
    CallError, CloseCode, CloseReason, Headers, Message, NotSent, OutcomeUnknown, QueueLimit, Replied, Sent, StatusCode,
};
use serde::{Serialize, Serializer, ser::Error};

use crate::support::{Log, Page, SayHello, config, message, millis, outcome, routes, secs, settle, with_effects};

#[test]
fn a_call_of_a_typed_route_is_decoded() {
    let page = Page::new();
    let headers = Headers::new().with("token", "XYZ");
    let socket = page.open_with("app", page.options().config(config(|config| config.global_headers(headers))));
    let mut call = socket.call(SayHello { name: "World" }).start();
    assert!(outcome(&mut call).is_none());
    assert_eq!(socket.in_flight().get_untracked(), 1);

    page.world.reply_to("sayHello", 200, r#""Hello, World!""#);
    assert_eq!(outcome(&mut call).unwrap().unwrap(), "Hello, World!");
    assert_eq!(socket.in_flight().get_untracked(), 0);
}

#[test]
fn a_call_leaves_when_it_is_made_and_not_when_it_is_polled() {
    let page = Page::new();
    let socket = page.open("app");
    let _call = socket.call(SayHello { name: "World" }).start();
    let sent = page.world.take_sent();
    assert_eq!(sent[0]["route"], "sayHello");
    assert_eq!(sent[0]["payload"]["name"], "World");
}

#[test]
fn tasks_that_await_calls_wake_up_with_their_own_replies() {
    with_effects(async || {
        let page = Page::new();
        let socket = page.open("app");
        let log = Log::new();
        for route in ["a", "b", "c"] {
            let log = log.clone();
            leptos::task::spawn_local(async move {
                let reply = socket.send_and_wait(message(route)).await.unwrap();
                log.add((route, reply.payload().to_string()));
            });
        }
        settle().await;
        for (route, payload) in [("c", "3"), ("a", "1")] {
            page.world.reply_to(route, 200, payload);
        }
        settle().await;
        assert_eq!(log.take(), [("c", "3".to_owned()), ("a", "1".to_owned())]);
        page.world.reply_to("b", 200, "2");
        settle().await;
        assert_eq!(log.take(), [("b", "2".to_owned())]);
    });
}

#[test]
fn a_status_that_is_no_success_is_an_error_with_the_reply() {
    let page = Page::new();
    let socket = page.open("app");
    let mut call = socket.call(SayHello { name: "World" }).start();
    page.world.reply_to("sayHello", 404, r#"{"detail": "no such name"}"#);
    let error = outcome(&mut call).unwrap().unwrap_err();
    assert!(matches!(error, CallError::Replied(Replied::Status(_))), "{error}");
    let reply = error.reply().unwrap();
    assert_eq!(reply.status(), Some(StatusCode::NOT_FOUND));
    assert_eq!(reply.payload().as_str(), r#"{"detail": "no such name"}"#);
}

#[test]
fn a_payload_of_another_type_is_an_error_with_the_reply() {
    let page = Page::new();
    let socket = page.open("app");
    let mut call = socket.call(SayHello { name: "World" }).start();
    page.world.reply_to("sayHello", 200, "[1]");
    let error = outcome(&mut call).unwrap().unwrap_err();
    assert!(matches!(error, CallError::Replied(Replied::Undecodable { .. })), "{error}");
    assert_eq!(error.reply().unwrap().payload().as_str(), "[1]");
}

#[test]
fn send_and_wait_returns_the_reply_whatever_its_status() {
    let page = Page::new();
    let socket = page.open("app");
    for status in [200, 201, 404, 500, 999] {
        let mut call = socket.send_and_wait(message("anything")).start();
        page.world.reply_to("anything", status, "null");
        let reply = outcome(&mut call).unwrap().unwrap();
        assert_eq!(reply.status().map(StatusCode::as_u16), Some(status));
        assert_eq!(reply.is_success(), status < 300);
    }
}

#[test]
fn send_message_says_whether_it_left() {
    let page = Page::new();
    let socket = page.add("app");
    assert!(matches!(socket.send(message("early")), Ok(Sent::Queued(_))));
    assert_eq!(socket.queued().get_untracked(), 1);
    page.world.accept();
    assert_eq!(socket.send(message("now")), Ok(Sent::Now));
    assert_eq!(routes(&page.world.take_sent()), ["early", "now"]);
    assert_eq!((socket.queued().get_untracked(), socket.in_flight().get_untracked()), (0, 0));
}

struct Unserialisable;

impl Serialize for Unserialisable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("of course"))
    }
}

#[test]
fn what_cannot_be_sent_is_an_error_at_once_and_never_silence() {
    let page = Page::new();
    let limits = config(|config| config.queue_capacity(1).max_request_size(1_000));
    let socket = page.add_with("app", page.options().config(limits));
    let large = Message::new("large", "x".repeat(1_000));
    assert!(matches!(socket.send(large), Err(NotSent::TooLarge { limit: 1_000, .. })));
    assert_eq!(socket.send(message("")), Err(NotSent::NoRoute));
    let bad = Message::new("bad", Unserialisable);
    assert!(matches!(socket.send(bad), Err(NotSent::Unserialisable(text)) if text == "of course"));
    assert!(socket.send(message("first")).is_ok());
    let full = NotSent::QueueFull(QueueLimit::Messages(1));
    assert_eq!(socket.send(message("second")), Err(full.clone()));

    let mut call = socket.send_and_wait(message("second")).start();
    assert!(matches!(outcome(&mut call), Some(Err(CallError::NotSent(error))) if error == full));
    let refused = socket.on_response(message("second"), |_| panic!("dropped, not called"));
    assert_eq!(refused, Err(full));

    socket.close();
    let closed = NotSent::Closed(CloseReason::ByApp);
    assert_eq!(socket.send(message("third")), Err(closed.clone()));
    let mut call = socket.call(SayHello { name: "World" }).start();
    assert!(matches!(outcome(&mut call), Some(Err(CallError::NotSent(error))) if error == closed));
}

#[test]
fn on_response_calls_back_once_with_the_reply() {
    let page = Page::new();
    let socket = page.open("app");
    let outcomes = Log::new();
    socket.on_response(message("hi"), outcomes.of_outcomes()).unwrap();
    assert_eq!(outcomes.len(), 0, "never before it returned");
    let uuid = page.world.take_sent()[0]["uuid"].clone();
    for _ in 0..3 {
        page.world.receive(format!(r#"{{"uuid":{uuid},"payload":7,"status":200}}"#));
    }
    socket.close();
    let outcomes = outcomes.take();
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0].as_ref().unwrap().payload().as_str(), "7");
}

#[test]
fn on_response_calls_back_once_with_why_there_is_no_reply() {
    let page = Page::new();
    let socket = page.open("app");
    let outcomes = Log::new();
    let call = || socket.on_response(message("slow"), outcomes.of_outcomes()).unwrap();
    call();
    page.world.advance(secs(30));
    call();
    page.world.close(1006);
    call();
    socket.close();
    let outcomes: Vec<_> = outcomes.take().into_iter().map(|outcome| outcome.unwrap_err().to_string()).collect();
    assert_eq!(
        outcomes,
        [
            "outcome unknown: no reply within 30 s",
            "outcome unknown: the connection was lost with code 1006 (connection lost)",
            "not sent: the socket is closed: closed by the app",
        ]
    );
}

#[test]
fn on_response_does_not_call_back_once_its_owner_was_cleaned_up() {
    let page = Page::new();
    let socket = page.open("app");
    let outcomes = Log::new();
    let component = page.component();
    component.with(|| socket.on_response(message("hi"), outcomes.of_outcomes()).unwrap());
    component.cleanup();
    page.world.reply_to("hi", 200, "1");
    page.leave();
    assert_eq!(outcomes.len(), 0);
}

#[test]
fn a_cancelled_callback_is_never_called_and_its_message_never_leaves() {
    let page = Page::new();
    let socket = page.add("app");
    let outcomes = Log::new();
    let id = socket.on_response(message("hi"), outcomes.of_outcomes()).unwrap();
    socket.cancel(id);
    socket.cancel(id);
    page.world.accept();
    assert!(page.world.take_sent().is_empty());
    socket.close();
    assert_eq!(outcomes.len(), 0);
}

#[test]
fn a_queued_message_can_be_cancelled() {
    let page = Page::new();
    let socket = page.add("app");
    let Ok(Sent::Queued(id)) = socket.send(message("hi")) else { panic!("it is queued") };
    socket.cancel(id);
    assert_eq!(socket.queued().get_untracked(), 0);
    page.world.accept();
    assert!(page.world.take_sent().is_empty());
}

#[test]
fn dropping_the_future_of_a_queued_call_keeps_it_from_leaving() {
    let page = Page::new();
    let socket = page.add("app");
    let mut calls: Vec<_> = ["a", "b", "c"].map(|route| socket.send_and_wait(message(route)).start()).into();
    drop(calls.remove(1));
    assert_eq!(socket.queued().get_untracked(), 2);
    page.world.accept();
    assert_eq!(routes(&page.world.take_sent()), ["a", "c"]);
}

#[test]
fn dropping_the_future_of_a_call_in_flight_makes_its_reply_reach_nobody() {
    let page = Page::new();
    let pushes = Log::new();
    let socket = page.open_with("app", page.options().on_message(pushes.of_routes()));
    let mut kept = socket.send_and_wait(message("kept")).start();
    drop(socket.send_and_wait(message("dropped")).start());
    assert_eq!(socket.in_flight().get_untracked(), 1);
    assert!(page.world.reply_to("dropped", 200, "1"));
    assert_eq!(pushes.len(), 0);
    assert!(outcome(&mut kept).is_none());
    assert!(page.world.reply_to("kept", 200, "2"));
    assert_eq!(outcome(&mut kept).unwrap().unwrap().payload().as_str(), "2");
}

#[test]
fn deadlines_hold_for_what_is_in_flight_and_for_what_is_queued() {
    let page = Page::new();
    let config = config(|config| config.request_timeout(Some(secs(5))).connect_timeout(secs(60)));
    let socket = page.open_with("open", page.options().config(config.clone()));
    let mut in_flight = socket.send_and_wait(message("slow")).start();
    let mut queued = page.add_with("connecting", page.options().config(config)).send_and_wait(message("hi")).start();
    page.world.advance(millis(4_999));
    assert!(outcome(&mut in_flight).is_none() && outcome(&mut queued).is_none());
    page.world.advance(millis(1));
    let waited = secs(5);
    assert!(matches!(
        outcome(&mut in_flight),
        Some(Err(CallError::OutcomeUnknown(OutcomeUnknown::TimedOut { waited: time }))) if time == waited
    ));
    assert!(matches!(
        outcome(&mut queued),
        Some(Err(CallError::NotSent(NotSent::TimedOut { waited: time }))) if time == waited
    ));
}

#[test]
fn a_lost_link_ends_what_was_in_flight_and_keeps_what_was_queued() {
    let page = Page::new();
    let socket = page.open("app");
    let mut in_flight = socket.send_and_wait(message("in flight")).start();
    page.world.close(1011);
    let error = outcome(&mut in_flight).unwrap().unwrap_err();
    assert!(
        matches!(&error, CallError::OutcomeUnknown(OutcomeUnknown::LinkLost(code)) if *code == CloseCode::INTERNAL_ERROR)
    );
    assert!(!error.is_safe_to_retry());

    let mut queued = socket.send_and_wait(message("queued")).start();
    page.world.advance(secs(1));
    page.world.accept();
    assert!(page.world.reply_to("queued", 200, "1"));
    assert!(outcome(&mut queued).unwrap().is_ok());
}

#[test]
fn messages_leave_in_the_order_of_the_calls_the_queue_included() {
    let page = Page::new();
    let socket = page.add("app");
    let mut calls = Vec::new();
    let mut expected = Vec::new();
    for i in 0..60 {
        if i == 30 {
            page.world.accept();
        }
        let route = format!("route {i}");
        match i % 3 {
            0 => drop(socket.send(message(&route))),
            1 => calls.push(socket.send_and_wait(message(&route)).start()),
            _ => drop(socket.on_response(message(&route), |_| ())),
        }
        expected.push(route);
    }
    assert_eq!(routes(&page.world.take_sent()), expected);
}

#[test]
fn a_closed_socket_works_again_after_reconnect() {
    let page = Page::new();
    let socket = page.open("app");
    socket.close();
    assert!(socket.state().get_untracked().is_closed());
    socket.reconnect();
    let mut call = socket.call(SayHello { name: "World" }).start();
    page.world.accept();
    page.world.reply_to("sayHello", 200, r#""hi""#);
    assert_eq!(outcome(&mut call).unwrap().unwrap(), "hi");
}
