//! Frames that come back: what has ended stays ended, what was not taken was not sent, and what is overdue never leaves.

use leptos_socket_core::{
    CallError, CallId, CallOptions, CloseCode, Event, Headers, Hint, Input, LinkId, Message, NotSent, Priority,
    SocketConfig, StatusCode, Transmit,
};

use crate::support::{ByHand, config, defaults, frame, message, millis, offered, refuse, secs};

fn token(token: &str) -> Headers {
    Headers::new().with("token", token)
}

fn open() -> (ByHand, LinkId) {
    open_with(defaults())
}

fn open_with(config: SocketConfig) -> (ByHand, LinkId) {
    let (mut hand, link) = ByHand::open(config);
    hand.transmits();
    hand.events();
    (hand, link)
}

/// The routes of what leaves, pings left out.
fn leaves(hand: &mut ByHand) -> Vec<String> {
    let frames = hand.messages().into_iter();
    frames.map(|frame| frame["route"].as_str().unwrap().to_owned()).collect()
}

fn unsent(events: Vec<Event>) -> Vec<NotSent> {
    let unsent = events.into_iter();
    unsent.filter_map(|event| if let Event::Unsent { error, .. } = event { Some(error) } else { None }).collect()
}

#[test]
fn a_call_that_has_ended_does_not_leave_when_its_frame_comes_back() {
    let ends: [fn(&mut ByHand, LinkId, CallId, &str); 3] = [
        |hand, _, call, _| assert!(hand.client.cancel(hand.now, call).is_some()),
        |hand, _, _, _| hand.pass(secs(30)),
        |hand, link, _, uuid| hand.text(link, frame(uuid, 200)),
    ];
    for end in ends {
        let (mut hand, link) = open_with(config(|config| config.heartbeat_rate(secs(100))));
        let call = hand.call("a");
        let not_taken = offered(&mut hand);
        let uuid = hand.client.uuid(call).to_string();
        end(&mut hand, link, call, &uuid);
        hand.input(link, not_taken);
        hand.input(link, Input::Closed(CloseCode::ABNORMAL));
        assert_eq!(hand.client.queued(), 0);
        hand.next_link();
        assert!(leaves(&mut hand).is_empty());
    }
}

#[test]
fn a_message_without_a_reply_that_comes_back_keeps_its_deadline_and_its_place() {
    let (mut hand, link) = open();
    let options = CallOptions::new().timeout(secs(2)).priority(Priority::Bulk);
    hand.client.send(hand.now, &message("a").with_options(options)).unwrap();
    let not_taken = offered(&mut hand);
    hand.now = hand.now + millis(500);
    hand.input(link, not_taken);
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert_eq!(hand.client.queued(), 1);
    hand.client.handle_hint(hand.now, Hint::Offline);
    hand.pass(millis(1_499));
    assert!(unsent(hand.events()).is_empty());
    hand.pass(millis(1));
    assert!(matches!(unsent(hand.events())[..], [NotSent::TimedOut { waited }] if waited == secs(2)));
}

#[test]
fn what_nobody_polled_does_not_leave_a_socket_that_is_closed_and_was_not_sent() {
    let (mut hand, link) = open();
    let call = hand.call("a");
    hand.client.send(hand.now, &message("b")).unwrap();
    hand.client.close(hand.now);
    assert_eq!(hand.transmits(), [Transmit::Close { link, code: CloseCode::NORMAL }]);
    let events = hand.events();
    assert!(!events.iter().any(|event| matches!(event, Event::Sent { .. })));
    let settled = events.iter().find_map(|event| match event {
        Event::Settled { call, outcome } => Some((*call, outcome.clone())),
        _ => None,
    });
    assert!(matches!(settled, Some((settled, Err(CallError::NotSent(NotSent::Closed(_))))) if settled == call));
    assert!(matches!(unsent(events)[..], [NotSent::Closed(_)]));
}

#[test]
fn a_frame_that_comes_back_leaves_again_as_it_was_but_with_the_headers_of_that_moment() {
    let (mut hand, link) = open();
    hand.client.set_global_headers(token("old").with("app", 1));
    let odd =
        Message::new("a", vec![(f64::MAX, "\u{0}\u{2028}\"")]).header("own", "kept").with_status(StatusCode::CREATED);
    hand.client.call(hand.now, &odd.clone().with_options(CallOptions::new().header("call", 7))).unwrap();
    let not_taken = offered(&mut hand);
    let Input::NotTaken { text, .. } = &not_taken else { unreachable!() };
    let mut expected: serde_json::Value = serde_json::from_str(text).unwrap();
    hand.input(link, not_taken);
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    hand.client.set_global_headers(token("new"));
    hand.next_link();
    expected["headers"] = serde_json::json!({ "token": "new", "own": "kept", "call": 7 });
    assert_eq!(hand.frames(), [expected]);
}

#[test]
fn a_frame_that_comes_back_twice_takes_up_room_in_the_queue_once() {
    let (mut hand, link) = open_with(config(|config| config.queue_bytes(200)));
    let call = hand.call("a");
    let not_taken = offered(&mut hand);
    hand.input(link, not_taken.clone());
    hand.input(link, not_taken);
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert!(matches!(hand.client.cancel(hand.now, call), Some(CallError::NotSent(NotSent::Cancelled))));
    assert_eq!(hand.client.queued(), 0);
    hand.call("b");
}

/// Whatever was submitted in between.
#[test]
fn the_last_message_that_was_polled_may_come_back_until_the_next_poll() {
    let (mut hand, link) = open();
    let first = hand.client.send(hand.now, &message("a")).unwrap();
    let not_taken = offered(&mut hand);
    hand.client.send(hand.now, &message("b")).unwrap();
    hand.input(link, not_taken.clone());
    assert!(hand.client.is_queued(first));
    assert_eq!(leaves(&mut hand), ["a", "b"]);
    // By now it counts as sent.
    hand.events();
    hand.input(link, not_taken);
    assert_eq!(hand.client.queued(), 0);
    assert!(leaves(&mut hand).is_empty());
}

#[test]
fn of_many_messages_those_stay_queued_that_nobody_polled() {
    let (mut hand, link) = ByHand::connecting(config(|config| config.high_water_mark(usize::MAX)));
    for _ in 0..20_000 {
        hand.client.send(hand.now, &message("a").with_options(CallOptions::new().bounded(false))).unwrap();
    }
    hand.input(link, Input::Opened);
    // The first is the ping.
    for _ in 0..=10_000 {
        let _ = hand.client.poll_transmit(hand.now, 0);
    }
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert_eq!(hand.client.queued(), 10_000);
}

#[test]
fn a_message_that_was_said_to_have_left_is_not_said_to_be_unsent() {
    let (mut hand, link) = open();
    let sent = hand.client.send(hand.now, &message("a")).unwrap();
    let not_taken = offered(&mut hand);
    hand.transmits();
    assert!(matches!(hand.events()[..], [Event::Sent { message }] if message == sent));
    hand.input(link, not_taken);
    hand.client.close(hand.now);
    assert!(unsent(hand.events()).is_empty());
}

/// Whoever makes room first, and however late the timer is looked at.
#[test]
fn what_is_overdue_never_leaves() {
    type Happens = fn(&mut ByHand, LinkId, CallId);
    let happens: [Happens; 4] = [
        |hand, _, other| drop(hand.client.cancel(hand.now, other)),
        |hand, link, _| hand.text(link, r#"{"route": "PONG"}"#),
        |hand, _, _| hand.client.set_global_headers(token("new")),
        |hand, _, _| hand.client.handle_refreshed(hand.now, 1, Some(token("new"))),
    ];
    for happens in happens {
        let (mut hand, link) = open_with(config(|config| config.high_water_mark(1)));
        hand.client.refresh_on_unauthorized(true);
        // It holds up what comes after it.
        let large = hand.client.call(hand.now, &Message::new("large", "x".repeat(100))).unwrap();
        let late = hand.call("late");
        assert_eq!(hand.client.poll_transmit(hand.now, 1), None);
        hand.now = hand.now + secs(31);
        happens(&mut hand, link, large);
        assert!(leaves(&mut hand).is_empty());
        let outcomes = hand.events().into_iter().filter_map(|event| match event {
            Event::Settled { call, outcome } => Some((call, outcome)),
            _ => None,
        });
        let ended = outcomes.filter(|(call, _)| *call == late).collect::<Vec<_>>();
        assert!(matches!(ended[..], [(_, Err(CallError::NotSent(NotSent::TimedOut { .. })))]), "{ended:?}");
    }
}

#[test]
fn a_link_that_refuses_everything_loses_nothing() {
    let (mut hand, mut link) = open();
    let calls: Vec<_> = (0..3).map(|_| hand.call("a")).collect();
    for _ in 0..3 {
        refuse(&mut hand, link);
        hand.pass(secs(5));
        link = hand.link();
        hand.input(link, Input::Opened);
        hand.client.poll_transmit(hand.now, 0).expect("a ping");
    }
    assert!(calls.iter().all(|call| hand.client.is_queued(*call)));
    assert_eq!(leaves(&mut hand).len(), 3);
}
