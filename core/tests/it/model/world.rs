//! A client, everything that can happen to it, and what must hold whatever does. It is the same world in the model, in all
//! short orders of events, and in the fuzzer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use leptos_socket_core::{
    AfterClose, CallError, CallId, CallOptions, Client, CloseCode, CloseReason, Endpoint, Event, Headers, Hint, Input,
    Instant, LinkId, Message, NotSent, SocketConfig, SocketState, Transmit,
};

use super::known::{End, Known, Proof, Server};
use super::op::{Op, Submit};

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Everything is short, so that much happens; in three variants.
fn config(variant: usize) -> SocketConfig {
    let attempts = [Some(2), None, Some(0)][variant % 3];
    SocketConfig::builder()
        .request_timeout(if variant % 3 == 1 { None } else { Some(millis(3_000)) })
        .connect_timeout(millis(2_000))
        .close_timeout(millis(1_000))
        .heartbeat_rate(millis(2_000))
        .heartbeat_timeout_duration(millis(1_500))
        .busy_timeout(millis(2_500))
        .min_uptime(millis(1_000))
        .queue_capacity(if variant % 3 == 2 { 0 } else { 3 })
        .queue_bytes(4_000)
        .high_water_mark(if variant.is_multiple_of(2) { 600 } else { 1 << 20 })
        .refresh_cooldown(millis(4_000))
        .max_reconnect_attempts(attempts)
        .backoff_max(millis(2_000))
        .build()
        .expect("a config that makes sense")
}

/// What the network knows of the one link that there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Resolving,
    /// The client knows the address, and has not asked for a link.
    Resolved,
    Opening,
    Open,
    /// Asked to close.
    Closing,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) now: Instant,
    pub(crate) link: Option<(LinkId, Phase)>,
    links: Vec<LinkId>,
    /// What the server sees of the open link.
    server: Server,
    buffered: usize,
    refuses: bool,
    dawdles: usize,
    /// Whether the client was asked what to do after the last operation.
    was_prompt: bool,
    numbers: u64,
    known: BTreeMap<CallId, Known>,
    /// What can be answered: the newest last.
    answerable: Vec<(CallId, String)>,
    /// The token of now, and how many there were.
    token: u64,
    tokens: u64,
    /// The refresh that runs: its number, and since when. And when each was asked for.
    running: Option<(u32, Instant)>,
    refreshes: Vec<Instant>,
    /// What proves that the last refresh helped, so that the next one needs no cooldown.
    proof: Proof,
    /// Whether the network is said to be gone, and nothing proved the contrary.
    is_cut_off: bool,
    /// Whether it has left, or its person has signed out.
    is_final: bool,
    last_closed: Option<Instant>,
    /// Before when the server wants no new link, unless the app does.
    put_off: Option<Instant>,
    /// Which operations were no more than the word of an old link.
    pub(crate) stale: BTreeSet<usize>,
    steps: usize,
    is_traced: bool,
    pub(crate) trace: Vec<String>,
    /// What was met on the way, by name.
    pub(crate) met: BTreeSet<String>,
}

impl World {
    pub(crate) fn new(variant: usize) -> Self {
        let mut client = Client::new(config(variant), 3);
        client.refresh_on_unauthorized(!variant.is_multiple_of(5));
        client.set_global_headers(Headers::new().with("token", 1));
        Self {
            client,
            now: Instant::ZERO,
            link: None,
            links: Vec::new(),
            server: Server::default(),
            buffered: 0,
            refuses: false,
            dawdles: 0,
            was_prompt: true,
            numbers: 0,
            known: BTreeMap::new(),
            answerable: Vec::new(),
            token: 1,
            tokens: 1,
            running: None,
            refreshes: Vec::new(),
            proof: Proof::default(),
            is_cut_off: false,
            is_final: false,
            last_closed: None,
            put_off: None,
            stale: BTreeSet::new(),
            steps: 0,
            is_traced: false,
            trace: Vec::new(),
            met: BTreeSet::new(),
        }
    }

    /// One that writes down all that comes out of the client.
    pub(crate) fn traced(variant: usize) -> Self {
        Self { is_traced: true, ..Self::new(variant) }
    }

    pub(crate) fn run_all<'a>(&mut self, ops: impl IntoIterator<Item = &'a Op>) {
        ops.into_iter().for_each(|op| self.run(*op));
    }

    pub(crate) fn run(&mut self, op: Op) {
        if matches!(op, Op::Connect | Op::Reconnect) {
            self.put_off = None;
        }
        self.act(op);
        if matches!(op, Op::Pass(_) | Op::Timer) {
            let next = self.client.next_timer();
            assert!(next.is_none_or(|(_, at)| at > self.now), "at {} there is still {next:?}", self.now);
        }
        let is_prompt = self.dawdles == 0;
        if is_prompt {
            self.drain(op);
            self.check();
            if let Op::Hint(Hint::Online | Hint::Offline | Hint::Resumed | Hint::Slept) = op {
                assert!(!self.is_open() || self.server.is_asked(), "a link is not asked for a sign of life");
            }
        } else {
            self.dawdles -= 1;
        }
        self.was_prompt = is_prompt;
        self.steps += 1;
    }

    /// Closes the socket, and checks that nothing is left.
    pub(crate) fn end(&mut self) {
        self.dawdles = 0;
        self.run(Op::Close);
        assert!(self.known.values().all(|known| known.end.is_some()), "{:?}", self.known);
        assert_eq!((self.client.in_flight(), self.client.queued()), (0, 0));
        // The link that lingers is let go, and then nothing is due.
        self.run(Op::Timer);
        assert_eq!(self.client.poll_timeout(), None);
    }

    pub(crate) fn held_until(&self) -> Option<Instant> {
        self.server.held_until()
    }

    /// From now on nothing comes from the network, and timers are on time. Returns when the open link was let go of, or lost.
    pub(crate) fn fall_silent(&mut self, hint: impl Fn(usize) -> Option<Hint>) -> Option<Instant> {
        self.dawdles = 0;
        self.run(Op::Hint(Hint::Resumed));
        let (link, _) = self.link.filter(|(_, phase)| *phase == Phase::Open)?;
        for nth in 0..1_000 {
            self.run(hint(nth).map_or(Op::Timer, Op::Hint));
            if self.link.is_none_or(|(current, _)| current != link) {
                return Some(self.now);
            }
        }
        panic!("the link is still there at {}, {}", self.now, self.client.state())
    }

    fn act(&mut self, op: Op) {
        let now = self.now;
        match op {
            Op::Connect => self.client.connect(now),
            Op::Reconnect => self.client.reconnect(now),
            Op::Close => self.client.close(now),
            Op::Leave => {
                self.client.leave(now);
                self.is_final = true;
            }
            Op::SignOut => {
                self.client.sign_out(now);
                self.is_final = true;
                assert_eq!((self.client.in_flight(), self.client.queued()), (0, 0));
            }
            Op::SetToken => {
                self.new_token();
                self.client.set_global_headers(self.headers());
            }
            Op::Submit(submit) => self.submit(submit),
            Op::Cancel(nth) => self.cancel(nth),
            Op::Refreshed { earlier, has_token } => self.refreshed(earlier, has_token),
            Op::Dawdle(ops) => self.dawdles = ops,
            Op::Refuse => self.refuses = true,
            Op::Drain(quarters) => self.buffered = self.buffered * (4 - quarters) / 4,
            Op::Resolved(nth) => {
                let endpoint = Endpoint::parse("ws://server/").expect("a URL");
                self.input(nth, Input::Resolved(endpoint));
            }
            Op::Unresolved(nth) => self.input(nth, Input::Unresolved),
            Op::Opened(nth) => self.input(nth, Input::Opened),
            Op::Lost(nth, code) => self.input(nth, Input::Closed(CloseCode::new(code))),
            Op::Answer { link, which, status } => self.answer(link, which, status),
            Op::Text(nth, text) => self.input(nth, Input::Text(text.to_owned())),
            Op::Binary(nth) => self.input(nth, Input::Binary(1)),
            Op::Hint(hint) => {
                self.is_cut_off = match hint {
                    Hint::Offline => true,
                    Hint::Online => false,
                    _ => self.is_cut_off,
                };
                self.client.handle_hint(now, hint);
            }
            Op::Pass(ms) => {
                self.now = now + millis(ms);
                self.client.handle_timeout(self.now);
            }
            Op::Drift(ms) => self.now = now + millis(ms),
            Op::Timer => {
                self.now = self.client.poll_timeout().unwrap_or(now).max(now);
                self.client.handle_timeout(self.now);
            }
        }
    }
}

/// What the app does.
impl World {
    fn is_open(&self) -> bool {
        matches!(self.link, Some((_, Phase::Open)))
    }

    fn headers(&self) -> Headers {
        Headers::new().with("token", self.token)
    }

    fn new_token(&mut self) {
        self.tokens += 1;
        self.token = self.tokens;
    }

    fn submit(&mut self, submit: Submit) {
        self.numbers += 1;
        let message = Message::new("echo", (self.numbers, "x".repeat(submit.size)));
        let mut options = CallOptions::new()
            .idempotent(submit.idempotent)
            .priority(submit.priority)
            .anonymous(submit.anonymous)
            .retry_unauthorized(submit.retries)
            .wait_for_link(submit.waits_for_link)
            .bounded(submit.bounded);
        let timeout = submit.timeout.map(millis);
        options.timeout = timeout;
        let message = message.with_options(options);
        let submitted = match submit.wants_reply {
            true => self.client.call(self.now, &message),
            false => self.client.send(self.now, &message),
        };
        let is_open = self.client.state().is_open();
        match submitted {
            Ok(id) => {
                let timeout = timeout.or_else(|| self.client.config().request_timeout());
                let deadline = timeout.map(|timeout| self.now + timeout);
                let known = Known::new(self.numbers, submit, deadline);
                assert!(self.known.insert(id, known).is_none(), "{id} is used twice");
                assert!(!self.is_final, "{id} was accepted after the client left");
            }
            Err(NotSent::Closed(CloseReason::Left | CloseReason::SignedOut)) => assert!(self.is_final),
            Err(NotSent::Closed(_)) => assert!(self.client.state().is_closed()),
            Err(NotSent::QueueFull(_)) => {
                assert!(submit.bounded && (!is_open || self.client.queued() > 0));
            }
            Err(NotSent::NotConnected) => assert!(!submit.waits_for_link && !is_open),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn cancel(&mut self, nth: usize) {
        let open = self.known.iter().filter(|(_, known)| known.end.is_none()).map(|(id, _)| *id);
        let Some(id) = open.rev().nth(nth) else { return };
        // It may have left or ended a moment ago: then an event says so, and there is nothing to cancel.
        if let Some(error) = self.client.cancel(self.now, id) {
            self.ends(id, End::of(Err(&error)));
        }
        assert!(self.client.cancel(self.now, id).is_none());
    }

    fn refreshed(&mut self, earlier: bool, has_token: bool) {
        let Some((number, _)) = self.running else { return };
        if earlier {
            return self.client.handle_refreshed(self.now, number.saturating_sub(1), Some(Headers::new()));
        }
        self.running = None;
        let is_trying = matches!(self.client.state(), SocketState::Connecting { .. } | SocketState::Backoff { .. });
        self.proof.refreshed(self.now, has_token, is_trying);
        if has_token {
            self.new_token();
        }
        self.client.handle_refreshed(self.now, number, has_token.then(|| self.headers()));
    }
}

/// What happens on a link.
impl World {
    fn input(&mut self, nth: usize, input: Input) {
        let Some(link) = self.links.iter().nth_back(nth).copied() else { return };
        match (self.link.filter(|(current, _)| *current == link).map(|(_, phase)| phase), &input) {
            (None, _) => {
                self.stale.insert(self.steps);
            }
            (Some(Phase::Resolving), Input::Resolved(_)) => self.link = Some((link, Phase::Resolved)),
            (Some(Phase::Opening), Input::Opened) => {
                self.link = Some((link, Phase::Open));
                self.is_cut_off = false;
                (self.server, self.buffered, self.refuses) = (Server::new(self.now), 0, false);
            }
            (Some(Phase::Open), Input::Text(_) | Input::Binary(_)) if self.client.state().is_open() => {
                self.server.spoke(self.now);
                self.is_cut_off = false;
                if matches!(&input, Input::Text(text) if text.contains("PONG")) {
                    self.server.ponged();
                }
            }
            (Some(phase), Input::Closed(code)) => {
                let after = self.client.config().close_rules().after(*code);
                // A client that was not asked since may have given up the link by itself.
                if let (true, Phase::Opening | Phase::Open, AfterClose::RetryAfter(delay)) =
                    (self.was_prompt, phase, after)
                {
                    self.put_off = Some(self.now + delay);
                }
                if phase == Phase::Open {
                    self.proof.link_lost(self.now, self.server.opened_at, self.client.config());
                }
                self.link = None;
            }
            (Some(Phase::Resolving), Input::Unresolved) => self.link = None,
            _ => {}
        }
        self.client.handle_input(self.now, link, input);
    }

    fn answer(&mut self, nth: usize, which: usize, status: u16) {
        let Some((id, uuid)) = self.answerable.iter().nth_back(which).cloned() else { return };
        let on_current = self.is_open() && nth == 0 && self.server.has(id);
        if on_current {
            self.server.answers(id);
            if let Some(known) = self.known.get_mut(&id) {
                known.answered(status);
                self.proof.answered(known, self.token, status);
            }
        }
        let text = format!(r#"{{"uuid": "{uuid}", "payload": 1, "status": {status}}}"#);
        self.input(nth, Input::Text(text));
    }
}

/// What comes out.
impl World {
    fn drain(&mut self, op: Op) {
        while let Some(transmit) = self.client.poll_transmit(self.now, self.buffered) {
            self.note(|| match &transmit {
                Transmit::Send { link, text, .. } => format!("{link}: {text}"),
                other => format!("{other:?}"),
            });
            self.carry_out(op, transmit);
        }
        while let Some(event) = self.client.poll_event() {
            self.note(|| format!("{event:?}"));
            self.meet(&event);
            self.take_note_of(op, event);
        }
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if self.is_traced {
            self.trace.push(format!("{}: {}", self.now, what()));
        }
    }

    fn meet(&mut self, event: &Event) {
        if self.is_traced {
            // `StateChanged(Closed(GaveUp`, `Settled { call: CallId(`, `Notice { notice: OddField`
            let name = format!("{event:?}");
            let words = name.split(|c: char| !c.is_alphabetic()).filter(|word| word.starts_with(char::is_uppercase));
            let name = words.filter(|word| *word != "CallId").take(3).collect::<Vec<_>>().join(" ");
            self.met.insert(name);
        }
    }

    fn carry_out(&mut self, op: Op, transmit: Transmit) {
        match transmit {
            Transmit::Resolve { link } => {
                assert_eq!(self.link, None, "{link} is opened beside another one");
                assert!(self.put_off.take().is_none_or(|at| at <= self.now), "{link} goes round a rate limit");
                self.link = Some((link, Phase::Resolving));
                self.links.push(link);
            }
            Transmit::Connect { link, .. } => {
                assert_eq!(self.link, Some((link, Phase::Resolved)));
                self.link = Some((link, Phase::Opening));
            }
            Transmit::Send { link, text, message } => self.hand_over(link, text, message),
            Transmit::Close { link, .. } => {
                let Some((current, Phase::Opening | Phase::Open)) = self.link else { panic!("{link} is over") };
                assert_eq!(link, current);
                self.link = Some((link, Phase::Closing));
            }
            Transmit::Abandon { link } => {
                // It may be gone by now.
                let Some((_, phase)) = self.link.filter(|(current, _)| *current == link) else { return };
                let is_judged = self.was_prompt && matches!(op, Op::Pass(_) | Op::Timer) && phase == Phase::Open;
                if is_judged && self.client.state() != SocketState::Closed(CloseReason::Left) {
                    self.server.assert_may_be_dead(self.now, self.client.config());
                }
                self.link = None;
            }
            Transmit::Refresh { number } => self.refresh(number),
            other => panic!("{other:?}"),
        }
    }

    fn refresh(&mut self, number: u32) {
        // One that runs is dropped first.
        self.running = Some((number, self.now));
        let last = self.refreshes.last();
        let cooldown = self.client.config().refresh_cooldown();
        let has_cooled_down = last.is_none_or(|last| self.now - *last >= cooldown);
        assert!(has_cooled_down || self.proof.has_helped(), "refreshes at {last:?} and {}", self.now);
        self.proof = Proof::default();
        self.refreshes.push(self.now);
        self.met.insert("a refresh".to_owned());
    }

    fn hand_over(&mut self, link: LinkId, text: String, message: Option<CallId>) {
        assert_eq!(self.link, Some((link, Phase::Open)), "a frame on {link}");
        let Some(id) = message else {
            self.server.pinged(self.now);
            self.buffered += text.len();
            return;
        };
        let mark = self.client.config().high_water_mark();
        let has_room = self.buffered == 0 || self.buffered + text.len() <= mark;
        assert!(has_room, "{} bytes on top of {}", text.len(), self.buffered);
        if self.refuses {
            self.met.insert("a refusal".to_owned());
            // Said twice, it is still true.
            for _ in 0..=self.numbers % 2 {
                let not_taken = Input::NotTaken { message, text: text.clone() };
                self.client.handle_input(self.now, link, not_taken);
            }
            return self.input(0, Input::Closed(CloseCode::ABNORMAL));
        }
        assert!(!self.is_cut_off, "a message leaves on a link in doubt");
        self.buffered += text.len();
        let token = self.token;
        let waits_for_token = self.running.is_some_and(|(_, since)| self.client_waits(since));
        let known = self.known.get_mut(&id).expect("a message that is known");
        known.assert_may_leave(id, self.now, waits_for_token);
        let token = if known.submit.anonymous { "{}".to_owned() } else { format!(r#"{{"token":{token}}}"#) };
        assert!(text.ends_with(&format!(r#""headers":{token}}}"#)), "{text} without the token of now");
        let again = known.taken(self.token);
        self.server.took(id, known);
        if again {
            self.met.insert("another time".to_owned());
        }
        let uuid = self.client.uuid(id).to_string();
        assert!(text.contains(&uuid), "another uuid for the same message");
        self.answerable.push((id, uuid));
    }

    /// Whether calls still wait for a refresh that was asked for then.
    fn client_waits(&self, since: Instant) -> bool {
        let timeout = self.client.config().request_timeout().unwrap_or(Duration::from_secs(30));
        self.now < since + timeout && self.last_closed.is_none_or(|at| at < since)
    }

    fn take_note_of(&mut self, op: Op, event: Event) {
        match event {
            Event::Settled { call, outcome } => self.ends(call, End::of(outcome.as_ref())),
            Event::LateReply { call, .. } | Event::Unanswered { call } => {
                let known = self.known.get(&call).expect("a call that is known");
                assert!(
                    known.submit.wants_reply && known.end.is_none_or(|end| end == End::Unknown),
                    "{call} {known:?}"
                );
                assert!(!self.client.is_owed(call), "{call} is answered, and still owed");
            }
            Event::Sent { message } => self.ends(message, End::Sent),
            Event::Unsent { message, error } => self.ends(message, End::of(Err(&error.into()))),
            Event::StateChanged(SocketState::Closed(reason)) => {
                self.last_closed = Some(self.now);
                match reason {
                    CloseReason::Left | CloseReason::SignedOut => assert!(self.is_final),
                    CloseReason::Refused(_) => {}
                    CloseReason::ByApp => assert!(op == Op::Close || self.dawdles == 0),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn ends(&mut self, id: CallId, end: End) {
        let known = self.known.get_mut(&id).expect("a message that is known");
        known.ends(id, end, self.now);
        self.met.insert(format!("{end:?}"));
    }

    fn check(&self) {
        let state = self.client.state();
        assert_eq!(state.is_open(), self.is_open(), "{state}");
        let is_opening = matches!(self.link, Some((_, Phase::Resolving | Phase::Opening)));
        assert_eq!(matches!(state, SocketState::Connecting { .. }), is_opening, "{state}");
        assert!(state.is_closed() || !matches!(self.link, Some((_, Phase::Closing))));
        let open = self.known.values().filter(|known| known.end.is_none()).count();
        assert_eq!(self.client.in_flight() + self.client.queued(), open);
        assert!(state.is_open() || self.client.in_flight() == 0);
        let is_at_rest = state.is_closed() || state == SocketState::Idle;
        if is_at_rest && self.link.is_none() && open == 0 {
            assert_eq!(self.client.poll_timeout(), None);
        }
    }
}

/// How an error ends a call.
impl End {
    pub(super) fn of(outcome: Result<&leptos_socket_core::Incoming, &CallError>) -> Self {
        match outcome {
            Ok(reply) => Self::Replied(reply.status().map_or(200, |status| status.as_u16())),
            Err(CallError::NotSent(_)) => Self::NotSent,
            Err(CallError::OutcomeUnknown(_)) => Self::Unknown,
            Err(other) => panic!("{other:?}"),
        }
    }
}
