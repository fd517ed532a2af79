//! One socket with its data, and all that an app does with one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::{
    CallError, CallId, Headers, Identity, Message, Mutation, NotSent, Query, Sent, Socket, SocketOptions, Sockets,
    UseMutationOptions, use_mutation_with_options, use_query, use_socket, use_subscription,
};
use serde::Serialize;

use crate::api::{Change, Ends, GetItems, ItemChanged, Items, Token, WatchItems, Work};
use crate::log::{Begun, Log, Outcome, judge, not_sent};

/// What pushes mean for the data of a socket.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Live {
    /// Each push says what it adds.
    Versioned,
    /// Each push says what is there now.
    Absolute,
    /// A push is a reason to fetch.
    Invalidated,
}

/// The name of a socket, its first place, and what its pushes mean.
pub(crate) type Plan = (&'static str, &'static str, Live);

pub(crate) struct Line {
    name: &'static str,
    pub(crate) place: RwSignal<&'static str>,
    pub(crate) person: RwSignal<&'static str>,
    pub(crate) socket: Socket,
    pub(crate) log: Rc<Log>,
    owner: Owner,
    live: Live,
    change: Mutation<Change>,
    shown: RefCell<Option<Shown>>,
    /// Messages that wait, and that nobody hears of again unless they are dropped.
    waiting: Rc<RefCell<Vec<(CallId, u32)>>>,
}

/// A component that shows the data.
struct Shown {
    owner: Owner,
    query: Query<GetItems>,
    _watching: ImmediateEffect,
}

impl Line {
    pub(crate) fn new(sockets: Sockets, (server, timeout): (&str, u32), plan: Plan, log: &Rc<Log>) -> Self {
        let (name, place, live) = plan;
        let owner = Owner::current().unwrap_or_default().child();
        owner.with(|| {
            let (place, person) = (RwSignal::new(place), RwSignal::new("alice"));
            let waiting = Rc::<RefCell<Vec<(CallId, u32)>>>::default();
            let dropped = {
                let (waiting, log) = (Rc::clone(&waiting), Rc::clone(log));
                move |id: CallId, error: NotSent| {
                    let number = waiting.borrow().iter().find(|(known, _)| *known == id).map(|(_, number)| *number);
                    waiting.borrow_mut().retain(|(known, _)| *known != id);
                    if let Some(number) = number {
                        log.end(number, not_sent(&error));
                    }
                }
            };
            let options = impatient()
                .request_timeout(Some(Duration::from_millis(timeout.into())))
                .identity(move || Some(Identity::new(person.get(), Headers::new())))
                .refresh(move || refresh(person.get_untracked(), false))
                .on_dropped(dropped);
            let server = server.to_owned();
            let url = move || format!("{server}/ws/{}/?client={name}", place.get());
            let socket = match sockets.add_socket(name, url, live.options(options)) {
                Ok(socket) => socket,
                Err(error) => panic!("{error}"),
            };
            let change = use_mutation_with_options(socket, changes(log));
            let (log, shown) = (Rc::clone(log), RefCell::new(None));
            Self { name, place, person, socket, log, owner: owner.clone(), live, change, shown, waiting }
        })
    }

    pub(crate) fn begin(&self, kind: &'static str, idempotent: bool) -> u32 {
        let (place, person) = (self.place.get_untracked().to_owned(), self.person.get_untracked().to_owned());
        self.log.begin(Begun { kind, idempotent, place, person })
    }

    pub(crate) fn change(&self, item: usize, by: i64) {
        let number = self.begin("mutation", false);
        self.change.dispatch(Change { number, item, by });
    }

    /// A message without a reply.
    pub(crate) fn send(&self, work: impl FnOnce(u32) -> Work) {
        let number = self.begin("send", false);
        match self.socket.send(Message::from(work(number))) {
            Ok(Sent::Now) => self.log.end(number, (Outcome::Sent, String::new())),
            Ok(Sent::Queued(id)) => self.waiting.borrow_mut().push((id, number)),
            Ok(_) => self.log.end(number, (Outcome::Wrong, "another kind of sending".to_owned())),
            Err(error) => self.log.end(number, not_sent(&error)),
        }
    }

    pub(crate) fn call_back(&self, work: impl FnOnce(u32) -> Work) {
        let number = self.begin("callback", false);
        let log = Rc::clone(&self.log);
        let callback = move |outcome: Result<leptos_socket::Incoming, CallError>| {
            let outcome = outcome.and_then(|reply| Ok(reply.into_payload()?));
            log.end(number, judge(number, Ends::Well, &outcome));
        };
        let submitted = self.owner.with(|| self.socket.on_response(Message::from(work(number)), callback));
        if let Err(error) = submitted {
            self.log.end(number, not_sent(&error));
        }
    }

    /// Mounts what shows the data, in place of what showed it before.
    pub(crate) fn show(&self) {
        self.hide();
        let owner = self.owner.child();
        let shown = owner.with(|| {
            use_subscription(self.socket, || WatchItems {}, self.order());
            let query = use_query(self.socket, || GetItems {});
            Shown { owner: owner.clone(), query, _watching: self.watch(query) }
        });
        self.shown.replace(Some(shown));
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.shown.borrow().is_some()
    }

    pub(crate) fn hide(&self) {
        if let Some(shown) = self.shown.take() {
            shown.owner.cleanup();
        }
    }

    pub(crate) fn refetch(&self) {
        if let Some(shown) = &*self.shown.borrow() {
            shown.query.refetch();
        }
    }

    /// Pushes arrive in order, and each only once.
    fn order(&self) -> impl Fn(ItemChanged) + use<> {
        let (place, person, log) = (self.place, self.person, Rc::clone(&self.log));
        let last = Cell::new(("", "", 0));
        move |ItemChanged { version, .. }| {
            let (here, whose) = (place.get_untracked(), person.get_untracked());
            let before = last.replace((here, whose, version));
            if (here, whose) == (before.0, before.1) && version <= before.2 {
                log.mistake(format!("the push {version} of {here} came after {}", before.2));
            }
        }
    }

    /// Data with versions never goes back.
    fn watch(&self, query: Query<GetItems>) -> ImmediateEffect {
        let (log, live, name) = (Rc::clone(&self.log), self.live, self.name);
        let last = std::sync::Mutex::new(0);
        let log = StoredValue::new_local(log);
        ImmediateEffect::new(move || {
            let version = query.data().get().map_or(0, |items: Items| items.version);
            let before =
                std::mem::replace(&mut *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner), version);
            // None: other data than before is to come.
            if live == Live::Versioned && version != 0 && version < before {
                log.with_value(|log| log.mistake(format!("the data of {name} went back from {before} to {version}")));
            }
        })
    }

    /// Once all is quiet, what waited has left.
    pub(crate) fn settle(&self) {
        for (_, number) in self.waiting.take() {
            self.log.end(number, (Outcome::Sent, String::new()));
        }
    }

    pub(crate) fn state(&self) -> impl Serialize + use<> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct State {
            name: &'static str,
            place: &'static str,
            state: String,
            connected: bool,
            in_flight: usize,
            queued: usize,
            pending: usize,
            unsettled: usize,
            data: Option<Items>,
            stale: bool,
            fetching: bool,
            error: Option<String>,
        }
        let query = self.shown.borrow().as_ref().map(|shown| shown.query);
        State {
            name: self.name,
            place: self.place.get_untracked(),
            state: self.socket.state().get_untracked().to_string(),
            connected: self.socket.connected().get_untracked(),
            in_flight: self.socket.in_flight().get_untracked(),
            queued: self.socket.queued().get_untracked(),
            pending: self.change.pending().get_untracked(),
            unsettled: self.change.unsettled().get_untracked(),
            data: query.and_then(|query| query.data().get_untracked()),
            stale: query.is_none_or(|query| query.stale().get_untracked()),
            fetching: query.is_some_and(|query| query.fetching().get_untracked()),
            error: query.and_then(|query| query.error().get_untracked()).map(|error| error.to_string()),
        }
    }
}

impl Live {
    pub(crate) fn options(self, options: SocketOptions) -> SocketOptions {
        match self {
            Self::Versioned => options.live_versioned(
                |_: &GetItems, items: &mut Items, pushed: &ItemChanged| {
                    items.add(pushed.item, pushed.by);
                    items.version = pushed.version;
                },
                |items| items.version,
                |pushed| pushed.version,
            ),
            Self::Absolute => options.live(|_: &GetItems, items: &mut Items, pushed: &ItemChanged| items.put(pushed)),
            Self::Invalidated => options.invalidate_on(|_: &GetItems, _: &ItemChanged| true),
        }
    }
}

/// Everything that takes seconds by default takes less, so that more happens.
fn impatient() -> SocketOptions {
    let millis = Duration::from_millis;
    SocketOptions::new()
        .heartbeat_rate(millis(1000))
        .heartbeat_timeout_duration(millis(900))
        .busy_timeout(millis(4000))
        .connect_timeout(millis(2000))
        .close_timeout(millis(500))
        .backoff_base(millis(100))
        .backoff_max(millis(1500))
        .min_uptime(millis(500))
        .refresh_cooldown(millis(300))
}

/// Asks the server for a token. An idempotent one is asked for again if the link is lost meanwhile.
pub(crate) fn refresh(name: &str, idempotent: bool) -> impl Future<Output = Result<Headers, CallError>> + use<> {
    let call = use_socket().call(Token { name: name.to_owned() }).anonymous().idempotent(idempotent);
    async move { Ok(Headers::new().with("token", call.await?)) }
}

fn changes(log: &Rc<Log>) -> UseMutationOptions<Change> {
    let (done, failed) = (Rc::clone(log), Rc::clone(log));
    UseMutationOptions::new()
        .optimistic(|change: &Change, _: &GetItems, items: &mut Items| items.add(change.item, change.by))
        .on_success(move |change, reply| {
            done.end(change.number, judge(change.number, Ends::Well, &Ok(reply.clone())));
        })
        .on_error(move |change, error| {
            failed.end(change.number, judge(change.number, Ends::Well, &Err(error.clone())));
        })
}
