//! Random journeys of live data and changes: once all is quiet, what is shown is what the server has.
//!
//! The server commits, pushes in the order of its commits, and answers from what it has when it handles a call. An answer may come
//! long after the pushes that followed it, or overtake those before it. Links are cut, calls time out, persons and places change.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::{
    Headers, Identity, Mutation, Push, Query, Route, Socket, SocketOptions, Subscription, UseMutationOptions,
    UseQueryOptions, provide_sockets, use_mutation_with_options, use_query_with_options, use_subscription,
};
use serde::{Deserialize, Serialize};

use crate::server::{Dice, Server};
use crate::support::{millis, secs};

#[derive(Serialize, Route)]
#[route("list", response = Board)]
struct GetBoard {}

/// Which place's and which person's it is, and the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Board {
    pub(crate) of: String,
    pub(crate) version: u64,
    pub(crate) rows: BTreeMap<String, String>,
}

#[derive(Serialize, Route)]
#[route("watch", response = ())]
struct Watch {}

#[derive(Serialize, Route)]
#[route("unwatch", response = ())]
struct Unwatch {}

impl Subscription for Watch {
    type Push = Changed;
    type Stop = Unwatch;

    fn stop(&self) -> Unwatch {
        Unwatch {}
    }
}

/// A row as it is now; `None` for one that is deleted.
#[derive(Clone, Debug, Serialize, Deserialize, Push)]
#[push("changed")]
pub(crate) struct Changed {
    pub(crate) version: u64,
    pub(crate) row: String,
    /// What it became.
    pub(crate) text: Option<String>,
    /// What was added to it.
    pub(crate) added: String,
}

/// A change: where and by whom it was made, and a row with an id of the page.
#[derive(Serialize, Route)]
#[route("put", response = ())]
struct Put {
    of: String,
    row: String,
}

const PLACES: [&str; 3] = ["ws://one/", "ws://two/", "ws://three/"];
const PERSONS: [&str; 2] = ["alice", "bob"];

fn person(name: Option<&'static str>) -> Option<Identity> {
    name.map(|name| Identity::new(name, Headers::new().with("token", name)))
}

/// What a component showed, one value after the other.
type Shown = Arc<Mutex<Vec<Option<Board>>>>;

struct Part {
    owner: Owner,
    query: Query<GetBoard>,
    shown: Shown,
    _effect: ImmediateEffect,
}

struct Journey {
    dice: Dice,
    server: Server,
    owner: Owner,
    socket: Socket,
    place: RwSignal<String>,
    who: RwSignal<Option<Identity>>,
    name: Cell<Option<&'static str>>,
    mutation: Mutation<Put>,
    parts: RefCell<Vec<Part>>,
    is_versioned: bool,
    put: Cell<u32>,
}

impl Journey {
    fn new(seed: u64, is_versioned: bool) -> Self {
        let owner = Owner::new();
        owner.set();
        let server = Server::new();
        let (place, who) = (RwSignal::new(PLACES[0].to_owned()), RwSignal::new(None));
        let options = SocketOptions::new().transport(server.clone()).identity(who);
        let options = if is_versioned { versioned(options) } else { unversioned(options) };
        let socket = provide_sockets().add_socket("app", place, options).unwrap();
        use_subscription(socket, || Watch {}, |_: Changed| {});
        let optimistic = UseMutationOptions::new().optimistic(|put: &Put, _: &GetBoard, board: &mut Board| {
            assert_eq!(put.of, board.of, "a change is shown in the data of somebody else");
            board.rows.entry(put.row.clone()).or_insert_with(|| "new".to_owned());
        });
        Self {
            dice: Dice::new(seed),
            server,
            owner,
            socket,
            place,
            who,
            name: Cell::new(None),
            mutation: use_mutation_with_options(socket, optimistic),
            parts: RefCell::default(),
            is_versioned,
            put: Cell::new(0),
        }
    }

    /// Whose data may be shown now.
    fn of(&self) -> String {
        format!("{}{}", self.place.get_untracked(), self.name.get().unwrap_or("nobody"))
    }

    fn mount(&self) {
        let owner = self.owner.child();
        let fresh = secs([0, 10, 600][self.dice.below(3)]);
        let options = UseQueryOptions::new().fresh_for(fresh).keep_previous(self.dice.below(3) == 0);
        let (query, shown) = owner.with(|| {
            let shown = Shown::default();
            (use_query_with_options(self.socket, || GetBoard {}, options), shown)
        });
        let log = Arc::clone(&shown);
        let effect = ImmediateEffect::new(move || log.lock().unwrap().push(query.data().get()));
        self.parts.borrow_mut().push(Part { owner, query, shown, _effect: effect });
    }

    fn step(&self) {
        match self.dice.below(100) {
            0..=9 => self.server.accept(&self.dice),
            10..=34 => self.server.handle(&self.dice),
            35..=54 => self.server.deliver_push(&self.dice),
            55..=69 => self.server.deliver_answer(&self.dice),
            70..=77 => self.server.commit_something(&self.of(), &self.dice),
            78..=83 => self.server.clock.advance(millis(self.dice.below(3_000) as u64)),
            84 => self.server.clock.advance(secs([31, 61, 130][self.dice.below(3)])),
            85..=87 => self.server.cut(&self.dice),
            88 | 89 => {
                self.put.set(self.put.get() + 1);
                self.mutation.dispatch(Put { of: self.of(), row: format!("put {}", self.put.get()) });
            }
            90 if self.dice.below(4) == 0 => self.mutation.cancel(),
            91 | 92 if self.parts.borrow().len() < 4 => self.mount(),
            93 => {
                let part = self.dice.take(&mut self.parts.borrow_mut());
                if let Some(part) = part {
                    part.owner.cleanup();
                }
            }
            94 => {
                if let Some(part) = self.parts.borrow().first() {
                    part.query.refetch();
                }
            }
            95 => self.place.set(PLACES[self.dice.below(PLACES.len())].to_owned()),
            96 => {
                let name = [None, Some(PERSONS[0]), Some(PERSONS[1])][self.dice.below(3)];
                self.name.set(name);
                self.who.set(person(name));
            }
            97 => self.socket.reconnect(),
            _ => {}
        }
        self.check();
    }

    /// At any time.
    fn check(&self) {
        let of = self.of();
        for part in self.parts.borrow().iter() {
            let mut shown = part.shown.lock().unwrap();
            for pair in shown.windows(2) {
                assert_ne!(pair[0], pair[1], "equal data woke somebody");
                if let [Some(before), Some(after)] = pair
                    && before.of == after.of
                {
                    let goes_back = self.is_versioned && before.version > after.version;
                    assert!(!goes_back, "what is shown goes back: {before:?} {after:?}");
                    self.server.assert_no_flicker(before, after);
                }
            }
            let last = shown.pop();
            shown.clear();
            if let Some(Some(board)) = &last {
                assert_eq!(board.of, of, "data of somebody else is shown");
            }
            shown.extend(last);
        }
        self.server.assert_nothing_came_to_the_wrong_place();
    }

    /// Nothing happens any more, except that what is under way ends.
    fn quiet(&self) {
        for _ in 0..400 {
            self.server.settle_all();
            self.server.clock.advance(millis(500));
            self.check();
        }
        let truth = self.server.board(&self.of());
        for part in self.parts.borrow().iter() {
            let query = part.query;
            let what = || {
                format!("{:?} {:?} {:?}", self.socket, query.error().get_untracked(), query.fetching().get_untracked())
            };
            assert_eq!(query.data().get_untracked().as_ref(), Some(&truth), "{}", what());
            assert!(query.error().get_untracked().is_none());
            assert!(!query.stale().get_untracked() && !query.fetching().get_untracked());
        }
        assert_eq!((self.mutation.pending().get_untracked(), self.mutation.unsettled().get_untracked()), (0, 0));
    }
}

/// Rows are replaced and deleted, which may be done twice.
fn unversioned(options: SocketOptions) -> SocketOptions {
    options.live(|_: &GetBoard, board: &mut Board, changed: &Changed| {
        match &changed.text {
            Some(text) => drop(board.rows.insert(changed.row.clone(), text.clone())),
            None => drop(board.rows.remove(&changed.row)),
        }
        // It counts for nothing here.
        board.version = board.version.max(changed.version);
    })
}

/// Something is added to a row, which must not be done twice.
fn versioned(options: SocketOptions) -> SocketOptions {
    options.live_versioned(
        |_: &GetBoard, board: &mut Board, changed: &Changed| {
            if changed.text.is_some() {
                board.rows.entry(changed.row.clone()).or_default().push_str(&changed.added);
            } else {
                board.rows.remove(&changed.row);
            }
            board.version = changed.version;
        },
        |board| board.version,
        |changed| changed.version,
    )
}

/// Names the journey that fails.
struct Named(u64);

impl Drop for Named {
    #[expect(clippy::print_stderr, reason = "that is what it is for")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the journey of seed {}", self.0);
        }
    }
}

fn journeys(is_versioned: bool) {
    let seeds = std::env::var("JOURNEYS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(150);
    let mut met = crate::server::Met::default();
    for seed in 0..seeds {
        let journey = Journey::new(seed, is_versioned);
        let _name = Named(seed);
        journey.mount();
        for _ in 0..400 {
            journey.step();
        }
        journey.quiet();
        met.add(&journey.server.met());
        journey.owner.cleanup();
    }
    met.assert_everything_happened();
}

#[test]
fn once_all_is_quiet_live_data_is_what_the_server_has() {
    journeys(false);
}

#[test]
fn with_versions_it_never_goes_back_and_pushes_need_not_be_repeatable() {
    journeys(true);
}
