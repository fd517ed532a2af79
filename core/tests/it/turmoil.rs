//! Anything in any order, with a link that is slow and refuses frames, headers that are asked for and tokens that expire: beside
//! [`model`](crate::model), which knows exactly what must become of each call, this one knows what must never happen.

use std::collections::{BTreeMap, BTreeSet};

use leptos_socket_core::{
    CallError, CallId, CallOptions, Client, CloseCode, Event, Headers, Hint, Input, Instant, LinkId, Message, NotSent,
    Priority, Sent, Timer, Transmit,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::model::cases;
use crate::support::{config, endpoint, frame, millis};

/// How many bytes may wait in the link: some messages are larger.
const MARK: usize = 600;

#[derive(Debug)]
struct Known {
    number: u64,
    idempotent: bool,
    has_ended: bool,
    /// Whether it ended as one that the server never saw.
    is_unsent: bool,
}

struct World {
    client: Client,
    now: Instant,
    link: Option<LinkId>,
    /// How many bytes really wait in it.
    buffered: usize,
    refuses: bool,
    numbers: u64,
    /// For how many operations nobody asks the client what to do.
    idle: usize,
    asks_headers: bool,
    /// The messages of which nobody wants to know anything, but that they never leave.
    sends: BTreeSet<u64>,
    /// How many of them ended otherwise than by leaving.
    unsent: usize,
    queued: Vec<CallId>,
    known: BTreeMap<CallId, Known>,
    /// How often a link took each message.
    taken: BTreeMap<u64, usize>,
    /// The last message of each priority that this link took as the first one.
    last: BTreeMap<Priority, u64>,
    answerable: Vec<String>,
    asked: Vec<CallId>,
    refreshes: u32,
    met: BTreeSet<&'static str>,
}

impl World {
    fn new(asks_headers: bool, refreshes: bool) -> Self {
        let config = config(|config| {
            config.high_water_mark(MARK).queue_capacity(4).max_reconnect_attempts(None).request_timeout(millis(3_000))
        });
        let mut client = Client::new(config, 5);
        client.ask_headers(asks_headers);
        client.refresh_on_unauthorized(refreshes);
        client.connect(Instant::ZERO);
        Self {
            client,
            now: Instant::ZERO,
            link: None,
            buffered: 0,
            refuses: false,
            numbers: 0,
            idle: 0,
            asks_headers,
            sends: BTreeSet::new(),
            unsent: 0,
            queued: Vec::new(),
            known: BTreeMap::new(),
            taken: BTreeMap::new(),
            last: BTreeMap::new(),
            answerable: Vec::new(),
            asked: Vec::new(),
            refreshes: 1,
            met: BTreeSet::new(),
        }
    }

    fn run(&mut self, number: u32) {
        let (what, detail) = (number % 32, (number / 32) as usize);
        match what {
            0..=3 => self.submit(detail, true),
            4..=6 => self.submit(detail, false),
            7 => self.cancel(detail),
            8..=10 => self.input(Input::Opened),
            11 => self.input(Input::Closed(CloseCode::ABNORMAL)),
            12..=14 => self.answer(detail),
            15 => self.buffered = self.buffered * (detail % 4) / 4,
            16 | 17 => self.pass(detail % 40),
            18 => self.pass(detail % 4_000),
            19 => self.hint([Hint::Suspended, Hint::Resumed, Hint::Offline, Hint::Online][detail % 4]),
            20 => self.refuses = detail.is_multiple_of(3),
            21 => self.name_headers(detail),
            22 | 23 => self.send(detail),
            24 => {
                self.asks_headers = !self.asks_headers;
                self.client.ask_headers(self.asks_headers);
            }
            25 => self.idle = detail % 5,
            26 if detail.is_multiple_of(3) => self.client.close(self.now),
            26 | 27 => self.client.connect(self.now),
            28 => self.client.reconnect(self.now),
            // Of the newest refresh, mostly.
            _ => self.client.handle_refreshed(
                self.now,
                self.refreshes - u32::from(detail.is_multiple_of(5)),
                detail.is_multiple_of(2),
            ),
        }
        match self.idle {
            0 => self.drain(),
            _ => self.idle -= 1,
        }
    }

    /// Without a word about what becomes of it, but where it never leaves.
    fn send(&mut self, detail: usize) {
        self.numbers += 1;
        let message = Message::new("echo", (self.numbers, "x".repeat(detail % 800)));
        let priority = if detail.is_multiple_of(2) { Priority::Call } else { Priority::Bulk };
        match self.client.send_with(self.now, &message, &CallOptions::new().priority(priority)) {
            Ok(sent) => {
                self.sends.insert(self.numbers);
                self.met.insert(if sent == Sent::Now { "sent" } else { "queued" });
                if let Sent::Queued(id) = sent {
                    self.queued.push(id);
                }
            }
            Err(NotSent::QueueFull(_)) => {}
            Err(NotSent::Closed(_)) => assert!(self.client.state().is_closed()),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn submit(&mut self, detail: usize, is_call: bool) {
        self.numbers += 1;
        let message = Message::new("echo", (self.numbers, "x".repeat(detail % 800)));
        let priority = if detail.is_multiple_of(2) { Priority::Call } else { Priority::Bulk };
        let idempotent = is_call && detail.is_multiple_of(3);
        let options = CallOptions::new().priority(priority).idempotent(idempotent);
        let submitted = match is_call {
            true => self.client.call_with(self.now, &message, &options),
            false => self.client.post(self.now, &message, &options),
        };
        match submitted {
            Ok(id) => drop(
                self.known.insert(id, Known { number: self.numbers, idempotent, has_ended: false, is_unsent: false }),
            ),
            Err(NotSent::QueueFull(_)) => assert!(is_call, "a post knows no bounds"),
            Err(NotSent::Closed(_)) => assert!(self.client.state().is_closed()),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn cancel(&mut self, nth: usize) {
        if nth.is_multiple_of(3) && !self.queued.is_empty() {
            let id = self.queued.swap_remove(nth % self.queued.len());
            self.unsent += usize::from(self.client.cancel(id).is_some());
            return;
        }
        let open: Vec<_> = self.known.iter().filter(|(_, known)| !known.has_ended).map(|(id, _)| *id).collect();
        let Some(id) = open.get(nth % open.len().max(1)).copied() else { return };
        // A post may have left a moment ago: then that is told, and there is nothing to cancel.
        if let Some(error) = self.client.cancel(id) {
            self.ends(id, Some(&error));
        }
    }

    fn input(&mut self, input: Input) {
        let Some(link) = self.link else { return };
        if matches!(input, Input::Closed(_)) {
            self.link = None;
        }
        self.client.handle_input(self.now, link, input);
    }

    fn answer(&mut self, detail: usize) {
        if !self.answerable.is_empty() {
            let uuid = self.answerable.swap_remove(detail % self.answerable.len());
            let status = if (detail / 7).is_multiple_of(2) { 401 } else { 200 };
            self.input(Input::Text(frame(&uuid, status)));
        }
    }

    fn pass(&mut self, ms: usize) {
        self.now = self.now + millis(ms as u64);
        self.client.handle_timeout(self.now);
    }

    fn hint(&mut self, hint: Hint) {
        self.client.handle_hint(self.now, hint);
    }

    fn name_headers(&mut self, detail: usize) {
        if !self.asked.is_empty() {
            let message = self.asked.swap_remove(detail % self.asked.len());
            let headers = (!detail.is_multiple_of(5)).then(|| Headers::new().with("token", "x".repeat(detail % 50)));
            self.client.handle_headers(self.now, message, headers);
        }
    }

    fn drain(&mut self) {
        while let Some(transmit) = self.client.poll_transmit() {
            match transmit {
                Transmit::Resolve { link } => self.client.handle_input(self.now, link, Input::Resolved(endpoint())),
                Transmit::Connect { link, .. } => {
                    assert_eq!(self.link.replace(link), None, "a link beside another one");
                    self.buffered = 0;
                    self.last.clear();
                }
                Transmit::Send { link, text, message } => self.hand_over(link, text, message),
                Transmit::Measure { link } => {
                    self.client.handle_input(self.now, link, Input::Buffered(self.buffered));
                }
                Transmit::AskHeaders { message } => self.asked.push(message),
                Transmit::Refresh { number } => {
                    self.refreshes = number;
                    self.met.insert("a refresh");
                }
                Transmit::Abandon { .. } => self.link = None,
                _ => {}
            }
        }
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::Settled { call, outcome } => self.ends(call, outcome.as_ref().err()),
                Event::Left { message } => {
                    self.met.insert("a departure");
                    assert_eq!(self.taken.get(&self.known[&message].number), Some(&1));
                    self.ends(message, None);
                }
                Event::Unsent { message, error } if self.known.contains_key(&message) => {
                    self.ends(message, Some(&error.into()));
                }
                Event::Unsent { .. } => self.unsent += 1,
                _ => {}
            }
        }
        // What came back may be overdue by then.
        let due = self.client.next_timer().filter(|(timer, at)| *at <= self.now && *timer != Timer::Deadline);
        assert!(due.is_none() || self.link.is_some(), "{due:?}");
    }

    fn hand_over(&mut self, link: LinkId, text: String, message: Option<CallId>) {
        assert_eq!(self.link, Some(link), "a frame on another link");
        let Some(id) = message else {
            self.buffered += text.len();
            return;
        };
        if std::mem::take(&mut self.refuses) {
            self.met.insert("a refusal");
            let not_taken = Input::NotTaken { message, text };
            // Said twice, it is true still.
            for _ in 0..1 + self.numbers % 2 {
                self.client.handle_input(self.now, link, not_taken.clone());
            }
            return self.input(Input::Closed(CloseCode::ABNORMAL));
        }
        let has_room = self.buffered == 0 || self.buffered + text.len() <= MARK;
        assert!(has_room, "{} bytes on top of {}", text.len(), self.buffered);
        self.buffered += text.len();
        let message: Value = serde_json::from_str(&text).unwrap();
        let number = message["payload"][0].as_u64().unwrap();
        let known = self.known.values().find(|known| known.number == number);
        // What was to be handed over and ended is as good as sent; what was only queued does not leave any more.
        assert!(known.is_none_or(|known| !known.is_unsent), "{id} leaves after its end");
        let times = self.taken.entry(number).or_default();
        *times += 1;
        assert!(*times == 1 || known.is_some_and(|known| known.idempotent), "{number} leaves twice");
        self.met.insert(if *times == 1 { "a first time" } else { "another time" });
        if *times == 1 {
            let payload = message["payload"][1].as_str().unwrap().len();
            let priority = if payload.is_multiple_of(2) { Priority::Call } else { Priority::Bulk };
            let last = self.last.insert(priority, number);
            assert!(last.is_none_or(|last| last < number), "{number} leaves after {last:?}");
        }
        self.answerable.push(message["uuid"].as_str().unwrap().to_owned());
    }

    fn ends(&mut self, id: CallId, error: Option<&CallError>) {
        let known = self.known.get_mut(&id).expect("a message that is known");
        assert!(!std::mem::replace(&mut known.has_ended, true), "{id} ends twice");
        if let Some(CallError::NotSent(error)) = error {
            let taken = self.taken.get(&known.number);
            assert_eq!(taken, None, "{id} was sent, though {error}");
            known.is_unsent = true;
        }
        if error.is_none() {
            assert!(self.taken.contains_key(&known.number), "{id} was never sent");
        }
    }
}

fn run(numbers: &[u32], asks_headers: bool, refreshes: bool) -> BTreeSet<&'static str> {
    let mut world = World::new(asks_headers, refreshes);
    world.drain();
    numbers.iter().for_each(|number| world.run(*number));
    world.client.close(world.now);
    world.drain();
    assert!(world.known.values().all(|known| known.has_ended), "{:?}", world.known);
    assert_eq!((world.client.in_flight(), world.client.queued()), (0, 0));
    let left = world.sends.iter().filter(|number| world.taken.contains_key(number)).count();
    assert_eq!(left + world.unsent, world.sends.len(), "each message leaves or is said to be unsent");
    // The link that lingers is let go, and then nothing is due.
    world.pass(60_000);
    world.drain();
    assert_eq!(world.client.poll_timeout(), None);
    world.met
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn each_message_ends_once_none_is_said_unsent_that_was_and_no_more_waits_than_may(
        numbers in prop::collection::vec(any::<u32>(), 0..150),
        asks_headers: bool,
        refreshes: bool,
    ) {
        run(&numbers, asks_headers, refreshes);
    }
}

/// A property proves nothing about what it never meets.
#[test]
fn turmoil_meets_what_it_is_about() {
    let mut numbers = 7_u32;
    let mut met = BTreeSet::new();
    for case in 0..200 {
        let next = || {
            numbers = numbers.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some(numbers >> 4)
        };
        let numbers: Vec<u32> = std::iter::from_fn(next).take(150).collect();
        met.append(&mut run(&numbers, case % 2 == 0, true));
    }
    assert_eq!(
        met,
        BTreeSet::from(["a departure", "a first time", "a refresh", "a refusal", "another time", "queued", "sent"])
    );
}
