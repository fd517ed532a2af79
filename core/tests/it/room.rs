//! What waits for room: the browser's buffer is bounded, calls overtake bulk, and what was not handed over was not sent.

use leptos_socket_core::{
    CallError, CallId, CallOptions, CloseCode, Event, Input, LinkId, Message, NotSent, Priority, QueueLimit, Sent,
    SocketConfig, Timer, Transmit,
};
use serde_json::Value;

use crate::support::{ByHand, config, defaults, frame, message, millis, secs};

/// A client that lets 1,100 bytes wait, on a link that says how many do.
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
    fn send(&mut self, route: &str, priority: Priority) -> Result<Sent, NotSent> {
        let message = Message::new(route, "x".repeat(300));
        self.hand.client.send_with(self.hand.now, &message, &CallOptions::new().priority(priority))
    }

    /// What leaves, by its route, and whether the link is asked how much waits.
    fn leaves(&mut self) -> (Vec<String>, bool) {
        let (mut routes, mut asked) = (Vec::new(), false);
        for transmit in self.hand.transmits() {
            match transmit {
                Transmit::Send { text, .. } => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    routes.push(frame["route"].as_str().unwrap().to_owned());
                }
                Transmit::Measure { .. } => asked = true,
                other => panic!("{other:?}"),
            }
        }
        (routes, asked)
    }

    fn buffered(&mut self, bytes: usize) {
        self.hand.input(self.link, Input::Buffered(bytes));
    }
}

/// Two frames are more than fit beside the first ping.
fn fill(narrow: &mut Narrow) {
    assert_eq!(narrow.send("one", Priority::Call), Ok(Sent::Now));
    assert!(matches!(narrow.send("two", Priority::Call), Ok(Sent::Now)));
    assert_eq!(narrow.leaves(), (vec!["one".to_owned(), "two".to_owned()], false));
}

#[test]
fn what_exceeds_the_mark_waits_until_the_link_says_that_there_is_room() {
    let mut narrow = Narrow::new();
    fill(&mut narrow);
    assert!(matches!(narrow.send("three", Priority::Call), Ok(Sent::Queued(_))));
    assert_eq!(narrow.leaves(), (vec![], true));
    assert_eq!(narrow.hand.client.queued(), 1);
    narrow.buffered(900);
    assert_eq!(narrow.leaves(), (vec![], false));
    assert_eq!(narrow.hand.client.next_timer(), Some((Timer::Room, narrow.hand.now + millis(20))));
    narrow.hand.pass(millis(20));
    assert_eq!(narrow.leaves(), (vec![], true));
    narrow.buffered(500);
    assert_eq!(narrow.leaves(), (vec!["three".to_owned()], false));
    assert_eq!(narrow.hand.client.queued(), 0);
}

#[test]
fn a_link_that_has_sent_everything_is_asked_once_and_takes_it_at_once() {
    let mut narrow = Narrow::new();
    fill(&mut narrow);
    narrow.send("three", Priority::Call).unwrap();
    narrow.send("four", Priority::Call).unwrap();
    assert_eq!(narrow.leaves(), (vec![], true));
    narrow.buffered(0);
    assert_eq!(narrow.leaves(), (vec!["three".to_owned(), "four".to_owned()], false));
}

#[test]
fn what_is_larger_than_the_mark_leaves_when_nothing_waits() {
    let mut narrow = Narrow::new();
    let large = Message::new("large", "x".repeat(5_000));
    for _ in 0..2 {
        assert!(matches!(narrow.hand.client.send(narrow.hand.now, &large), Ok(Sent::Queued(_))));
        assert_eq!(narrow.leaves(), (vec![], true));
        narrow.buffered(1);
        assert_eq!(narrow.leaves(), (vec![], false));
        narrow.hand.pass(millis(20));
        assert_eq!(narrow.leaves(), (vec![], true));
        narrow.buffered(0);
        assert_eq!(narrow.leaves(), (vec!["large".to_owned()], false));
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
    narrow.leaves();
    narrow.buffered(1_000);
    narrow.hand.text(narrow.link, r#"{"route":"PONG"}"#);
    narrow.hand.now = narrow.hand.now + secs(10);
    narrow.hand.client.handle_timeout(narrow.hand.now);
    assert_eq!(narrow.leaves(), (vec!["PING".to_owned()], true));
    narrow.buffered(200);
    assert_eq!(narrow.leaves().0, ["c1", "c2"]);
    narrow.buffered(0);
    assert_eq!(narrow.leaves().0, ["b1", "b2"]);
}

#[test]
fn a_call_does_not_wait_behind_bulk_that_waits_for_room_if_it_fits() {
    let mut narrow = Narrow::new();
    fill(&mut narrow);
    narrow.send("bulk", Priority::Bulk).unwrap();
    narrow.leaves();
    let call = narrow.hand.call("small");
    assert_eq!(narrow.leaves().0, ["small"]);
    assert!(narrow.hand.client.uuid(call).is_some());
}

#[test]
fn what_waits_for_room_is_bounded_cancelled_and_expires_like_what_waits_for_a_link() {
    let mut narrow = Narrow::with(config(|config| config.high_water_mark(1_100).queue_capacity(2)));
    fill(&mut narrow);
    narrow.send("three", Priority::Call).unwrap();
    let Ok(Sent::Queued(fourth)) = narrow.send("four", Priority::Call) else { panic!("it waits") };
    narrow.leaves();
    narrow.buffered(1_000);
    assert_eq!(narrow.send("five", Priority::Call), Err(NotSent::QueueFull(QueueLimit::Messages(2))));
    assert!(matches!(narrow.hand.client.cancel(fourth), Some(CallError::NotSent(NotSent::Cancelled))));
    assert_eq!(narrow.hand.client.queued(), 1);
    narrow.hand.pass(secs(30));
    let events = narrow.hand.events();
    assert!(matches!(events[..], [Event::Unsent { error: NotSent::TimedOut { .. }, .. }]), "{events:?}");
    assert_eq!(narrow.hand.client.queued(), 0);
}

#[test]
fn a_new_link_has_room() {
    let mut narrow = Narrow::new();
    fill(&mut narrow);
    narrow.send("three", Priority::Call).unwrap();
    narrow.leaves();
    narrow.hand.input(narrow.link, Input::Closed(CloseCode::ABNORMAL));
    narrow.hand.pass(secs(1));
    narrow.link = narrow.hand.link();
    narrow.hand.input(narrow.link, Input::Opened);
    assert_eq!(narrow.leaves().0, ["three"]);
    assert!(narrow.hand.client.next_timer().is_none_or(|(timer, _)| timer != Timer::Room));
}

fn post(hand: &mut ByHand, route: &str) -> CallId {
    hand.client.post(hand.now, &message(route), &CallOptions::new()).unwrap()
}

fn left(events: &[Event]) -> Vec<CallId> {
    events.iter().filter_map(|event| if let Event::Left { message } = event { Some(*message) } else { None }).collect()
}

#[test]
fn a_post_says_once_that_it_left() {
    let (mut hand, link) = ByHand::connecting(config(|config| config.queue_capacity(0)));
    let posted = post(&mut hand, "a");
    assert!(left(&hand.events()).is_empty());
    hand.input(link, Input::Opened);
    assert_eq!(left(&hand.events()), [posted]);
    let direct = post(&mut hand, "b");
    assert_eq!(left(&hand.events()), [direct]);
    assert_eq!(hand.client.in_flight(), 0);
    assert!(hand.client.cancel(direct).is_none());
}

#[test]
fn a_post_that_never_leaves_says_why_once() {
    let (mut hand, _) = ByHand::connecting(defaults());
    let overdue = post(&mut hand, "a");
    hand.pass(secs(30));
    let closed = post(&mut hand, "b");
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

/// The driver could not hand over the frame that it was given last.
fn refuse(hand: &mut ByHand, link: LinkId) {
    let sends = hand.transmits().into_iter().filter_map(|transmit| match transmit {
        Transmit::Send { message: Some(message), text, .. } => Some((message, text)),
        _ => None,
    });
    let (message, text) = sends.reduce(|_, last| last).expect("a frame");
    hand.input(link, Input::NotTaken { message: Some(message), text });
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
}

#[test]
fn a_call_that_the_link_did_not_take_was_not_sent_and_waits_in_its_place() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.call("first");
    refuse(&mut hand, link);
    assert_eq!((hand.client.in_flight(), hand.client.queued()), (0, 1));
    hand.call("second");
    hand.next_link();
    let frames = hand.frames();
    assert_eq!((&frames[0]["route"], &frames[1]["route"]), (&"first".into(), &"second".into()));

    let (mut hand, link) = ByHand::open(defaults());
    let call = hand.call("first");
    refuse(&mut hand, link);
    let error = hand.client.cancel(call);
    assert!(matches!(error, Some(CallError::NotSent(NotSent::Cancelled))), "{error:?}");
}

#[test]
fn a_post_that_the_link_did_not_take_has_not_left() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.events();
    let posted = post(&mut hand, "a");
    refuse(&mut hand, link);
    assert!(left(&hand.events()).is_empty());
    hand.next_link();
    assert_eq!(left(&hand.events()), [posted]);
}

#[test]
fn a_message_without_a_reply_that_the_link_did_not_take_leaves_on_the_next_one() {
    let (mut hand, link) = ByHand::open(defaults());
    assert_eq!(hand.client.send(hand.now, &message("a")), Ok(Sent::Now));
    refuse(&mut hand, link);
    hand.next_link();
    assert_eq!(hand.frames()[0]["route"], "a");
}

#[test]
fn a_frame_that_nobody_took_before_its_link_was_lost_was_not_sent() {
    let (mut hand, link) = ByHand::open(defaults());
    hand.transmits();
    let call = hand.call("a");
    hand.input(link, Input::Closed(CloseCode::ABNORMAL));
    assert!(hand.client.uuid(call).is_some());
    let new = hand.next_link();
    let uuid = hand.frames()[0]["uuid"].as_str().unwrap().to_owned();
    hand.text(new, frame(&uuid, 200));
    assert!(hand.settled().1.is_ok());
}

#[test]
fn a_call_that_does_not_wait_for_a_link_fails_at_once_without_one_and_leaves_with_one() {
    let at_once = CallOptions::new().wait_for_link(false);
    let (mut hand, link) = ByHand::connecting(defaults());
    assert_eq!(hand.client.call_with(hand.now, &message("a"), &at_once), Err(NotSent::NotConnected));
    hand.input(link, Input::Opened);
    assert!(hand.client.call_with(hand.now, &message("a"), &at_once).is_ok());
    assert_eq!(hand.client.in_flight(), 1);
}
