//! Every call is settled exactly once. (That it is not settled twice, `Sim` itself checks, in every test.)

use leptos_socket_core::sim::{Answer, Dialect, Handshake};
use leptos_socket_core::{
    CallError, CallOptions, CloseCode, CloseReason, Event, Input, NotSent, Notice, OutcomeUnknown, Replied, StatusCode,
};
use serde_json::{Value, json};

use crate::support::{
    ByHand, assert_works, call, config, connected, connected_with, defaults, error, frame, idle_with, message, millis,
    reply, secs,
};

#[test]
fn a_reply_settles_its_call() {
    for dialect in [Dialect::ChannelsRouter, Dialect::ObservableSocket] {
        let mut sim = connected();
        sim.server.dialect = dialect;
        let call = call(&mut sim, "echo");
        assert_eq!(sim.client().in_flight(), 1);
        sim.drive();
        assert_eq!(reply(&sim, call).status(), Some(StatusCode::OK));
        assert_eq!(reply(&sim, call).payload().decode::<Value>(), Ok(json!({ "n": 1 })));
        assert_eq!(sim.client().in_flight(), 0);
    }
}

#[test]
fn replies_find_their_calls_in_any_order() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    let calls: Vec<_> = (0..100).map(|_| hand.call("echo")).collect();
    let uuids: Vec<_> = hand.frames().iter().map(|frame| frame["uuid"].as_str().unwrap().to_owned()).collect();
    for (call, uuid) in calls.into_iter().zip(uuids).rev() {
        hand.text(link, frame(&uuid, 200));
        let (settled, outcome) = hand.settled();
        assert_eq!((settled, outcome.unwrap().uuid()), (call, Some(uuid.as_str())));
    }
    assert_eq!(hand.client.in_flight(), 0);
}

#[test]
fn a_call_without_a_reply_times_out_to_the_millisecond() {
    let mut sim = connected_with(config(|c| c.request_timeout(Some(secs(3)))));
    let call = call(&mut sim, "never");
    sim.advance(millis(2_999));
    assert!(sim.outcome(call).is_none());
    sim.advance(millis(1));
    let timed_out = OutcomeUnknown::TimedOut { waited: secs(3) };
    assert!(matches!(error(&sim, call), CallError::OutcomeUnknown(why) if *why == timed_out));
    assert_eq!(sim.client().in_flight(), 0);
    assert_works(&mut sim);
}

#[test]
fn a_call_that_found_no_link_times_out_unsent() {
    let mut sim = idle_with(config(|c| c.request_timeout(Some(secs(3)))));
    sim.network.handshake = Handshake::Refused;
    sim.connect();
    let call = call(&mut sim, "echo");
    sim.advance(secs(3));
    assert!(matches!(error(&sim, call), CallError::NotSent(NotSent::TimedOut { waited }) if *waited == secs(3)));
    assert!(error(&sim, call).is_safe_to_retry());
    assert_eq!(sim.client().queued(), 0);
}

#[test]
fn a_deadline_counts_from_the_call_time_in_the_queue_included() {
    let mut sim = idle_with(config(|c| c.request_timeout(Some(secs(5)))));
    let call = call(&mut sim, "never");
    sim.advance(secs(4));
    sim.connect();
    sim.advance(millis(999));
    assert!(sim.outcome(call).is_none());
    sim.advance(millis(1));
    let timed_out = OutcomeUnknown::TimedOut { waited: secs(5) };
    assert!(matches!(error(&sim, call), CallError::OutcomeUnknown(why) if *why == timed_out));
}

#[test]
fn without_the_queue_manager_a_call_waits_for_ever_but_ends_with_its_link() {
    let mut sim = connected_with(config(|c| c.request_timeout(None)));
    let call = call(&mut sim, "never");
    sim.advance(secs(24 * 3_600));
    assert!(sim.outcome(call).is_none());
    sim.server_close(CloseCode::INTERNAL_ERROR);
    sim.drive();
    let lost = OutcomeUnknown::LinkLost(CloseCode::INTERNAL_ERROR);
    assert!(matches!(error(&sim, call), CallError::OutcomeUnknown(why) if *why == lost));
}

#[test]
fn a_calls_own_timeout_holds_against_the_default_and_where_there_is_none() {
    for request_timeout in [Some(secs(30)), None] {
        let mut sim = connected_with(config(|c| c.request_timeout(request_timeout)));
        let mut options = CallOptions::default();
        options.timeout = Some(secs(2));
        let short = sim.call(&message("never").with_options(options.clone())).unwrap();
        options.timeout = Some(secs(40));
        let long = sim.call(&message("never").with_options(options.clone())).unwrap();
        sim.advance(secs(2));
        assert!(error(&sim, short).is_timeout());
        sim.advance(secs(37));
        assert!(sim.outcome(long).is_none());
        sim.advance(secs(1));
        assert!(error(&sim, long).is_timeout());
    }
}

#[test]
fn the_loss_of_a_link_ends_what_is_in_flight_with_its_code_and_keeps_the_rest() {
    let mut sim = connected();
    let in_flight: Vec<_> = (0..3).map(|_| call(&mut sim, "never")).collect();
    sim.server_close(CloseCode::RESTARTING);
    sim.drive();
    let queued = call(&mut sim, "echo");
    for call in in_flight {
        let lost = OutcomeUnknown::LinkLost(CloseCode::RESTARTING);
        assert!(matches!(error(&sim, call), CallError::OutcomeUnknown(why) if *why == lost));
        assert!(!error(&sim, call).is_safe_to_retry());
    }
    sim.advance(secs(2));
    assert!(reply(&sim, queued).is_success());
}

#[test]
fn a_call_in_flight_is_never_sent_again() {
    let mut sim = connected();
    call(&mut sim, "never");
    sim.drive();
    sim.server_close(CloseCode::ABNORMAL);
    sim.advance(secs(10));
    assert_works(&mut sim);
    assert_eq!(crate::support::routes(&sim), ["never", "echo"]);
}

#[test]
fn close_ends_every_call_and_says_what_is_certain() {
    let mut sim = connected();
    let in_flight = call(&mut sim, "never");
    sim.close();
    assert!(matches!(error(&sim, in_flight), CallError::OutcomeUnknown(OutcomeUnknown::Closed)));

    let mut sim = idle_with(defaults());
    let queued = call(&mut sim, "echo");
    sim.close();
    assert!(matches!(error(&sim, queued), CallError::NotSent(NotSent::Closed(CloseReason::ByApp))));
    assert_eq!(sim.unsettled().count(), 0);
}

#[test]
fn giving_up_ends_what_is_queued() {
    let mut sim = connected_with(config(|c| c.request_timeout(Some(secs(600)))));
    sim.network.handshake = Handshake::Refused;
    sim.server_close(CloseCode::ABNORMAL);
    sim.drive();
    let queued = call(&mut sim, "echo");
    sim.advance(secs(120));
    let gave_up = NotSent::Closed(CloseReason::GaveUp { attempts: 5 });
    assert!(matches!(error(&sim, queued), CallError::NotSent(why) if *why == gave_up));
}

#[test]
fn a_final_code_ends_what_is_in_flight_with_that_code() {
    let mut sim = connected();
    let call = call(&mut sim, "never");
    sim.server_close(CloseCode::POLICY);
    sim.drive();
    let lost = OutcomeUnknown::LinkLost(CloseCode::POLICY);
    assert!(matches!(error(&sim, call), CallError::OutcomeUnknown(why) if *why == lost));
}

#[test]
fn reconnect_ends_what_is_in_flight_and_keeps_what_is_queued() {
    let mut sim = connected();
    let in_flight = call(&mut sim, "never");
    sim.reconnect();
    let queued = call(&mut sim, "echo");
    sim.reconnect();
    sim.drive();
    assert!(matches!(error(&sim, in_flight), CallError::OutcomeUnknown(OutcomeUnknown::Closed)));
    assert!(reply(&sim, queued).is_success());
}

#[test]
fn of_a_cancelled_call_nothing_more_is_heard() {
    let mut sim = connected();
    let call = call(&mut sim, "echo");
    assert!(sim.cancel(call));
    assert!(!sim.cancel(call));
    assert_eq!(sim.client().in_flight(), 0);
    sim.drive();
    assert!(sim.outcome(call).is_none());
    assert!(matches!(sim.notices().collect::<Vec<_>>()[..], [Notice::Unawaited { .. }]));
}

#[test]
fn a_settled_call_cannot_be_cancelled() {
    let mut sim = connected();
    let call = call(&mut sim, "echo");
    sim.drive();
    assert!(!sim.cancel(call));
    assert!(reply(&sim, call).is_success());
}

#[test]
fn a_second_reply_is_a_notice_and_a_count() {
    let mut sim = connected();
    sim.server.on("echo", Answer::echo().times(4));
    let call = call(&mut sim, "echo");
    sim.drive();
    assert!(reply(&sim, call).is_success());
    let counts = sim.history().iter().filter_map(|(_, event)| match event {
        Event::Notice { notice: Notice::Unawaited { .. }, count } => Some(*count),
        _ => None,
    });
    assert_eq!(counts.collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(sim.pushes().count(), 0);
}

#[test]
fn a_late_reply_is_an_event_and_a_notice_and_settles_nothing() {
    let mut sim = connected_with(config(|c| c.request_timeout(Some(secs(2)))));
    sim.server.on("slow", Answer::ok(json!(1)).after(secs(3)));
    let call = call(&mut sim, "slow");
    assert!(!sim.client().is_owed(call));
    sim.advance(millis(2_500));
    assert!(sim.client().is_owed(call));
    sim.advance(secs(1));
    assert!(!sim.client().is_owed(call));
    assert!(error(&sim, call).is_timeout());
    let late = sim.history().iter().filter_map(|(_, event)| match event {
        Event::LateReply { call, outcome: Ok(reply) } => Some((*call, reply.payload().as_str())),
        _ => None,
    });
    assert_eq!(late.collect::<Vec<_>>(), [(call, "1")]);
    assert_eq!(sim.notices().count(), 1);
    assert_eq!(sim.pushes().count(), 0);
}

#[test]
fn a_reply_that_comes_on_the_next_link_is_a_notice() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    hand.call("echo");
    let uuid = hand.uuid();
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    hand.pass(secs(1));
    let next = hand.link();
    hand.input(next, Input::Opened);
    hand.events();
    hand.text(next, frame(&uuid, 200));
    assert!(matches!(hand.notices()[..], [(Notice::Unawaited { .. }, 1)]));
}

#[test]
fn one_uuid_answered_ten_thousand_times_settles_one_call_and_keeps_nothing() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    hand.call("echo");
    let reply = frame(&hand.uuid(), 200);
    for _ in 0..10_000 {
        hand.text(link, reply.as_str());
    }
    let settled = hand.events().iter().filter(|event| matches!(event, Event::Settled { .. })).count();
    assert_eq!(settled, 1);
    hand.text(link, reply);
    assert!(matches!(hand.notices()[..], [(Notice::Unawaited { .. }, 10_000)]));
}

#[test]
fn whichever_comes_first_of_reply_and_close_settles_the_call() {
    for reply_first in [true, false] {
        let (mut hand, link) = ByHand::open(defaults());
        hand.transmits();
        hand.call("echo");
        let reply = frame(&hand.uuid(), 200);
        if reply_first {
            hand.text(link, reply);
            hand.client.close(hand.now);
        } else {
            hand.client.close(hand.now);
            hand.text(link, reply);
        }
        assert_eq!(hand.settled().1.is_ok(), reply_first);
    }
}

#[test]
fn whichever_comes_first_of_reply_and_deadline_settles_the_call() {
    for reply_first in [true, false] {
        let (mut hand, link) = ByHand::open(defaults());
        hand.transmits();
        hand.call("echo");
        let reply = frame(&hand.uuid(), 200);
        hand.now = hand.now + secs(30);
        if reply_first {
            hand.text(link, reply);
            hand.fire();
        } else {
            hand.fire();
            hand.text(link, reply);
        }
        assert_eq!(hand.settled().1.is_ok(), reply_first);
    }
}

#[test]
fn a_reply_has_its_status_whatever_it_is() {
    for status in [100, 204, 302, 402, 404, 500, 799] {
        let mut sim = connected();
        sim.server.on("status", Answer::status(StatusCode::new(status), json!({ "why": "so" })));
        let call = call(&mut sim, "status");
        sim.drive();
        let reply = reply(&sim, call).clone();
        assert_eq!(reply.status(), Some(StatusCode::new(status)));
        assert_eq!(reply.is_success(), status == 204);
        match reply.into_payload::<Value>() {
            Ok(payload) => assert_eq!((status, payload), (204, json!({ "why": "so" }))),
            Err(Replied::Status(reply)) => assert_eq!(reply.payload().as_str(), r#"{"why":"so"}"#),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_reply_without_a_status_is_a_success_and_one_with_nonsense_for_it_is_not() {
    let mut sim = connected();
    sim.server.on("none", Answer::raw(r#"{"uuid": "$uuid", "payload": 1}"#));
    let none = call(&mut sim, "none");
    sim.drive();
    assert!(reply(&sim, none).is_success());
    for status in ["\"200\"", "true", "{}", "-1", "200.5", "1e9", "NaN"] {
        sim.server.on("odd", Answer::raw(format!(r#"{{"uuid": "$uuid", "payload": 1, "status": {status}}}"#)));
        let odd = call(&mut sim, "odd");
        sim.drive();
        assert!(matches!(error(&sim, odd), CallError::Replied(Replied::NoStatus)), "{status}");
    }
}

#[test]
fn a_reply_that_is_no_such_payload_is_handed_back() {
    let mut sim = connected();
    let call = call(&mut sim, "echo");
    sim.drive();
    let Err(error) = reply(&sim, call).clone().into_payload::<String>() else { panic!("no string") };
    let error = CallError::from(error);
    assert_eq!(error.reply().map(|reply| reply.payload().as_str()), Some(r#"{"n":1}"#));
    assert!(error.to_string().starts_with("the server answered 200, but the payload is unexpected"), "{error}");
}

#[test]
fn a_message_without_a_reply_is_sent_at_once_or_queued() {
    let mut sim = idle_with(defaults());
    let first = sim.send(&message("first")).unwrap();
    assert!(sim.client().is_queued(first));
    sim.connect();
    sim.drive();
    let second = sim.send(&message("second")).unwrap();
    assert!(!sim.client().is_queued(second));
    sim.drive();
    assert_eq!(crate::support::routes(&sim), ["first", "second"]);
    assert_eq!(sim.client().in_flight(), 0);
    // The server answers all the same.
    assert_eq!(sim.notices().count(), 2);
    assert!(sim.history().iter().all(|(_, event)| !matches!(event, Event::Unsent { .. })));
}

#[test]
fn a_ping_of_the_app_is_a_call_like_any_other() {
    let mut sim = connected();
    let call = call(&mut sim, "PING");
    sim.drive();
    assert!(reply(&sim, call).is_success());
}

#[test]
fn errors_are_sentences() {
    let sentences = [
        (CallError::from(NotSent::TimedOut { waited: secs(30) }), "not sent: no connection within 30 s"),
        (OutcomeUnknown::TimedOut { waited: millis(250) }.into(), "outcome unknown: no reply within 0.25 s"),
        (
            OutcomeUnknown::LinkLost(CloseCode::ABNORMAL).into(),
            "outcome unknown: the connection was lost with code 1006 (connection lost)",
        ),
        (OutcomeUnknown::Closed.into(), "outcome unknown: the socket was closed before the reply came"),
        (NotSent::NoRoute.into(), "not sent: the message names no route"),
        (NotSent::Closed(CloseReason::ByApp).into(), "not sent: the socket is closed: closed by the app"),
        (Replied::NoStatus.into(), "the server answered with a status that is not a number"),
    ];
    for (error, sentence) in sentences {
        assert_eq!(error.to_string(), sentence);
        assert_eq!(error.is_safe_to_retry(), sentence.starts_with("not sent"));
    }
}
