//! Headers that change, tokens that expire, and who the user is.

use leptos_socket_core::sim::{Answer, Sim};
use leptos_socket_core::{
    CallError, CallId, CallOptions, CloseCode, CloseReason, Diagnosis, Event, Headers, Hint, Input, LinkId, Message,
    NotSent, OutcomeUnknown, SocketState, StatusCode, Timer, Transmit,
};
use serde_json::Value;

use crate::support::{ByHand, SEED, config, defaults, frame, message, millis, name, offered, secs};

fn token(token: &str) -> Headers {
    Headers::new().with("token", token)
}

/// The routes of what leaves, with their tokens.
fn leaves(hand: &mut ByHand) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let frames = hand.messages().into_iter();
    frames.map(|frame| (text(&frame["route"]), text(&frame["headers"]["token"]))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(route, token)| ((*route).to_owned(), (*token).to_owned())).collect()
}

fn call_with(hand: &mut ByHand, route: &str, options: &CallOptions) -> CallId {
    hand.client.call(hand.now, &message(route).with_options(options.clone())).unwrap()
}

#[test]
fn headers_go_over_headers_the_calls_first_then_the_messages_then_the_global_ones() {
    let config = config(|config| config.global_headers(Headers::new().with("a", 1).with("b", 1).with("c", 1)));
    for queued in [false, true] {
        let (mut hand, link) = ByHand::connecting(config.clone());
        if !queued {
            hand.input(link, Input::Opened);
        }
        let message = Message::new("x", ()).header("b", 2).header("c", 2);
        hand.client.call(hand.now, &message.clone().with_options(CallOptions::new().header("c", 3))).unwrap();
        hand.input(link, Input::Opened);
        let headers = hand.messages().remove(0)["headers"].take();
        assert_eq!(headers, serde_json::json!({ "a": 1, "b": 2, "c": 3 }));
    }
}

#[test]
fn what_is_queued_or_sent_again_leaves_with_the_headers_of_that_moment() {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.client.set_global_headers(token("old"));
    hand.call("queued");
    call_with(&mut hand, "again", &CallOptions::new().idempotent(true));
    hand.client.set_global_headers(token("new"));
    hand.input(link, Input::Opened);
    assert_eq!(leaves(&mut hand), pairs(&[("queued", "new"), ("again", "new")]));
    hand.client.set_global_headers(token("newer"));
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    hand.next_link();
    assert_eq!(leaves(&mut hand), pairs(&[("again", "newer")]));
}

#[test]
fn headers_that_grow_too_large_while_a_message_waits_end_it_unsent() {
    let (mut hand, link) = ByHand::connecting(config(|config| config.max_request_size(1_000)));
    let call = hand.call("a");
    hand.client.set_global_headers(token(&"x".repeat(2_000)));
    hand.input(link, Input::Opened);
    assert!(leaves(&mut hand).is_empty());
    let (ended, outcome) = hand.settled();
    assert_eq!(ended, call);
    assert!(matches!(outcome, Err(CallError::NotSent(NotSent::TooLarge { .. }))), "{outcome:?}");
}

#[test]
fn a_call_that_was_sent_once_is_never_said_to_be_unsent() {
    let (mut hand, link) = ByHand::open(config(|config| config.max_request_size(1_000)));
    call_with(&mut hand, "a", &CallOptions::new().idempotent(true));
    hand.transmits();
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    hand.client.set_global_headers(token(&"x".repeat(2_000)));
    hand.next_link();
    hand.events();
    assert!(leaves(&mut hand).is_empty());
    let (_, outcome) = hand.settled();
    let again = |why: &OutcomeUnknown| matches!(why, OutcomeUnknown::NotSentAgain(NotSent::TooLarge { .. }));
    assert!(matches!(outcome, Err(CallError::OutcomeUnknown(why)) if again(&why)));
}

/// A socket that refreshes its token.
fn refreshing() -> (ByHand, LinkId) {
    let (mut hand, link) = ByHand::open(config(|c| c.max_reconnect_attempts(None)));
    hand.client.refresh_on_unauthorized(true);
    hand.transmits();
    hand.events();
    (hand, link)
}

/// Makes a call. Returns its uuid too.
fn sent(hand: &mut ByHand, route: &str) -> (CallId, String) {
    (hand.call(route), hand.uuid())
}

/// The refreshes that are asked for.
fn refreshes(hand: &mut ByHand) -> Vec<u32> {
    let refresh = |transmit| if let Transmit::Refresh { number } = transmit { Some(number) } else { None };
    hand.transmits().into_iter().filter_map(refresh).collect()
}

fn statuses(hand: &mut ByHand) -> Vec<Option<StatusCode>> {
    let events = hand.events().into_iter();
    events
        .filter_map(|event| match event {
            Event::Settled { outcome, .. } => Some(outcome.unwrap().status()),
            _ => None,
        })
        .collect()
}

/// A call gets a 401, and a refresh is asked for. Returns the call's uuid.
fn refused(hand: &mut ByHand, link: LinkId, refresh: u32) -> String {
    let (_, uuid) = sent(hand, "a");
    hand.text(link, frame(&uuid, 401));
    assert_eq!(refreshes(hand), [refresh]);
    uuid
}

/// So that the link stays.
fn pass(hand: &mut ByHand, link: LinkId, seconds: u64) {
    for _ in 0..seconds {
        hand.pass(secs(1));
        hand.text(link, r#"{"route": "PONG"}"#);
    }
}

#[test]
fn many_401s_make_one_refresh_and_then_all_are_sent_once_more_with_the_same_uuids() {
    let (mut hand, link) = refreshing();
    let calls: Vec<_> = (0..50).map(|_| sent(&mut hand, "a")).collect();
    for (_, uuid) in &calls {
        hand.text(link, frame(uuid, 401));
    }
    assert_eq!(refreshes(&mut hand), [1]);
    assert_eq!((hand.client.in_flight(), hand.client.queued()), (0, 50));
    assert!(statuses(&mut hand).is_empty());
    hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
    let frames = hand.frames();
    assert!(frames.iter().map(|frame| frame["uuid"].as_str().unwrap()).eq(calls.iter().map(|(_, uuid)| &**uuid)));
    assert!(frames.iter().all(|frame| frame["headers"]["token"] == "new"));
    for (_, uuid) in &calls {
        hand.text(link, frame(uuid, 200));
    }
    assert_eq!(statuses(&mut hand), vec![Some(StatusCode::OK); 50]);
}

#[test]
fn a_401_to_what_left_before_the_refresh_makes_no_other_one() {
    let (mut hand, link) = refreshing();
    let (_, early) = sent(&mut hand, "a");
    let (_, late) = sent(&mut hand, "b");
    hand.text(link, frame(&early, 401));
    assert_eq!(refreshes(&mut hand), [1]);
    hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
    hand.transmits();
    hand.text(link, frame(&late, 401));
    let transmits = hand.transmits();
    assert!(matches!(&transmits[..], [Transmit::Send { text, .. }] if text.contains(&late)), "{transmits:?}");
}

#[test]
fn a_second_401_is_the_outcome_and_makes_no_refresh_even_after_the_cooldown() {
    for seconds in [0, 60] {
        let (mut hand, link) = refreshing();
        call_with(&mut hand, "a", &CallOptions::new().timeout(secs(300)));
        let uuid = hand.uuid();
        hand.text(link, frame(&uuid, 401));
        assert_eq!(refreshes(&mut hand), [1]);
        hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
        hand.transmits();
        pass(&mut hand, link, seconds);
        hand.text(link, frame(&uuid, 401));
        assert_eq!(statuses(&mut hand), [Some(StatusCode::UNAUTHORIZED)]);
        assert!(refreshes(&mut hand).is_empty());
    }
}

#[test]
fn after_a_refresh_that_failed_each_call_has_its_401_and_what_waited_leaves() {
    let (mut hand, link) = refreshing();
    let calls: Vec<_> = (0..3).map(|_| sent(&mut hand, "a")).collect();
    for (_, uuid) in &calls {
        hand.text(link, frame(uuid, 401));
    }
    hand.transmits();
    hand.call("waits");
    assert!(leaves(&mut hand).is_empty());
    hand.client.handle_refreshed(hand.now, 1, None);
    assert_eq!(statuses(&mut hand), vec![Some(StatusCode::UNAUTHORIZED); 3]);
    assert_eq!(leaves(&mut hand), pairs(&[("waits", "-")]));
}

/// Every call to it would refresh the token, and hold up everything else meanwhile.
#[test]
fn a_route_that_always_says_401_makes_one_refresh_in_a_cooldown() {
    let mut sim = Sim::connected(defaults(), SEED);
    sim.with_client(|client, _| client.refresh_on_unauthorized(true));
    sim.server.on("forbidden", Answer::status(StatusCode::UNAUTHORIZED, Value::Null));
    let (mut calls, mut refreshes) = (0, 0);
    for _ in 0..90 {
        let call = sim.call(&message("forbidden")).unwrap();
        sim.drive();
        if let Some(number) = sim.network.refresh.take() {
            refreshes += 1;
            sim.with_client(|client, now| client.handle_refreshed(now, number, Some(token("new"))));
            sim.drive();
        }
        let status = sim.outcome(call).map(|outcome| outcome.as_ref().unwrap().status());
        calls += usize::from(status == Some(Some(StatusCode::UNAUTHORIZED)));
        sim.advance(secs(1));
    }
    assert_eq!((calls, refreshes), (90, 3));
}

/// Makes a call that is refused, refreshes, and answers what is sent again with `status`.
fn refused_and_refreshed(hand: &mut ByHand, link: LinkId, refresh: u32, status: u16) {
    let uuid = refused(hand, link, refresh);
    hand.client.handle_refreshed(hand.now, refresh, Some(token(&format!("token {refresh}"))));
    hand.transmits();
    hand.text(link, frame(&uuid, status));
    hand.events();
}

#[test]
fn a_token_shorter_than_the_cooldown_is_refreshed_each_time_that_it_expires() {
    let (mut hand, link) = refreshing();
    for refresh in 1..=5 {
        refused_and_refreshed(&mut hand, link, refresh, 200);
        pass(&mut hand, link, 3);
    }
}

#[test]
fn after_a_refresh_that_did_not_help_only_time_or_a_new_token_brings_another_one() {
    for is_time in [true, false] {
        let (mut hand, link) = refreshing();
        refused_and_refreshed(&mut hand, link, 1, 401);
        // Some route wants no token.
        let (_, public) = sent(&mut hand, "public");
        hand.text(link, frame(&public, 200));
        let (_, uuid) = sent(&mut hand, "a");
        hand.text(link, frame(&uuid, 401));
        assert!(refreshes(&mut hand).is_empty());
        if is_time {
            pass(&mut hand, link, 31);
        } else {
            hand.client.set_global_headers(token("from a login"));
            let (_, private) = sent(&mut hand, "private");
            hand.text(link, frame(&private, 200));
        }
        refused(&mut hand, link, 2);
    }
}

#[test]
fn a_refresh_that_failed_is_not_tried_again_because_a_route_without_a_token_answers() {
    let (mut hand, link) = refreshing();
    refused(&mut hand, link, 1);
    hand.client.handle_refreshed(hand.now, 1, None);
    let (_, public) = sent(&mut hand, "public");
    hand.text(link, frame(&public, 200));
    let (_, uuid) = sent(&mut hand, "a");
    hand.text(link, frame(&uuid, 401));
    assert!(refreshes(&mut hand).is_empty());
}

/// After several attempts that never opened, the app is asked for a token, because the old one may be the reason.
fn asked_while_the_server_is_away() -> ByHand {
    let (mut hand, link) = refreshing();
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    while refreshes(&mut hand).is_empty() {
        let link = next_attempt(&mut hand);
        hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    }
    hand
}

/// However long the backoff is by now.
fn next_attempt(hand: &mut ByHand) -> LinkId {
    hand.pass(secs(30));
    hand.link()
}

/// Often the refresh needs the same network, or this very socket.
#[test]
fn a_refresh_that_fails_while_there_is_no_link_is_tried_again_on_the_next_link() {
    let mut hand = asked_while_the_server_is_away();
    hand.client.handle_refreshed(hand.now, 1, None);
    let link = next_attempt(&mut hand);
    hand.input(link, Input::Opened);
    hand.transmits();
    refused(&mut hand, link, 2);
}

#[test]
fn the_time_without_a_link_does_not_count_as_that_of_a_refresh() {
    let mut hand = asked_while_the_server_is_away();
    let started_at = hand.now;
    while hand.now < started_at + secs(40) {
        let link = next_attempt(&mut hand);
        hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    }
    let link = next_attempt(&mut hand);
    hand.call("a");
    hand.input(link, Input::Opened);
    assert!(leaves(&mut hand).is_empty(), "with the old token");
    hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
    assert_eq!(leaves(&mut hand), pairs(&[("a", "new")]));
}

/// The server closes each link when its token expires.
#[test]
fn a_link_that_lasted_is_refreshed_when_its_token_expires_and_one_that_did_not_is_refused() {
    let (mut hand, mut link) = refreshing();
    for refresh in 1..=3 {
        pass(&mut hand, link, 6);
        hand.input(link, Input::Closed(CloseCode::new(4401)));
        assert_eq!(refreshes(&mut hand), [refresh]);
        hand.client.handle_refreshed(hand.now, refresh, Some(token("new")));
        link = hand.next_link();
        hand.transmits();
    }
    pass(&mut hand, link, 1);
    hand.input(link, Input::Closed(CloseCode::new(4401)));
    assert!(refreshes(&mut hand).is_empty());
    assert_eq!(hand.client.state(), SocketState::Closed(CloseReason::Refused(CloseCode::new(4401))));
}

#[test]
fn without_a_refresh_a_401_is_a_reply_like_any_other_though_the_headers_have_changed() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    hand.events();
    call_with(&mut hand, "a", &CallOptions::new().idempotent(true));
    let uuid = hand.uuid();
    hand.client.set_global_headers(token("new"));
    hand.text(link, frame(&uuid, 401));
    assert_eq!(statuses(&mut hand), [Some(StatusCode::UNAUTHORIZED)]);
    assert!(leaves(&mut hand).is_empty());
}

#[test]
fn a_call_may_refuse_to_be_sent_once_more() {
    let (mut hand, link) = refreshing();
    call_with(&mut hand, "a", &CallOptions::new().retry_unauthorized(false));
    let uuid = hand.uuid();
    hand.text(link, frame(&uuid, 401));
    assert_eq!(statuses(&mut hand), [Some(StatusCode::UNAUTHORIZED)]);
}

/// The call that gets the new token over the same socket must not wait for it.
#[test]
fn what_is_anonymous_has_no_token_waits_for_none_and_refreshes_none() {
    let (mut hand, link) = refreshing();
    hand.client.set_global_headers(token("old"));
    refused(&mut hand, link, 1);
    hand.call("waits");
    let anonymous = CallOptions::new().anonymous(true).header("own", 1);
    call_with(&mut hand, "login", &anonymous);
    let frames = hand.frames();
    assert_eq!((frames.len(), &frames[0]["route"]), (1, &"login".into()));
    assert_eq!(frames[0]["headers"], serde_json::json!({ "own": 1 }));
    hand.text(link, frame(frames[0]["uuid"].as_str().unwrap(), 401));
    assert_eq!(statuses(&mut hand), [Some(StatusCode::UNAUTHORIZED)]);
    hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
    assert_eq!(leaves(&mut hand), pairs(&[("a", "new"), ("waits", "new")]));
}

#[test]
fn what_waits_for_a_token_ends_at_its_deadline_or_with_the_socket_with_its_401() {
    for close in [false, true] {
        let (mut hand, link) = refreshing();
        refused(&mut hand, link, 1);
        if close {
            hand.client.close(hand.now);
        } else {
            hand.pass(secs(30));
        }
        assert_eq!(statuses(&mut hand), [Some(StatusCode::UNAUTHORIZED)]);
        hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
        assert!(hand.events().is_empty() && leaves(&mut hand).is_empty());
    }
}

#[test]
fn a_link_that_is_lost_meanwhile_changes_nothing_for_what_waits_for_a_token() {
    let (mut hand, link) = refreshing();
    let uuid = refused(&mut hand, link, 1);
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    let link = hand.next_link();
    assert!(leaves(&mut hand).is_empty());
    hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
    assert_eq!(leaves(&mut hand).len(), 1);
    hand.text(link, frame(&uuid, 200));
    assert!(hand.settled().1.is_ok());
}

#[test]
fn cancelling_what_waits_for_a_token_forgets_it() {
    let (mut hand, link) = refreshing();
    let (call, uuid) = sent(&mut hand, "a");
    hand.text(link, frame(&uuid, 401));
    assert!(hand.client.cancel(hand.now, call).is_some());
    hand.transmits();
    hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
    assert!(leaves(&mut hand).is_empty() && statuses(&mut hand).is_empty());
}

#[test]
fn a_call_that_was_sent_once_more_and_not_taken_still_has_its_401() {
    let (mut hand, link) = refreshing();
    refused(&mut hand, link, 1);
    hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
    let not_taken = offered(&mut hand);
    hand.input(link, not_taken);
    hand.client.close(hand.now);
    assert_eq!(statuses(&mut hand), [Some(StatusCode::UNAUTHORIZED)]);
}

#[test]
fn a_refresh_that_hangs_has_failed_after_the_request_timeout_and_what_waited_leaves() {
    let (mut hand, link) = refreshing();
    let patient = CallOptions::new().timeout(secs(600));
    call_with(&mut hand, "a", &patient);
    let uuid = hand.uuid();
    hand.text(link, frame(&uuid, 401));
    hand.transmits();
    call_with(&mut hand, "b", &patient);
    assert_eq!(hand.client.next_timer(), Some((Timer::Refresh, hand.now + secs(30))));
    pass(&mut hand, link, 30);
    assert_eq!(statuses(&mut hand), [Some(StatusCode::UNAUTHORIZED)]);
    assert_eq!(leaves(&mut hand), pairs(&[("b", "-")]));
    // It is still under way, and what it gets is as good as new.
    hand.client.handle_refreshed(hand.now, 1, Some(token("late")));
    hand.call("c");
    assert_eq!(leaves(&mut hand), pairs(&[("c", "late")]));
}

/// Tokens that are good for one use would be burnt.
#[test]
fn two_refreshes_never_run_at_once_whatever_happens_meanwhile() {
    let (mut hand, link) = refreshing();
    refused(&mut hand, link, 1);
    for reopens in [true, false] {
        hand.client.close(hand.now);
        hand.client.connect(hand.now);
        let link = hand.link();
        hand.input(link, Input::Opened);
        hand.transmits();
        if reopens {
            // The first one runs, but calls need not wait for it.
            let (_, uuid) = sent(&mut hand, "a");
            hand.text(link, frame(&uuid, 401));
            assert!(refreshes(&mut hand).is_empty());
        } else {
            pass(&mut hand, link, 30);
            // The next one: the driver drops the first before it starts.
            refused(&mut hand, link, 2);
        }
    }
    hand.events();
    hand.client.handle_refreshed(hand.now, 1, Some(token("old")));
    assert!(leaves(&mut hand).is_empty());
    hand.client.handle_refreshed(hand.now, 2, Some(token("new")));
    assert_eq!(leaves(&mut hand), pairs(&[("a", "new")]));
}

#[test]
fn a_refresh_goes_on_while_the_app_reconnects() {
    let (mut hand, link) = refreshing();
    refused(&mut hand, link, 1);
    hand.client.reconnect(hand.now);
    let link = hand.link();
    hand.input(link, Input::Opened);
    assert!(leaves(&mut hand).is_empty());
    hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
    assert_eq!(leaves(&mut hand), pairs(&[("a", "new")]));
}

#[test]
fn what_is_called_while_a_token_is_awaited_waits_for_it_within_the_bound_of_bytes() {
    let (mut hand, link) = ByHand::open(config(|config| config.queue_capacity(0).queue_bytes(1_000)));
    hand.client.refresh_on_unauthorized(true);
    hand.transmits();
    refused(&mut hand, link, 1);
    let waiting = std::iter::from_fn(|| hand.client.call(hand.now, &message("b")).ok()).count();
    assert!((4..20).contains(&waiting), "{waiting}");
    hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
    assert_eq!(leaves(&mut hand).len(), waiting + 1);
}

#[test]
fn a_refresh_that_failed_has_failed_for_all_that_left_before_it() {
    let (mut hand, link) = refreshing();
    let uuids = [(); 4].map(|()| sent(&mut hand, "a").1);
    hand.text(link, frame(&uuids[0], 401));
    assert_eq!(refreshes(&mut hand), [1]);
    hand.client.handle_refreshed(hand.now, 1, None);
    hand.events();
    for uuid in &uuids[1..] {
        hand.text(link, frame(uuid, 401));
        assert_eq!(hand.settled().1.unwrap().status(), Some(StatusCode::UNAUTHORIZED));
    }
    assert!(refreshes(&mut hand).is_empty());
    // After a while it may be tried again.
    pass(&mut hand, link, 30);
    refused(&mut hand, link, 2);
}

#[test]
fn a_close_code_may_ask_for_a_new_token() {
    let (mut hand, link) = refreshing();
    hand.call("kept");
    hand.input(link, Input::Closed(CloseCode::UNAUTHORIZED));
    assert_eq!(refreshes(&mut hand), [1]);
    assert_eq!(name(hand.client.state()), "backoff");
    // No hint goes without the token.
    for hint in [Hint::Online, Hint::Resumed, Hint::Slept] {
        hand.client.handle_hint(hand.now, hint);
    }
    pass(&mut hand, link, 10);
    assert!(hand.transmits().is_empty());
    hand.client.handle_refreshed(hand.now, 1, Some(token("new")));
    let link = hand.link();
    hand.input(link, Input::Opened);
    assert!(hand.client.state().is_open());
    // The new one is refused too: that is an answer.
    hand.input(link, Input::Closed(CloseCode::UNAUTHORIZED));
    assert_eq!(hand.client.state(), SocketState::Closed(CloseReason::Refused(CloseCode::UNAUTHORIZED)));
    assert!(refreshes(&mut hand).is_empty());
}

#[test]
fn without_a_new_token_a_link_that_needs_one_is_refused() {
    let refused = SocketState::Closed(CloseReason::Refused(CloseCode::UNAUTHORIZED));
    let (mut hand, link) = ByHand::open(defaults());
    hand.input(link, Input::Closed(CloseCode::UNAUTHORIZED));
    assert_eq!(hand.client.state(), refused);

    for answers in [true, false] {
        let (mut hand, link) = refreshing();
        hand.input(link, Input::Closed(CloseCode::UNAUTHORIZED));
        hand.transmits();
        if answers {
            hand.client.handle_refreshed(hand.now, 1, None);
        } else {
            hand.pass(secs(30));
        }
        assert_eq!(hand.client.state(), refused);
        assert_eq!(hand.client.diagnosis(), Some(Diagnosis::Refused(CloseCode::UNAUTHORIZED)));
        assert_eq!(hand.client.poll_timeout(), None);
    }
}

/// All that a page sees of a handshake that is refused is 1006.
#[test]
fn several_attempts_that_never_open_ask_for_a_new_token_once() {
    let (mut hand, mut link) = ByHand::connecting(config(|c| c.max_reconnect_attempts(None)));
    hand.client.refresh_on_unauthorized(true);
    let mut asked = Vec::new();
    for attempt in 0..20 {
        hand.input(link, Input::Closed(CloseCode::ABNORMAL));
        let refreshes = refreshes(&mut hand);
        if let [number] = refreshes[..] {
            asked.push(attempt);
            // There is one, and the next attempt has it at once.
            hand.client.handle_refreshed(hand.now, number, Some(token("new")));
        } else {
            hand.pass(secs(31));
        }
        link = hand.link();
    }
    assert_eq!(asked, [2]);
    hand.input(link, Input::Opened);
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    for _ in 0..3 {
        hand.pass(secs(31));
        link = hand.link();
        hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    }
    assert_eq!(refreshes(&mut hand), [2]);
}

#[test]
fn what_a_person_submitted_ends_when_they_sign_out_and_the_client_stays_closed() {
    let (mut hand, link) = refreshing();
    hand.client.set_global_headers(token("alice"));
    let in_flight = call_with(&mut hand, "in flight", &CallOptions::new().idempotent(true));
    hand.transmits();
    refused(&mut hand, link, 1);
    let queued = hand.call("queued");
    hand.client.send(hand.now, &message("line")).unwrap();
    hand.events();
    hand.client.sign_out(hand.now);
    let events = hand.events();
    let ended = |id| {
        events.iter().find_map(|event| match event {
            Event::Settled { call, outcome } if *call == id => Some(outcome.clone()),
            _ => None,
        })
    };
    assert!(matches!(ended(in_flight), Some(Err(CallError::OutcomeUnknown(OutcomeUnknown::Closed)))));
    let signed_out = NotSent::Closed(CloseReason::SignedOut);
    let is_signed_out = |error: &NotSent| *error == signed_out;
    assert!(matches!(ended(queued), Some(Err(CallError::NotSent(error))) if is_signed_out(&error)));
    assert!(events.iter().any(|event| matches!(event, Event::Unsent { error, .. } if is_signed_out(error))));
    assert_eq!((hand.client.in_flight(), hand.client.queued()), (0, 0));

    // A token that comes late is nobody's, and nothing opens it again.
    hand.client.handle_refreshed(hand.now, 1, Some(token("alice again")));
    hand.client.connect(hand.now);
    hand.client.reconnect(hand.now);
    hand.client.handle_hint(hand.now, Hint::Online);
    assert_eq!(hand.client.state(), SocketState::Closed(CloseReason::SignedOut));
    assert!(!hand.transmits().iter().any(|transmit| matches!(transmit, Transmit::Resolve { .. })));
    assert_eq!(hand.client.call(hand.now, &message("more")), Err(signed_out));
}

#[test]
fn a_page_that_is_put_away_lets_go_of_its_link_and_is_live_at_once_when_it_is_back() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.call("lost");
    call_with(&mut hand, "kept", &CallOptions::new().idempotent(true));
    hand.transmits();
    hand.events();
    hand.client.handle_hint(hand.now, Hint::Suspended);
    assert_eq!(hand.transmits(), [Transmit::Abandon { link }]);
    let (_, outcome) = hand.settled();
    assert!(matches!(outcome, Err(CallError::OutcomeUnknown(_))));
    hand.now = hand.now + secs(3_600);
    hand.client.handle_hint(hand.now, Hint::Resumed);
    let link = hand.link();
    hand.now = hand.now + millis(50);
    hand.events();
    hand.input(link, Input::Opened);
    // It was idempotent, and is overdue.
    assert!(leaves(&mut hand).is_empty());
    assert!(hand.events().iter().any(|event| matches!(event, Event::Gap { .. })));
}

#[test]
fn a_page_that_is_put_away_while_it_connects_or_waits_or_is_closed_spends_no_attempt() {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.client.handle_hint(hand.now, Hint::Suspended);
    assert_eq!(hand.transmits(), [Transmit::Abandon { link }]);
    hand.client.handle_hint(hand.now, Hint::Suspended);
    assert!(hand.transmits().is_empty());
    hand.client.handle_hint(hand.now, Hint::Resumed);
    let link = hand.link();
    hand.input(link, Input::Opened);
    assert!(hand.client.state().is_open());
    hand.client.close(hand.now);
    hand.transmits();
    for hint in [Hint::Suspended, Hint::Resumed] {
        hand.client.handle_hint(hand.now, hint);
        assert!(hand.transmits().is_empty());
    }
}
