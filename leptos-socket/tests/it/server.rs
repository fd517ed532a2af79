//! A server with data, and a network between it and the page, of which the test throws the dice.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use leptos_socket::transport::scripted::Scripted;
use leptos_socket::transport::{Input, Link, LinkInputs, Transport, TransportError};
use leptos_socket::{CloseCode, Endpoint, Instant};
use serde_json::{Value, json};

use crate::truth::{Board, Changed};

/// A small generator: the same seed is the same journey.
pub(crate) struct Dice(Cell<u64>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1))
    }

    pub(crate) fn below(&self, bound: usize) -> usize {
        let mut state = self.0.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.0.set(state);
        (state >> 11) as usize % bound.max(1)
    }

    pub(crate) fn take<T>(&self, from: &mut Vec<T>) -> Option<T> {
        (!from.is_empty()).then(|| from.swap_remove(self.below(from.len())))
    }
}

/// How often something happened, which a journey proves nothing about if it never does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Met(BTreeMap<&'static str, u32>);

impl Met {
    pub(crate) fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    pub(crate) fn assert_everything_happened(&self) {
        for what in [
            "an answer that lags behind",
            "an answer that overtakes",
            "a push",
            "a change that was made and not answered",
            "a change that was not made and not answered",
            "a refusal",
            "a failure",
            "a cut",
        ] {
            assert!(self.0.get(what).is_some_and(|times| *times > 20), "{what} is rare: {self:?}");
        }
    }
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) clock: Scripted,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    links: Vec<Connected>,
    boards: BTreeMap<String, Board>,
    commits: u64,
    misplaced: Option<String>,
    /// The rows of changes that were made, and not called a failure.
    made: BTreeSet<String>,
    met: Met,
}

struct Connected {
    url: String,
    inputs: LinkInputs,
    is_open: bool,
    is_alive: bool,
    asked_to_close: Option<CloseCode>,
    /// On their way to the server.
    frames: VecDeque<Value>,
    /// On their way to the page, in order.
    pushes: VecDeque<(u64, String)>,
    /// On their way to the page, in order, but not in that of the pushes: the version that they know, and the frame.
    answers: VecDeque<(u64, String)>,
    watches: Option<String>,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self { clock: Scripted::new(), state: Rc::default() }
    }

    pub(crate) fn met(&self) -> Met {
        self.state.borrow().met.clone()
    }

    pub(crate) fn board(&self, of: &str) -> Board {
        let boards = &self.state.borrow().boards;
        boards.get(of).cloned().unwrap_or_else(|| Board { of: of.to_owned(), ..Board::default() })
    }

    pub(crate) fn assert_nothing_came_to_the_wrong_place(&self) {
        assert_eq!(self.state.borrow().misplaced, None);
    }

    /// A change that was made was shown at once, and stays.
    pub(crate) fn assert_no_flicker(&self, before: &Board, after: &Board) {
        let made = &self.state.borrow().made;
        let gone = before.rows.keys().find(|row| made.contains(*row) && !after.rows.contains_key(*row));
        assert_eq!(gone, None, "a change flickers: {before:?} {after:?}");
    }

    fn some_link(&self, dice: &Dice, which: impl Fn(&Connected) -> bool) -> Option<usize> {
        let state = self.state.borrow();
        let mut some: Vec<_> = (0..state.links.len())
            .filter(|index| state.links[*index].is_alive && which(&state.links[*index]))
            .collect();
        dice.take(&mut some)
    }

    fn report(&self, link: usize, input: Input) {
        let inputs = self.state.borrow().links[link].inputs.clone();
        inputs.report(input);
    }

    pub(crate) fn accept(&self, dice: &Dice) {
        if let Some(link) = self.some_link(dice, |link| !link.is_open) {
            self.open(link);
        }
    }

    fn open(&self, link: usize) {
        self.state.borrow_mut().links[link].is_open = true;
        self.report(link, Input::Opened);
    }

    pub(crate) fn cut(&self, dice: &Dice) {
        if let Some(link) = self.some_link(dice, |_| true) {
            self.state.borrow_mut().meet("a cut");
            self.close(link, CloseCode::ABNORMAL);
        }
    }

    fn close(&self, link: usize, code: CloseCode) {
        self.state.borrow_mut().links[link].is_alive = false;
        self.report(link, Input::Closed(code));
    }

    pub(crate) fn deliver_push(&self, dice: &Dice) {
        if let Some(link) = self.some_link(dice, |link| !link.pushes.is_empty()) {
            let push = {
                let mut state = self.state.borrow_mut();
                state.meet("a push");
                let link = &mut state.links[link];
                link.pushes.pop_front()
            };
            if let Some((_, push)) = push {
                self.report(link, Input::Text(push));
            }
        }
    }

    pub(crate) fn deliver_answer(&self, dice: &Dice) {
        if let Some(link) = self.some_link(dice, |link| !link.answers.is_empty()) {
            let answer = {
                let mut state = self.state.borrow_mut();
                let commits = state.commits;
                let link = &mut state.links[link];
                let first_push = link.pushes.front().map(|(version, _)| *version);
                let answer = link.answers.pop_front();
                if let Some((knows, _)) = answer.as_ref().filter(|(knows, _)| *knows > 0) {
                    if first_push.is_some_and(|push| push <= *knows) {
                        state.meet("an answer that overtakes");
                    } else if *knows < commits {
                        state.meet("an answer that lags behind");
                    }
                }
                answer
            };
            if let Some((_, answer)) = answer {
                self.report(link, Input::Text(answer));
            }
        }
    }

    /// Handles one frame.
    pub(crate) fn handle(&self, dice: &Dice) {
        if let Some(link) = self.some_link(dice, |link| !link.frames.is_empty()) {
            self.state.borrow_mut().handle(link, dice.below(20));
        }
    }

    /// Somebody else changes something.
    pub(crate) fn commit_something(&self, of: &str, dice: &Dice) {
        let row = format!("row {}", dice.below(4));
        let added = ["a", "b", "c"][dice.below(3)];
        let mut state = self.state.borrow_mut();
        let known = state.boards.get(of).and_then(|board| board.rows.get(&row)).cloned();
        match known {
            Some(_) if dice.below(4) == 0 => state.commit(of, &row, None, ""),
            known => {
                let text = known.unwrap_or_default() + added;
                state.commit(of, &row, Some(text), added);
            }
        }
    }

    /// All that is under way arrives, and is handled without a mishap.
    pub(crate) fn settle_all(&self) {
        let calm = Dice::new(1);
        let links = self.state.borrow().links.len();
        for link in 0..links {
            let (is_new, code) = {
                let state = self.state.borrow();
                let link = &state.links[link];
                (link.is_alive && !link.is_open, link.asked_to_close.filter(|_| link.is_alive))
            };
            if let Some(code) = code {
                self.close(link, code);
            } else if is_new {
                self.open(link);
            }
        }
        while let Some(link) = self.some_link(&calm, |link| !link.frames.is_empty()) {
            self.state.borrow_mut().handle(link, 19);
        }
        while self.some_link(&calm, |link| !link.pushes.is_empty()).is_some() {
            self.deliver_push(&calm);
        }
        while self.some_link(&calm, |link| !link.answers.is_empty()).is_some() {
            self.deliver_answer(&calm);
        }
    }
}

impl State {
    fn meet(&mut self, what: &'static str) {
        *self.met.0.entry(what).or_default() += 1;
    }

    fn commit(&mut self, of: &str, row: &str, text: Option<String>, added: &str) {
        self.commits += 1;
        let version = self.commits;
        let board = self.boards.entry(of.to_owned()).or_insert_with(|| Board { of: of.to_owned(), ..Board::default() });
        board.version = version;
        match &text {
            Some(text) => drop(board.rows.insert(row.to_owned(), text.clone())),
            None => drop(board.rows.remove(row)),
        }
        let changed = Changed { version, row: row.to_owned(), text, added: added.to_owned() };
        let push = json!({ "route": "changed", "payload": changed }).to_string();
        for link in self.links.iter_mut().filter(|link| link.is_alive && link.watches.as_deref() == Some(of)) {
            link.pushes.push_back((version, push.clone()));
        }
    }

    fn handle(&mut self, link: usize, luck: usize) {
        let Some(frame) = self.links[link].frames.pop_front() else { return };
        let who = frame["headers"]["token"].as_str().unwrap_or("nobody");
        let of = format!("{}{who}", self.links[link].url);
        let answer = |status: u16, payload: Value| {
            json!({ "uuid": frame["uuid"], "status": status, "headers": null, "payload": payload }).to_string()
        };
        let reply = match frame["route"].as_str().unwrap_or_default() {
            "list" => {
                let board =
                    self.boards.get(&of).cloned().unwrap_or_else(|| Board { of: of.clone(), ..Board::default() });
                let knows = board.version;
                self.links[link].answers.push_back((knows, answer(200, json!(board))));
                return;
            }
            "watch" => {
                self.links[link].watches = Some(of);
                answer(200, Value::Null)
            }
            "put" => {
                if frame["payload"]["of"] != of.as_str() {
                    self.misplaced = Some(format!("{} came to {of}", frame["payload"]));
                }
                let row = frame["payload"]["row"].as_str().unwrap_or_default().to_owned();
                if !matches!(luck, 0 | 1 | 3) {
                    self.commit(&of, &row, Some("made".to_owned()), "made");
                    if luck != 2 {
                        self.made.insert(row);
                    }
                }
                match luck {
                    0 => {
                        self.meet("a refusal");
                        answer(409, Value::Null)
                    }
                    1 | 2 => {
                        self.meet("a failure");
                        answer(500, Value::Null)
                    }
                    3 => return self.meet("a change that was not made and not answered"),
                    4 => return self.meet("a change that was made and not answered"),
                    _ => answer(200, Value::Null),
                }
            }
            _ => answer(200, Value::Null),
        };
        self.links[link].answers.push_back((0, reply));
    }
}

impl Transport for Server {
    fn open(&self, endpoint: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
        let mut state = self.state.borrow_mut();
        state.links.push(Connected {
            url: endpoint.url().to_owned(),
            inputs,
            is_open: false,
            is_alive: true,
            asked_to_close: None,
            frames: VecDeque::new(),
            pushes: VecDeque::new(),
            answers: VecDeque::new(),
            watches: None,
        });
        Ok(Box::new(ServerLink { server: self.clone(), index: state.links.len() - 1 }))
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn random(&self) -> u64 {
        self.clock.random()
    }

    fn wake_at(&self, at: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
        self.clock.wake_at(at, wake)
    }
}

struct ServerLink {
    server: Server,
    index: usize,
}

impl Link for ServerLink {
    fn send(&self, text: &str) -> Result<(), TransportError> {
        let frame = serde_json::from_str(text).unwrap();
        self.server.state.borrow_mut().links[self.index].frames.push_back(frame);
        Ok(())
    }

    fn close(&self, code: CloseCode) {
        self.server.state.borrow_mut().links[self.index].asked_to_close = Some(code);
    }
}

impl Drop for ServerLink {
    fn drop(&mut self) {
        self.server.state.borrow_mut().links[self.index].is_alive = false;
    }
}
