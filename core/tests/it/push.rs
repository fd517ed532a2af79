//! What the server sends unasked.

use leptos_socket_core::sim::Answer;
use leptos_socket_core::{CloseCode, StatusCode};
use serde_json::json;

use crate::support::{assert_works, call, connected, millis, reply, secs};

#[test]
fn a_burst_of_pushes_arrives_in_order_and_none_is_dropped() {
    let mut sim = connected();
    let call = call(&mut sim, "echo");
    for n in 0..1_000 {
        sim.push(format!(r#"{{"route": "news", "payload": {n}}}"#));
    }
    sim.drive();
    let seen: Vec<usize> = sim.pushes().map(|push| push.payload().decode().unwrap()).collect();
    assert_eq!(seen, (0..1_000).collect::<Vec<_>>());
    assert!(reply(&sim, call).is_success());
}

#[test]
fn a_push_may_lack_everything() {
    let mut sim = connected();
    sim.push(r#"{"route": "news", "payload": {"n": 2}}"#);
    sim.push("{}");
    sim.push(r#"{"uuid": null, "route": null, "headers": null, "payload": null, "status": null}"#);
    sim.drive();
    let pushes: Vec<_> = sim.pushes().collect();
    assert_eq!(pushes[0].route(), Some("news"));
    for push in &pushes[1..] {
        assert_eq!((push.uuid(), push.route(), push.status()), (None, None, None));
        assert!(push.headers().is_empty() && push.is_success());
        assert_eq!(push.payload().as_str(), "null");
    }
    assert_eq!((pushes.len(), sim.notices().count()), (3, 0));
}

#[test]
fn a_push_may_have_a_uuid_of_the_servers_own() {
    let mut sim = connected();
    let uuids = ["srv-1", "0", "6f9619ff-8b86-4d01-b42d-00c04fc964ff", "00000000-0000-0000-0000-000000000000"];
    for uuid in uuids {
        sim.push(format!(
            r#"{{"uuid": "{uuid}", "route": "news", "headers": {{"a": 1}}, "payload": 1, "status": 201}}"#
        ));
    }
    sim.drive();
    assert_eq!(sim.pushes().filter_map(|push| push.uuid()).collect::<Vec<_>>(), uuids);
    assert!(sim.pushes().all(|push| push.status() == Some(StatusCode::CREATED) && push.headers().len() == 1));
}

#[test]
fn a_reply_is_no_push() {
    let mut sim = connected();
    let call = call(&mut sim, "echo");
    sim.drive();
    assert!(reply(&sim, call).is_success());
    assert_eq!(sim.pushes().count(), 0);
}

#[test]
fn a_push_may_overtake_the_answers_to_earlier_calls() {
    let mut sim = connected();
    sim.server.on("slow", Answer::ok(json!("done")).after(millis(200)));
    let call = call(&mut sim, "slow");
    sim.advance(millis(50));
    sim.push(r#"{"route": "news", "payload": "first"}"#);
    sim.drive();
    assert_eq!(sim.pushes().count(), 1);
    assert_eq!(reply(&sim, call).payload().as_str(), r#""done""#);
}

#[test]
fn what_the_server_sends_twice_comes_twice() {
    let mut sim = connected();
    sim.network.duplicate_inbound = true;
    sim.push(r#"{"route": "news"}"#);
    let call = call(&mut sim, "echo");
    sim.drive();
    assert_eq!(sim.pushes().count(), 2);
    assert!(reply(&sim, call).is_success());
    assert_eq!(sim.notices().count(), 1);
}

#[test]
fn what_was_under_way_on_a_link_that_the_server_closed_arrives_first() {
    let mut sim = connected();
    sim.push(r#"{"route": "news"}"#);
    sim.server_close(CloseCode::GOING_AWAY);
    sim.push(r#"{"route": "never seen"}"#);
    sim.drive();
    assert_eq!(sim.pushes().filter_map(|push| push.route()).collect::<Vec<_>>(), ["news"]);
}

#[test]
fn pushes_go_on_after_the_link_was_replaced() {
    let mut sim = connected();
    sim.server_close(CloseCode::ABNORMAL);
    sim.advance(secs(2));
    sim.push(r#"{"route": "news"}"#);
    sim.drive();
    assert_eq!(sim.pushes().count(), 1);
    assert_works(&mut sim);
}
