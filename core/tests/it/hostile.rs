//! A server that means harm: bounded time and memory, a notice, and the next call works.
//!
//! What a frame costs in memory is counted and not timed. Events and transmits wait until they are polled, however many
//! there are; a driver polls after each input, and so do these tests, but for the one that says so.
//!
//! The full counts: `cargo bench -p leptos-socket-core --test it -- --ignored hostile`, which takes seconds.

use allocation_counter::{AllocationInfo, measure};
use leptos_socket_core::{CallError, Event, Incoming, Input, LinkId, Notice, Replied, SocketConfig};

use crate::support::{ByHand, config, defaults, frame, secs};

/// How often a flood does what it does. In a debug build a million takes minutes, so that is ignored.
const MANY: usize = 1_500;
const A_MILLION: usize = 1_000_000;

#[test]
fn nesting_of_100_000_in_any_field_is_at_worst_a_notice() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for field in ["uuid", "route", "headers", "payload", "status", "x"] {
        let mut server = Hostile::new();
        let outcome = server.answer(|uuid| format!(r#"{{"uuid": "{uuid}", "status": 200, "{field}": {deep}}}"#));
        assert_eq!(outcome.is_some(), field != "uuid", "{field}");
        server.assert_works();
    }
}

#[test]
fn nesting_that_never_ends_is_a_notice() {
    let mut server = Hostile::new();
    for open in ["[", "{\"a\":", "{\"payload\":", "{\"headers\":[", "\"", "{\"uuid\":\""] {
        server.sends(open.repeat(100_000));
    }
    assert_eq!(server.notices, 6);
    server.assert_works();
}

#[test]
fn of_a_frame_that_is_too_large_nothing_is_copied() {
    too_large(1_000_000);
}

#[test]
#[ignore = "takes half a minute in a debug build"]
fn of_a_frame_of_50_mb_nothing_is_copied() {
    too_large(50_000_000);
}

#[test]
fn a_frame_that_is_no_message_is_not_copied_either() {
    let numbers = "NaN,".repeat(100_000);
    for frame in [format!("{{\"a\": [{numbers}"), format!("[{numbers}"), format!("{{\"a\": \"{numbers}")] {
        let mut server = Hostile::new();
        let memory = measure(|| server.sends(frame));
        assert_is_little(&memory);
        assert_eq!(server.notices, 1);
        server.assert_works();
    }
}

fn too_large(size: usize) {
    for field in ["payload", "headers", "x"] {
        let mut server = Hostile::with(config(|c| c.max_message_size(size - 1)));
        let uuid = server.uuid_of_a_call();
        // A list of numbers takes 16 times its size once it is read.
        let frame = format!(r#"{{"{field}": {{"a": [{}1]}}, "uuid": "{uuid}", "status": 200}}"#, "1,".repeat(size / 2));
        let memory = measure(|| server.sends(frame));
        assert!(memory.bytes_max < 10_000, "{field}: {memory:?}");
        let outcome = server.settled.pop();
        assert!(matches!(outcome, Some(Err(CallError::Replied(Replied::TooLarge { .. })))));
        server.assert_works();
    }
}

#[test]
fn numbers_that_nothing_can_hold_settle_the_call() {
    let huge = "9".repeat(100_000);
    for number in ["1e400", "-1e400", "1e-400", "1e99999999999999999999", "-1", "65536", "2e2", "1.5", &huge] {
        for field in ["route", "headers", "payload", "status"] {
            let mut server = Hostile::new();
            let frame = |uuid: &str| format!(r#"{{"uuid": "{uuid}", "status": 200, "{field}": {number}}}"#);
            let outcome = server.answer(frame).expect("an outcome");
            assert_eq!(outcome.is_err(), field == "status", "{field} {number}");
            server.assert_works();
        }
        let mut server = Hostile::new();
        server.sends(format!(r#"{{"uuid": {number}, "headers": {{"a": {number}}}}}"#));
        assert_eq!(server.pushes, 1);
        server.assert_works();
    }
}

#[test]
fn a_lone_surrogate_in_any_field_is_at_worst_a_notice() {
    for lone in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""a\ud83dz""#] {
        for field in ["route", "headers", "payload", "status"] {
            let mut server = Hostile::new();
            let frame = |uuid: &str| format!(r#"{{"uuid": "{uuid}", "status": 200, "{field}": {lone}}}"#);
            let outcome = server.answer(frame).expect("an outcome");
            assert_eq!(outcome.is_err(), field == "status", "{field} {lone}");
            assert_eq!(server.notices, usize::from(field != "payload"), "{field} {lone}");
            server.assert_works();
        }
        let mut server = Hostile::new();
        server.sends(format!(r#"{{"uuid": {lone}}}"#));
        server.sends(format!(r#"{{{lone}: 1}}"#));
        assert!(server.notices > 0);
        server.assert_works();
    }
}

#[test]
fn keys_in_any_order_and_twice_settle_the_call() {
    let mut server = Hostile::new();
    let fields = [r#""uuid": "$""#, r#""route": "r""#, r#""headers": {}"#, r#""payload": [1]"#, r#""status": 201"#];
    for order in orders_of_five() {
        let frame = order.map(|n| fields[n]).join(", ");
        for frame in [format!("{{{frame}}}"), format!(r#"{{"uuid": "no", "status": "no", {frame}, {frame}}}"#)] {
            let reply = server.answer(|uuid| frame.replace('$', uuid)).expect("an outcome").expect("a reply");
            assert_eq!((reply.payload().as_str(), reply.status()), ("[1]", Some(201.into())), "{frame}");
        }
    }
    assert_eq!(server.notices, 0);
}

#[test]
fn a_payload_that_is_no_json_settles_its_call_and_fails_on_demand() {
    for payload in ["[1}", "{\"a\" 1}", "[nan]", "\"\\x\"", "[,]", "\"\u{1}\""] {
        let mut server = Hostile::new();
        let frame = |uuid: &str| format!(r#"{{"payload": {payload}, "\u0075uid": "{uuid}", "status": 200}}"#);
        let reply = server.answer(frame).expect("an outcome").expect("a reply");
        assert_eq!(reply.payload().as_str(), payload);
        assert!(reply.payload().decode::<serde_json::Value>().is_err(), "{payload}");
        server.assert_works();
    }
}

#[test]
fn an_answer_that_comes_again_and_again_settles_its_call_once() {
    answered_again(MANY);
}

#[test]
fn answers_to_nothing_are_pushes_of_which_nothing_is_kept() {
    unknown_uuids(MANY);
}

#[test]
fn a_flood_of_garbage_is_counted_and_nothing_of_it_is_kept() {
    garbage(MANY);
}

#[test]
fn a_flood_of_pings_and_pongs_is_answered_with_nothing() {
    pongs(MANY);
}

#[test]
#[ignore = "takes minutes in a debug build"]
fn each_flood_with_a_million_frames() {
    [answered_again, unknown_uuids, garbage, pongs].into_iter().for_each(|flood| flood(A_MILLION));
}

#[test]
fn what_nobody_polls_waits_and_is_let_go_when_it_is_polled() {
    let (mut hand, link) = ByHand::open(defaults());
    let piled_up = measure(|| (0..MANY).for_each(|_| hand.text(link, "{")));
    assert!(piled_up.bytes_current > 0 && piled_up.bytes_current < 1_000 * MANY as i64, "{piled_up:?}");
    assert_eq!(hand.notices().len(), MANY);
}

fn answered_again(times: usize) {
    let mut server = Hostile::new();
    let uuid = server.uuid_of_a_call();
    let memory = server.flood(times, |_| frame(&uuid, 200));
    assert_eq!((server.settled.len(), server.notices), (1, times - 1));
    assert_is_little(&memory);
    server.assert_works();
}

fn unknown_uuids(times: usize) {
    let mut server = Hostile::new();
    let waiting = server.uuid_of_a_call();
    let memory = server.flood(times, |n| frame(&format!("{}-8b86-4d01-b42d-{n:012x}", &waiting[..8]), 200));
    assert_eq!((server.pushes, server.settled.len()), (times, 0));
    assert_is_little(&memory);
    server.sends(frame(&waiting, 200));
    assert_eq!(server.settled.len(), 1);
}

fn garbage(times: usize) {
    let mut server = Hostile::new();
    let kinds = ["{\"a\"", "nope", "", "{\"payload\": nan}", "{\"payload\": [NaN}", "\u{0}"];
    let memory = server.flood(times, |n| kinds[n % kinds.len()].to_owned());
    assert_eq!(server.notices, times);
    assert_is_little(&memory);
    server.assert_works();
}

fn pongs(times: usize) {
    let mut server = Hostile::new();
    let kinds = ["PING", "PONG"].map(|route| format!(r#"{{"uuid": null, "route": "{route}", "payload": null}}"#));
    let memory = server.flood(times, |n| kinds[n % 2].clone());
    assert_eq!((server.pushes, server.notices, server.settled.len()), (0, 0, 0));
    assert!(server.hand.transmits().is_empty());
    assert_is_little(&memory);
    // Our own pings leave as ever.
    server.hand.pass(secs(60));
    assert_eq!(server.hand.frames()[0]["route"], "PING");
    server.assert_works();
}

/// However many frames came: what one of them needs, and what the client keeps of all of them.
#[track_caller]
fn assert_is_little(memory: &AllocationInfo) {
    assert!(memory.bytes_max < 10_000 && memory.bytes_current < 1_000, "{memory:?}");
}

/// A server that has an open link to a client, and what the client's app hears.
struct Hostile {
    hand: ByHand,
    link: LinkId,
    settled: Vec<Result<Incoming, CallError>>,
    pushes: usize,
    notices: usize,
}

impl Hostile {
    fn new() -> Self {
        Self::with(defaults())
    }

    fn with(config: SocketConfig) -> Self {
        let (mut hand, link) = ByHand::open(config);
        hand.transmits();
        hand.events();
        Self { hand, link, settled: Vec::new(), pushes: 0, notices: 0 }
    }

    fn uuid_of_a_call(&mut self) -> String {
        self.hand.call("echo");
        self.hand.uuid()
    }

    fn sends(&mut self, frame: impl Into<String>) {
        self.hand.client.handle_input(self.hand.now, self.link, Input::Text(frame.into()));
        while let Some(event) = self.hand.client.poll_event() {
            match event {
                Event::Settled { outcome, .. } => self.settled.push(outcome),
                Event::Push(_) => self.pushes += 1,
                Event::Notice { notice: Notice::TooLarge { .. }, .. } => {}
                Event::Notice { .. } => self.notices += 1,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Answers a new call. Returns what it came to, if it is over.
    fn answer(&mut self, frame: impl FnOnce(&str) -> String) -> Option<Result<Incoming, CallError>> {
        let uuid = self.uuid_of_a_call();
        self.sends(frame(&uuid));
        self.settled.pop()
    }

    /// Sends so many frames. Returns the memory that all of it took, frames included.
    fn flood(&mut self, times: usize, frame: impl Fn(usize) -> String) -> AllocationInfo {
        measure(|| (0..times).for_each(|n| self.sends(frame(n))))
    }

    #[track_caller]
    fn assert_works(&mut self) {
        assert!(self.hand.client.state().is_open());
        let reply = self.answer(|uuid| frame(uuid, 200)).expect("an outcome").expect("a reply");
        assert_eq!(reply.payload().as_str(), "1");
    }
}

fn orders_of_five() -> impl Iterator<Item = [usize; 5]> {
    let all = (0..5_usize.pow(5)).map(|n| [n % 5, n / 5 % 5, n / 25 % 5, n / 125 % 5, n / 625]);
    all.filter(|order| (0..5).all(|n| order.contains(&n)))
}
