//! What waits for room: the browser's buffer is bounded, calls overtake bulk, and what a link did not take was not sent.

use leptos_socket_core::{
    CallError, CallId, CallOptions, CloseCode, Event, Input, LinkId, Message, NotSent, Priority, QueueLimit,
    SocketConfig, Timer, Transmit,
};
use serde_json::Value;

use crate::support::{ByHand, config, defaults, frame, message, millis, refuse, secs};

/// A client that lets 1,100 bytes wait in its link.
struct Narrow {
    hand: ByHand,
    link: LinkId,
}

impl Narrow {
    fn new() -> Self {
        Self::with(config(|config| config.high_water_mark(1_100).heartbeat_rate(secs(10))))
    }

    fn with(config: SocketConfig) -> Self {
        let (mut hand, link) = ByHand::open(config);
        hand.transmits();
        hand.events();
        Self { hand, link }
    }

    /// Sends about 400 bytes.
    fn send(&mut self, route: &str, priority: Priority) -> Result<CallId, NotSent> {
        let message = Message::new(route, "x".repeat(300));
        self.hand.client.send(self.hand.now, &message.with_options(CallOptions::new().priority(priority)))
    }

    /// What leaves, by its route.
    fn leaves(&mut self) -> Vec<String> {
        let mut routes = Vec::new();
        while let Some(transmit) = self.hand.client.poll_transmit(self.hand.now, self.hand.buffered) {
            let Transmit::Send { text, .. } = transmit else { panic!("{transmit:?}") };
            self.hand.buffered += text.len();
            let frame: Value = serde_json::from_str(&text).unwrap();
            routes.push(frame["route"].as_str().unwrap().to_owned());
        }
        routes
    }

    /// The link has sent all but so many bytes.
    fn drains_to(&mut self, bytes: usize) {
        self.hand.buffered = bytes;
    }
}

/// Two frames fit, and no third.
fn fill(narrow: &mut Narrow) {
    narrow.send("one", Priority::Call).unwrap();
    narrow.send("two", Priority::Call).unwrap();
    assert_eq!(narrow.leaves(), ["one", "two"]);
}

#[test]
fn what_exceeds_the_mark_waits_until_the_link_has_room() {
    let mut narrow = Narrow::new();
    fill(&mut narrow);
    let third = narrow.send("three", Priority::Call).unwrap();
    assert!(narrow.leaves().is_empty());
    assert!(narrow.hand.client.is_queued(third));
    assert_eq!(narrow.hand.client.next_timer(), Some((Timer::Room, narrow.hand.now + millis(20))));
    narrow.hand.pass(millis(20));
    assert!(narrow.leaves().is_empty());
    narrow.hand.pass(millis(20));
    narrow.drains_to(500);
    assert_eq!(narrow.leaves(), ["three"]);
    assert_eq!(narrow.hand.client.queued(), 0);
    assert!(narrow.hand.client.next_timer().is_some_and(|(timer, _)| timer != Timer::Room));
}

#[test]
fn what_is_larger_than_the_mark_leaves_when_nothing_waits() {
    let mut narrow = Narrow::new();
    for _ in 0..2 {
        narrow.drains_to(1);
        narrow.hand.client.send(narrow.hand.now, &Message::new("large", "x".repeat(5_000))).unwrap();
        assert!(narrow.leaves().is_empty());
        narrow.drains_to(0);
        assert_eq!(narrow.leaves(), ["large"]);
    }
}

#[test]
fn calls_overtake_bulk_and_keep_their_own_order_and_pings_overtake_both() {
    let mut narrow = Narrow::new();
    fill(&mut narrow);
    for (route, priority) in
        [("b1", Priority::Bulk), ("c1", Priority::Call), ("b2", Priority::Bulk), ("c2", Priority::Call)]
    {
        narrow.send(route, priority).unwrap();
    }
    assert!(narrow.leaves().is_empty());
    narrow.hand.text(narrow.link, r#"{"route":"PONG"}"#);
    narrow.hand.now = narrow.hand.now + secs(10);
    narrow.hand.client.handle_timeout(narrow.hand.now);
    assert_eq!(narrow.leaves(), ["PING"]);
    narrow.drains_to(200);
    assert_eq!(narrow.leaves(), ["c1", "c2"]);
    narrow.drains_to(0);
    assert_eq!(narrow.leaves(), ["b1", "b2"]);
}

#[test]
fn a_call_does_not_wait_behind_bulk_that_waits_for_room_if_it_fits() {
    let mut narrow = Narrow::new();
    fill(&mut narrow);
    narrow.send("bulk", Priority::Bulk).unwrap();
    assert!(narrow.leaves().is_empty());
    narrow.hand.call("small");
    assert_eq!(narrow.leaves(), ["small"]);
}

/// The capacity of the queue is for what waits for a link.
#[test]
fn what_waits_for_room_is_bounded_in_bytes_and_is_cancelled_and_expires_like_what_waits_for_a_link() {
    let mut narrow = Narrow::with(config(|config| config.high_water_mark(1_100).queue_capacity(0).queue_bytes(900)));
    fill(&mut narrow);
    narrow.send("three", Priority::Call).unwrap();
    let fourth = narrow.send("four", Priority::Call).unwrap();
    assert!(narrow.leaves().is_empty());
    assert_eq!(narrow.send("five", Priority::Call), Err(NotSent::QueueFull(QueueLimit::Bytes(900))));
    let cancelled = narrow.hand.client.cancel(narrow.hand.now, fourth);
    assert!(matches!(cancelled, Some(CallError::NotSent(NotSent::Cancelled))));
    assert_eq!(narrow.hand.client.queued(), 1);
    narrow.hand.events();
    narrow.hand.pass(secs(30));
    let events = narrow.hand.events();
    assert!(matches!(events[..], [Event::Unsent { error: NotSent::TimedOut { .. }, .. }]), "{events:?}");
    assert_eq!(narrow.hand.client.queued(), 0);
}

#[test]
fn ten_thousand_calls_in_one_go_all_leave_with_the_defaults() {
    let mut narrow = Narrow::with(SocketConfig::default());
    for _ in 0..10_000 {
        narrow.hand.client.call(narrow.hand.now, &Message::new("echo", "x".repeat(100))).unwrap();
    }
    let mut left = narrow.leaves().len();
    assert!(left < 10_000);
    while narrow.hand.client.queued() > 0 {
        narrow.hand.pass(millis(20));
        narrow.drains_to(0);
        left += narrow.leaves().iter().filter(|route| *route != "PING").count();
    }
    assert_eq!((left, narrow.hand.client.in_flight()), (10_000, 10_000));
}

#[test]
fn a_new_link_has_room() {
    let mut narrow = Narrow::new();
    fill(&mut narrow);
    narrow.send("three", Priority::Call).unwrap();
    assert!(narrow.leaves().is_empty());
    narrow.hand.input(narrow.link, Input::Closed(CloseCode::ABNORMAL));
    narrow.link = narrow.hand.next_link();
    narrow.drains_to(0);
    assert_eq!(narrow.leaves(), ["three"]);
    assert!(narrow.hand.client.next_timer().is_none_or(|(timer, _)| timer != Timer::Room));
}

fn send(hand: &mut ByHand, route: &str, options: &CallOptions) -> CallId {
    hand.client.send(hand.now, &message(route).with_options(options.clone())).unwrap()
}

fn sent(events: &[Event]) -> Vec<CallId> {
    events.iter().filter_map(|event| if let Event::Sent { message } = event { Some(*message) } else { None }).collect()
}

#[test]
fn a_message_without_a_reply_says_once_that_it_left() {
    let (mut hand, link) = ByHand::connecting(config(|config| config.queue_capacity(0)));
    let unbounded = send(&mut hand, "a", &CallOptions::new().bounded(false));
    hand.transmits();
    assert!(sent(&hand.events()).is_empty());
    hand.input(link, Input::Opened);
    hand.transmits();
    assert_eq!(sent(&hand.events()), [unbounded]);
    let direct = send(&mut hand, "b", &CallOptions::new());
    hand.transmits();
    assert_eq!(sent(&hand.events()), [direct]);
    assert_eq!(hand.client.in_flight(), 0);
    assert!(hand.client.cancel(hand.now, direct).is_none());
}

#[test]
fn a_message_without_a_reply_that_never_leaves_says_why_once() {
    let (mut hand, _) = ByHand::connecting(defaults());
    let overdue = send(&mut hand, "a", &CallOptions::new());
    hand.pass(secs(30));
    let closed = send(&mut hand, "b", &CallOptions::new());
    hand.client.close(hand.now);
    let unsent: Vec<_> = hand
        .events()
        .into_iter()
        .filter_map(|event| if let Event::Unsent { message, error } = event { Some((message, error)) } else { None })
        .collect();
    assert!(
        matches!(&unsent[..], [(a, NotSent::TimedOut { .. }), (b, NotSent::Closed(_))] if *a == overdue && *b == closed),
        "{unsent:?}"
    );
}

#[test]
fn a_call_that_the_link_did_not_take_was_not_sent_and_waits_in_its_place() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    hand.call("first");
    refuse(&mut hand, link);
    assert_eq!((hand.client.in_flight(), hand.client.queued()), (0, 1));
    hand.call("second");
    hand.next_link();
    let frames = hand.frames();
    let routes: Vec<_> = frames.iter().map(|frame| frame["route"].as_str().unwrap()).collect();
    assert_eq!(routes, ["first", "second"]);

    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    let call = hand.call("first");
    refuse(&mut hand, link);
    let error = hand.client.cancel(hand.now, call);
    assert!(matches!(error, Some(CallError::NotSent(NotSent::Cancelled))), "{error:?}");
}

#[test]
fn a_message_without_a_reply_that_the_link_did_not_take_has_not_left_and_leaves_on_the_next_one() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    hand.events();
    let message = send(&mut hand, "a", &CallOptions::new());
    refuse(&mut hand, link);
    assert!(hand.client.is_queued(message) && sent(&hand.events()).is_empty());
    hand.next_link();
    assert_eq!(hand.frames()[0]["route"], "a");
    assert_eq!(sent(&hand.events()), [message]);
}

#[test]
fn a_frame_that_nobody_polled_before_its_link_was_lost_was_not_sent() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    let call = hand.call("a");
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert!(hand.client.is_queued(call));
    let new = hand.next_link();
    let uuid = hand.frames()[0]["uuid"].as_str().unwrap().to_owned();
    hand.text(new, frame(&uuid, 200));
    assert!(hand.settled().1.is_ok());
}

#[test]
fn a_call_that_does_not_wait_for_a_link_fails_at_once_without_one_and_leaves_with_one() {
    let at_once = CallOptions::new().wait_for_link(false);
    let (mut hand, link) = ByHand::connecting(defaults());
    assert_eq!(hand.client.call(hand.now, &message("a").with_options(at_once.clone())), Err(NotSent::NotConnected));
    hand.input(link, Input::Opened);
    assert!(hand.client.call(hand.now, &message("a").with_options(at_once)).is_ok());
    hand.transmits();
    assert_eq!(hand.client.in_flight(), 1);
}
