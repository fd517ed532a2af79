//! Frames that come back, and answers that come too late: what has ended stays so, and nothing leaves with what was true once.

use leptos_socket_core::{
    CallError, CallId, CallOptions, CloseCode, Event, Headers, Hint, Input, LinkId, Message, NotSent, Priority,
    QueueLimit, Sent, SocketConfig, StatusCode, Timer, Transmit,
};

use crate::support::{ByHand, config, defaults, frame, message, millis, secs};

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

/// The one frame that the driver is to hand over.
fn offered(hand: &mut ByHand) -> Input {
    let Some(Transmit::Send { message, text, .. }) = hand.client.poll_transmit() else { panic!("a frame") };
    Input::NotTaken { message, text }
}

/// The link does not take it, and is gone.
fn refuse(hand: &mut ByHand, link: LinkId, not_taken: Input) {
    hand.input(link, not_taken);
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
}

/// The tokens of what leaves, pings left out.
fn tokens(hand: &mut ByHand) -> Vec<String> {
    let frames = hand.frames().into_iter().filter(|frame| frame["route"] != "PING");
    frames.map(|frame| frame["headers"]["token"].as_str().unwrap_or("-").to_owned()).collect()
}

fn unsent(events: Vec<Event>) -> Vec<NotSent> {
    let unsent = events.into_iter();
    unsent.filter_map(|event| if let Event::Unsent { error, .. } = event { Some(error) } else { None }).collect()
}

#[test]
fn a_call_that_has_ended_does_not_leave_when_its_frame_comes_back() {
    let ends: [fn(&mut ByHand, LinkId, CallId, &str); 3] = [
        |hand, _, call, _| assert!(hand.client.cancel(call).is_some()),
        |hand, _, _, _| hand.pass(secs(30)),
        |hand, link, _, uuid| hand.text(link, frame(uuid, 200)),
    ];
    for end in ends {
        let (mut hand, link) = open_with(config(|config| config.heartbeat_rate(secs(100)).busy_timeout(secs(100))));
        let call = hand.call("a");
        let not_taken = offered(&mut hand);
        let Input::NotTaken { text, .. } = &not_taken else { unreachable!() };
        let uuid = serde_json::from_str::<serde_json::Value>(text).unwrap()["uuid"].as_str().unwrap().to_owned();
        end(&mut hand, link, call, &uuid);
        refuse(&mut hand, link, not_taken);
        assert_eq!(hand.client.queued(), 0);
        hand.next_link();
        assert!(tokens(&mut hand).is_empty());
    }
}

#[test]
fn a_message_without_a_reply_that_comes_back_keeps_its_deadline_and_its_place() {
    let (mut hand, link) = open();
    let options = CallOptions::new().timeout(secs(2)).priority(Priority::Bulk);
    assert_eq!(hand.client.send_with(hand.now, &message("a"), &options), Ok(Sent::Now));
    let not_taken = offered(&mut hand);
    hand.now = hand.now + millis(500);
    refuse(&mut hand, link, not_taken);
    assert_eq!(hand.client.queued(), 1);
    hand.client.handle_hint(hand.now, Hint::Offline);
    hand.pass(millis(1_499));
    assert!(unsent(hand.events()).is_empty());
    hand.pass(millis(1));
    assert!(matches!(unsent(hand.events())[..], [NotSent::TimedOut { waited }] if waited == secs(2)));
}

#[test]
fn frames_that_nobody_took_do_not_leave_a_socket_that_is_closed_and_their_messages_were_not_sent() {
    let (mut hand, link) = open();
    let call = hand.call("a");
    assert_eq!(hand.client.send(hand.now, &message("b")), Ok(Sent::Now));
    let posted = hand.client.post(hand.now, &message("c"), &CallOptions::new()).unwrap();
    hand.client.close(hand.now);
    assert_eq!(hand.transmits(), [Transmit::Close { link, code: CloseCode::NORMAL }]);
    let events = hand.events();
    assert!(!events.iter().any(|event| matches!(event, Event::Left { message } if *message == posted)));
    let settled = events.iter().find_map(|event| match event {
        Event::Settled { call, outcome } => Some((*call, outcome.clone())),
        _ => None,
    });
    assert!(matches!(settled, Some((settled, Err(CallError::NotSent(NotSent::Closed(_))))) if settled == call));
    assert!(matches!(unsent(events)[..], [NotSent::Closed(_), NotSent::Closed(_)]));
}

#[test]
fn a_frame_that_comes_back_leaves_again_as_it_was_but_with_the_headers_of_that_moment() {
    let (mut hand, link) = open();
    hand.client.set_global_headers(token("old").with("app", 1));
    let odd =
        Message::new("a", vec![(f64::MAX, "\u{0}\u{2028}\"")]).header("own", "kept").with_status(StatusCode::CREATED);
    hand.client.call_with(hand.now, &odd, &CallOptions::new().header("call", 7)).unwrap();
    let not_taken = offered(&mut hand);
    let Input::NotTaken { text, .. } = &not_taken else { unreachable!() };
    let mut expected: serde_json::Value = serde_json::from_str(text).unwrap();
    refuse(&mut hand, link, not_taken);
    hand.client.set_global_headers(token("new"));
    hand.next_link();
    expected["headers"] = serde_json::json!({ "token": "new", "own": "kept", "call": 7 });
    assert_eq!(hand.frames(), [expected]);
}

fn asking() -> (ByHand, LinkId) {
    let (mut hand, link) = open();
    hand.client.ask_headers(true);
    (hand, link)
}

fn asked(hand: &mut ByHand) -> usize {
    hand.transmits().iter().filter(|transmit| matches!(transmit, Transmit::AskHeaders { .. })).count()
}

#[test]
fn headers_that_were_named_for_one_link_are_asked_for_again_on_the_next() {
    let (mut hand, link) = asking();
    let calls = [hand.call("a"), hand.call("b"), hand.call("c")];
    assert_eq!(asked(&mut hand), 3);
    // The second is known, but waits behind the first; the third one's come while there is no link.
    hand.client.handle_headers(hand.now, calls[1], Some(token("old")));
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    hand.client.handle_headers(hand.now, calls[2], Some(token("old")));
    hand.next_link();
    assert_eq!(asked(&mut hand), 2);
    for call in calls {
        hand.client.handle_headers(hand.now, call, Some(token("new")));
    }
    assert_eq!(tokens(&mut hand), ["new"; 3]);
}

#[test]
fn headers_that_were_named_before_a_refresh_are_asked_for_again_after_it() {
    let (mut hand, link) = asking();
    hand.client.refresh_on_unauthorized(true);
    let early = hand.call("a");
    hand.client.handle_headers(hand.now, early, Some(token("old")));
    let uuid = hand.uuid();
    let calls = [hand.call("b"), hand.call("c"), hand.call("d")];
    hand.client.handle_headers(hand.now, calls[1], Some(token("old")));
    hand.text(link, frame(&uuid, 401));
    hand.client.handle_headers(hand.now, calls[2], Some(token("old")));
    hand.transmits();
    hand.client.handle_refreshed(hand.now, 1, true);
    assert_eq!(asked(&mut hand), 2);
    // That was asked for before the refresh: nobody knows which token it is.
    hand.client.handle_headers(hand.now, calls[0], Some(token("old")));
    assert_eq!(asked(&mut hand), 1);
    for call in calls {
        hand.client.handle_headers(hand.now, call, Some(token("new")));
    }
    assert_eq!(tokens(&mut hand), ["new"; 3]);
}

#[test]
fn when_headers_are_no_longer_asked_for_what_awaits_them_leaves() {
    let (mut hand, _) = asking();
    hand.client.set_global_headers(token("fixed"));
    let call = hand.call("a");
    assert_eq!(asked(&mut hand), 1);
    hand.client.ask_headers(false);
    hand.client.handle_headers(hand.now, call, None);
    assert_eq!(tokens(&mut hand), ["fixed"]);
    assert_eq!(hand.client.in_flight(), 1);
}

#[test]
fn what_awaits_its_headers_is_bounded_also_where_nothing_shall_wait_for_a_link() {
    let (mut hand, _) = open_with(config(|config| config.queue_capacity(0).queue_bytes(0)));
    hand.client.ask_headers(true);
    for _ in 0..1_000 {
        hand.call("a");
    }
    let refused = hand.client.call(hand.now, &message("a"));
    assert_eq!(refused, Err(NotSent::QueueFull(QueueLimit::Messages(1_000))));

    let (mut hand, _) = open_with(config(|config| config.queue_capacity(0).queue_bytes(0)));
    hand.client.ask_headers(true);
    let large = Message::new("a", "x".repeat(900_000));
    let accepted = std::iter::from_fn(|| hand.client.call(hand.now, &large).ok()).count();
    assert_eq!(accepted, 4);
    let refused = hand.client.call(hand.now, &large);
    assert_eq!(refused, Err(NotSent::QueueFull(QueueLimit::Bytes(4 << 20))));
}

/// A call got a 401, and the app is about to get a new token.
fn refreshing() -> (ByHand, LinkId) {
    let (mut hand, link) = open();
    hand.client.refresh_on_unauthorized(true);
    refused(&mut hand, link);
    assert_eq!(hand.transmits(), [Transmit::Refresh { number: 1 }]);
    (hand, link)
}

fn refused(hand: &mut ByHand, link: LinkId) {
    let patient = CallOptions::new().idempotent(true).timeout(secs(600));
    hand.client.call_with(hand.now, &message("a"), &patient).unwrap();
    let uuid = hand.uuid();
    hand.text(link, frame(&uuid, 401));
}

#[test]
fn a_refresh_that_hangs_has_failed_after_the_request_timeout_and_what_waited_leaves() {
    let (mut hand, link) = refreshing();
    // So that the link stays.
    hand.text(link, r#"{"route": "PONG"}"#);
    hand.client.call_with(hand.now, &message("b"), &CallOptions::new().timeout(secs(600))).unwrap();
    let mut gave_up = None;
    while gave_up.is_none() {
        let (timer, at) = hand.client.next_timer().unwrap();
        hand.now = at;
        hand.fire();
        hand.text(link, r#"{"route": "PONG"}"#);
        gave_up = (timer == Timer::Refresh).then_some(at);
    }
    assert_eq!(gave_up, Some(leptos_socket_core::Instant::from_millis(30_000)));
    assert_eq!(hand.settled().1.unwrap().status(), Some(StatusCode::UNAUTHORIZED));
    assert_eq!(tokens(&mut hand).len(), 1);
    // Its answer is nobody's any more.
    hand.client.handle_refreshed(hand.now, 1, true);
    assert!(hand.transmits().is_empty());
}

#[test]
fn an_answer_to_an_earlier_refresh_is_not_taken_for_that_of_the_next() {
    let (mut hand, _) = refreshing();
    hand.client.close(hand.now);
    assert_eq!(hand.settled().1.unwrap().status(), Some(StatusCode::UNAUTHORIZED));
    hand.transmits();
    hand.client.connect(hand.now);
    let link = hand.link();
    hand.input(link, Input::Opened);
    hand.transmits();
    refused(&mut hand, link);
    assert_eq!(hand.transmits(), [Transmit::Refresh { number: 2 }]);
    hand.events();
    hand.client.handle_refreshed(hand.now, 1, false);
    assert!(hand.events().is_empty() && hand.transmits().is_empty());
    hand.client.handle_refreshed(hand.now, 2, true);
    assert_eq!(tokens(&mut hand).len(), 1);
}

#[test]
fn a_refresh_goes_on_while_the_app_reconnects() {
    let (mut hand, _) = refreshing();
    hand.client.reconnect(hand.now);
    let link = hand.link();
    hand.input(link, Input::Opened);
    assert!(tokens(&mut hand).is_empty());
    hand.client.set_global_headers(token("new"));
    hand.client.handle_refreshed(hand.now, 1, true);
    assert_eq!(tokens(&mut hand), ["new"]);
}

#[test]
fn a_frame_that_comes_back_twice_takes_up_room_in_the_queue_once() {
    let (mut hand, link) = open_with(config(|config| config.queue_bytes(200)));
    let call = hand.call("a");
    let not_taken = offered(&mut hand);
    hand.input(link, not_taken.clone());
    refuse(&mut hand, link, not_taken);
    assert!(matches!(hand.client.cancel(call), Some(CallError::NotSent(NotSent::Cancelled))));
    assert_eq!(hand.client.queued(), 0);
    hand.call("b");
}

#[test]
fn a_call_that_waits_for_a_token_is_not_queued_when_its_frame_comes_back() {
    let (mut hand, link) = open();
    hand.client.refresh_on_unauthorized(true);
    hand.client.call_with(hand.now, &message("a"), &CallOptions::new().idempotent(true)).unwrap();
    let uuid = hand.uuid();
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    let link = hand.next_link();
    // Answered on the new link, though nobody has offered it there.
    hand.text(link, frame(&uuid, 401));
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert_eq!(hand.client.queued(), 0);
    hand.client.handle_refreshed(hand.now, 1, false);
    assert_eq!(hand.settled().1.unwrap().status(), Some(StatusCode::UNAUTHORIZED));
    assert_eq!(hand.client.queued(), 0);
    hand.client.close(hand.now);
}

#[test]
fn of_many_frames_those_come_back_that_nobody_took() {
    let (mut hand, link) = ByHand::connecting(config(|config| config.high_water_mark(usize::MAX)));
    for _ in 0..20_000 {
        hand.client.post(hand.now, &message("a"), &CallOptions::new()).unwrap();
    }
    hand.input(link, Input::Opened);
    for _ in 0..10_000 {
        let _ = hand.client.poll_transmit();
    }
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert_eq!(hand.client.queued(), 10_000);
}

#[test]
fn a_post_that_was_said_to_have_left_is_not_said_to_be_unsent() {
    let (mut hand, link) = open();
    let posted = hand.client.post(hand.now, &message("a"), &CallOptions::new()).unwrap();
    let not_taken = offered(&mut hand);
    assert!(matches!(hand.events()[..], [Event::Left { message }] if message == posted));
    refuse(&mut hand, link, not_taken);
    assert_eq!(hand.client.queued(), 1);
    hand.client.close(hand.now);
    assert!(unsent(hand.events()).is_empty());
}

#[test]
fn what_is_called_while_a_token_is_awaited_waits_for_it_also_where_nothing_shall_wait_for_a_link() {
    let (mut hand, link) = open_with(config(|config| config.queue_capacity(0).queue_bytes(0)));
    hand.client.refresh_on_unauthorized(true);
    refused(&mut hand, link);
    hand.transmits();
    hand.call("b");
    hand.client.handle_refreshed(hand.now, 1, true);
    assert_eq!(tokens(&mut hand).len(), 2);
}

#[test]
fn a_refresh_that_failed_has_failed_for_all_that_left_before_it() {
    let (mut hand, link) = open();
    hand.client.refresh_on_unauthorized(true);
    let options = |idempotent| CallOptions::new().idempotent(idempotent);
    let uuids = [true, false, true, false].map(|idempotent| {
        hand.client.call_with(hand.now, &message("a"), &options(idempotent)).unwrap();
        hand.uuid()
    });
    hand.text(link, frame(&uuids[0], 401));
    assert_eq!(hand.transmits(), [Transmit::Refresh { number: 1 }]);
    hand.client.handle_refreshed(hand.now, 1, false);
    hand.events();
    for uuid in &uuids[1..] {
        hand.text(link, frame(uuid, 401));
        assert_eq!(hand.settled().1.unwrap().status(), Some(StatusCode::UNAUTHORIZED));
    }
    assert!(hand.transmits().is_empty());
    // What leaves from now on may be told that there is one again.
    refused(&mut hand, link);
    assert_eq!(hand.transmits(), [Transmit::Refresh { number: 2 }]);
}

#[test]
fn what_is_overdue_does_not_leave_when_the_app_answers_before_the_timer_is_looked_at() {
    type Answer = fn(&mut ByHand, CallId);
    let answers: [(_, Answer); 2] = [
        (asking(), |hand, call| hand.client.handle_headers(hand.now, call, Some(token("new")))),
        (refreshing(), |hand, _| hand.client.handle_refreshed(hand.now, 1, true)),
    ];
    for ((mut hand, _), answer) in answers {
        let call = hand.call("b");
        hand.transmits();
        // The page was frozen.
        hand.now = hand.now + secs(31);
        answer(&mut hand, call);
        assert!(!hand.frames().iter().any(|frame| frame["route"] == "b"));
        let ended = hand.events().into_iter().find_map(|event| match event {
            Event::Settled { call: ended, outcome } if ended == call => Some(outcome),
            _ => None,
        });
        assert!(matches!(ended, Some(Err(CallError::NotSent(NotSent::TimedOut { .. })))), "{ended:?}");
    }
}
