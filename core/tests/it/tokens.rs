//! Headers that change or are asked for, and tokens that expire.

use leptos_socket_core::{
    CallError, CallId, CallOptions, CloseCode, Event, Headers, Hint, Input, LinkId, Message, NotSent, OutcomeUnknown,
    StatusCode, Transmit,
};
use serde_json::Value;

use crate::support::{ByHand, config, defaults, frame, message, millis, secs};

fn token(token: &str) -> Headers {
    Headers::new().with("token", token)
}

/// The routes of what leaves, with their tokens.
fn leaves(hand: &mut ByHand) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let frames = hand.frames().into_iter().filter(|frame| frame["route"] != "PING");
    frames.map(|frame| (text(&frame["route"]), text(&frame["headers"]["token"]))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(route, token)| ((*route).to_owned(), (*token).to_owned())).collect()
}

fn idempotent(hand: &mut ByHand, route: &str) -> CallId {
    hand.client.call_with(hand.now, &message(route), &CallOptions::new().idempotent(true)).unwrap()
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
        hand.client.call_with(hand.now, &message, &CallOptions::new().header("c", 3)).unwrap();
        hand.input(link, Input::Opened);
        let headers = hand.frames().remove(0)["headers"].take();
        assert_eq!(headers, serde_json::json!({ "a": 1, "b": 2, "c": 3 }));
    }
}

#[test]
fn what_is_queued_or_sent_again_leaves_with_the_headers_of_that_moment() {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.client.set_global_headers(token("old"));
    hand.call("queued");
    idempotent(&mut hand, "again");
    hand.client.set_global_headers(token("new"));
    hand.input(link, Input::Opened);
    assert_eq!(leaves(&mut hand), pairs(&[("queued", "new"), ("again", "new")]));
    hand.client.set_global_headers(token("newer"));
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    hand.pass(secs(1));
    let link = hand.link();
    hand.input(link, Input::Opened);
    assert_eq!(leaves(&mut hand), pairs(&[("again", "newer")]));
}

#[test]
fn headers_that_grow_too_large_while_a_message_waits_end_it_unsent() {
    let (mut hand, link) = ByHand::connecting(config(|config| config.max_request_size(1_000)));
    let call = hand.call("a");
    hand.client.set_global_headers(token(&"x".repeat(2_000)));
    hand.input(link, Input::Opened);
    let (ended, outcome) = hand.settled();
    assert_eq!(ended, call);
    assert!(matches!(outcome, Err(CallError::NotSent(NotSent::TooLarge { .. }))), "{outcome:?}");
}

/// The messages whose headers are asked for.
fn asked(hand: &mut ByHand) -> Vec<CallId> {
    let transmits = hand.transmits().into_iter();
    transmits
        .filter_map(|transmit| if let Transmit::AskHeaders { message } = transmit { Some(message) } else { None })
        .collect()
}

fn asking() -> (ByHand, LinkId) {
    let (mut hand, link) = ByHand::connecting(defaults());
    hand.client.ask_headers(true);
    (hand, link)
}

#[test]
fn headers_are_asked_for_when_a_message_could_leave_and_messages_keep_their_order() {
    let (mut hand, link) = asking();
    let calls = [hand.call("a"), hand.call("b")];
    assert!(asked(&mut hand).is_empty());
    hand.input(link, Input::Opened);
    assert_eq!(asked(&mut hand), calls);
    hand.client.handle_headers(hand.now, calls[1], Some(token("2")));
    assert!(leaves(&mut hand).is_empty());
    hand.client.handle_headers(hand.now, calls[0], Some(token("1")));
    assert_eq!(leaves(&mut hand), pairs(&[("a", "1"), ("b", "2")]));
    assert_eq!(hand.client.in_flight(), 2);
    hand.client.handle_headers(hand.now, calls[0], Some(token("late")));
    assert!(leaves(&mut hand).is_empty());
}

#[test]
fn without_headers_a_message_ends_unsent_and_the_next_one_leaves() {
    let (mut hand, link) = asking();
    hand.input(link, Input::Opened);
    let calls = [hand.call("a"), hand.call("b")];
    hand.transmits();
    hand.client.handle_headers(hand.now, calls[1], Some(token("2")));
    hand.events();
    hand.client.handle_headers(hand.now, calls[0], None);
    let (ended, outcome) = hand.settled();
    assert_eq!(ended, calls[0]);
    assert!(matches!(outcome, Err(CallError::NotSent(NotSent::NoHeaders))));
    assert_eq!(leaves(&mut hand), pairs(&[("b", "2")]));
}

#[test]
fn a_message_whose_headers_never_come_ends_at_its_deadline_and_holds_up_nobody() {
    let (mut hand, link) = asking();
    hand.input(link, Input::Opened);
    hand.fire();
    let first = hand.call("a");
    hand.pass(secs(10));
    hand.transmits();
    let second = hand.call("b");
    hand.client.handle_headers(hand.now, second, Some(token("2")));
    hand.events();
    hand.pass(secs(20));
    assert_eq!(hand.settled().0, first);
    assert_eq!(leaves(&mut hand), pairs(&[("b", "2")]));
}

#[test]
fn cancelling_a_message_that_awaits_its_headers_lets_the_next_one_leave() {
    let (mut hand, link) = asking();
    hand.input(link, Input::Opened);
    let calls = [hand.call("a"), hand.call("b")];
    hand.client.handle_headers(hand.now, calls[1], Some(token("2")));
    hand.transmits();
    assert!(hand.client.cancel(calls[0]).is_some());
    assert_eq!(leaves(&mut hand), pairs(&[("b", "2")]));
}

#[test]
fn a_call_that_was_sent_once_is_never_said_to_be_unsent() {
    let (mut hand, link) = asking();
    hand.input(link, Input::Opened);
    let call = idempotent(&mut hand, "a");
    hand.client.handle_headers(hand.now, call, Some(token("1")));
    hand.transmits();
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    hand.pass(secs(1));
    let link = hand.link();
    hand.input(link, Input::Opened);
    hand.events();
    hand.client.handle_headers(hand.now, call, None);
    let (_, outcome) = hand.settled();
    let again = OutcomeUnknown::NotSentAgain(NotSent::NoHeaders);
    assert!(matches!(outcome, Err(CallError::OutcomeUnknown(why)) if why == again));
}

#[test]
fn an_idempotent_call_asks_for_its_headers_again_on_the_next_link() {
    let (mut hand, link) = asking();
    hand.input(link, Input::Opened);
    let call = idempotent(&mut hand, "a");
    hand.client.handle_headers(hand.now, call, Some(token("1")));
    assert_eq!(leaves(&mut hand), pairs(&[("a", "1")]));
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    hand.pass(secs(1));
    let link = hand.link();
    hand.input(link, Input::Opened);
    assert_eq!(asked(&mut hand), [call]);
    hand.client.handle_headers(hand.now, call, Some(token("2")));
    assert_eq!(leaves(&mut hand), pairs(&[("a", "2")]));
}

/// A socket that refreshes its token.
fn refreshing() -> (ByHand, LinkId) {
    let (mut hand, link) = ByHand::open(defaults());
    hand.client.refresh_on_unauthorized(true);
    hand.transmits();
    hand.events();
    (hand, link)
}

/// Makes an idempotent call. Returns its uuid too.
fn sent(hand: &mut ByHand, route: &str) -> (CallId, String) {
    (idempotent(hand, route), hand.uuid())
}

/// How many refreshes are asked for.
fn refreshes(hand: &mut ByHand) -> usize {
    hand.transmits().iter().filter(|transmit| matches!(transmit, Transmit::Refresh { .. })).count()
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

#[test]
fn many_401s_make_one_refresh_and_then_all_are_sent_again_with_the_same_uuids() {
    let (mut hand, link) = refreshing();
    let calls: Vec<_> = (0..50).map(|_| sent(&mut hand, "a")).collect();
    for (_, uuid) in &calls {
        hand.text(link, frame(uuid, 401));
    }
    assert_eq!((refreshes(&mut hand), hand.client.in_flight()), (1, 0));
    assert!(statuses(&mut hand).is_empty());
    hand.client.set_global_headers(token("new"));
    hand.client.handle_refreshed(hand.now, 1, true);
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
    assert_eq!(refreshes(&mut hand), 1);
    hand.client.handle_refreshed(hand.now, 1, true);
    hand.transmits();
    hand.text(link, frame(&late, 401));
    let transmits = hand.transmits();
    assert!(matches!(&transmits[..], [Transmit::Send { text, .. }] if text.contains(&late)), "{transmits:?}");
}

#[test]
fn a_second_401_is_the_outcome_and_makes_no_refresh() {
    let (mut hand, link) = refreshing();
    let (_, uuid) = sent(&mut hand, "a");
    hand.text(link, frame(&uuid, 401));
    hand.client.handle_refreshed(hand.now, 1, true);
    hand.transmits();
    hand.text(link, frame(&uuid, 401));
    assert_eq!(statuses(&mut hand), [Some(StatusCode::UNAUTHORIZED)]);
    assert_eq!(refreshes(&mut hand), 0);
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
    hand.client.handle_refreshed(hand.now, 1, false);
    assert_eq!(statuses(&mut hand), vec![Some(StatusCode::UNAUTHORIZED); 3]);
    assert_eq!(leaves(&mut hand), pairs(&[("waits", "-")]));
}

#[test]
fn a_call_that_may_not_be_sent_again_ends_with_its_401_and_makes_a_refresh_all_the_same() {
    let (mut hand, link) = refreshing();
    hand.call("a");
    let uuid = hand.uuid();
    hand.text(link, frame(&uuid, 401));
    assert_eq!(statuses(&mut hand), [Some(StatusCode::UNAUTHORIZED)]);
    assert_eq!(refreshes(&mut hand), 1);
    hand.client.handle_refreshed(hand.now, 1, true);
    assert!(leaves(&mut hand).is_empty());
}

#[test]
fn what_waits_for_a_token_ends_at_its_deadline_or_with_the_socket_with_its_401() {
    for close in [false, true] {
        let (mut hand, link) = refreshing();
        let (_, uuid) = sent(&mut hand, "a");
        hand.text(link, frame(&uuid, 401));
        if close {
            hand.client.close(hand.now);
        } else {
            hand.pass(secs(30));
        }
        assert_eq!(statuses(&mut hand), [Some(StatusCode::UNAUTHORIZED)]);
        hand.client.handle_refreshed(hand.now, 1, true);
        assert!(hand.events().is_empty() && leaves(&mut hand).is_empty());
    }
}

#[test]
fn a_link_that_is_lost_meanwhile_changes_nothing_for_what_waits_for_a_token() {
    let (mut hand, link) = refreshing();
    let (call, uuid) = sent(&mut hand, "a");
    hand.text(link, frame(&uuid, 401));
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    hand.pass(secs(1));
    let link = hand.link();
    hand.input(link, Input::Opened);
    assert!(leaves(&mut hand).is_empty());
    hand.client.handle_refreshed(hand.now, 1, true);
    assert_eq!(leaves(&mut hand).len(), 1);
    hand.text(link, frame(&uuid, 200));
    assert_eq!(hand.settled().0, call);
}

#[test]
fn cancelling_what_waits_for_a_token_forgets_it() {
    let (mut hand, link) = refreshing();
    let (call, uuid) = sent(&mut hand, "a");
    hand.text(link, frame(&uuid, 401));
    assert!(hand.client.cancel(call).is_some());
    hand.transmits();
    hand.client.handle_refreshed(hand.now, 1, true);
    assert!(leaves(&mut hand).is_empty() && statuses(&mut hand).is_empty());
}

#[test]
fn a_page_that_is_put_away_lets_go_of_its_link_and_is_live_at_once_when_it_is_back() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.call("lost");
    idempotent(&mut hand, "kept");
    hand.transmits();
    hand.events();
    hand.client.handle_hint(hand.now, Hint::Suspended);
    let closed = [Transmit::Close { link, code: CloseCode::NORMAL }, Transmit::Abandon { link }];
    assert_eq!(hand.transmits(), closed);
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
