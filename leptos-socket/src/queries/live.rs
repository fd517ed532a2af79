//! What pushes mean for data: said once for a socket and a type of query, because components share the data.

use std::any::{Any, TypeId};
use std::cell::Cell;
use std::rc::Rc;

use leptos_socket_core::{DecodeError, Incoming, Push};

use super::cache::{Cache, Here};
use super::entry::Entry;
use super::kind::{Change, Data, QueryRoute, apply};
use crate::{SocketOptions, trace};

/// What a push on one route means for one type of query.
pub(crate) struct Rule {
    pub(super) push: &'static str,
    kind: TypeId,
    read: Box<Read>,
    version_of: Option<VersionOf>,
}

enum Meaning {
    Changes(Change),
    /// Given what was asked.
    Invalidates(Box<IsMeant>),
}

type Read = dyn Fn(&Incoming) -> Result<Meaning, DecodeError>;
type IsMeant = dyn Fn(&dyn Any) -> bool;
type VersionOf = Box<dyn Fn(&dyn Any) -> Option<u64>>;

impl Rule {
    pub(super) fn on_push(&self, here: &Here<'_>, push: &Incoming) {
        let entries = here.cache.of_kind(self.kind);
        match (self.read)(push) {
            Ok(Meaning::Changes(change)) => entries.for_each(|entry| entry.change(&change)),
            Ok(Meaning::Invalidates(is_meant)) => {
                entries.filter(|entry| is_meant(&*entry.asked.route)).for_each(|entry| entry.invalidate(here));
            }
            // Something changed, and nobody knows what.
            Err(error) => {
                here.socket.driver().on_unreadable(push, error);
                entries.for_each(|entry| entry.invalidate(here));
            }
        }
    }
}

/// The version of data, where the app says how to tell.
pub(super) fn version_of(here: &Here<'_>, entry: &Entry, data: &Data) -> Option<u64> {
    let rules = here.cache.rules();
    let of_kind = rules.iter().filter(|rule| rule.kind == entry.key().0);
    of_kind.filter_map(|rule| rule.version_of.as_ref()).find_map(|version_of| version_of(&**data))
}

/// What pushes mean for the data of queries.
impl SocketOptions {
    /// Keeps the data of a type of query up to date: `apply` puts a push into it, given what was asked. Say it once for a socket:
    /// it holds for all components that [ask](crate::use_query) for this.
    ///
    /// The server pushes a change after it is committed. Pushes that come while an answer is under way are applied again to that
    /// answer, in order, because nobody knows whether it includes them. So a push must be one that can be applied twice: insert
    /// or replace by id, or delete by id; not "add one". Debug builds apply each push twice, and warn on the console if the second
    /// time changes something. Where that cannot be, see [`live_versioned`](Self::live_versioned).
    ///
    /// What was pushed while there was no link is not lost: the data is fetched again with each new link.
    ///
    /// ```
    /// use leptos_socket::{Push, Route, SocketOptions};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Route)]
    /// #[route("getJobs", response = Vec<Job>)]
    /// struct GetJobs {
    ///     driver: u32,
    /// }
    ///
    /// #[derive(Clone, PartialEq, Deserialize)]
    /// struct Job {
    ///     id: u32,
    ///     driver: u32,
    ///     title: String,
    /// }
    ///
    /// #[derive(Clone, Deserialize, Push)]
    /// #[push("jobChanged")]
    /// struct JobChanged {
    ///     job: Job,
    /// }
    ///
    /// let options = SocketOptions::new().live(|asked: &GetJobs, jobs: &mut Vec<Job>, JobChanged { job }: &JobChanged| {
    ///     jobs.retain(|known| known.id != job.id);
    ///     if job.driver == asked.driver {
    ///         jobs.push(job.clone());
    ///     }
    /// });
    /// ```
    ///
    /// `apply` works on a copy, and may call back into the socket. A push that is not of this type is a
    /// [notice](crate::Notice::UnreadablePush), and the data is fetched again.
    pub fn live<R: QueryRoute, P: Push>(self, apply: impl Fn(&R, &mut R::Response, &P) + 'static) -> Self {
        let warned = Cell::new(false);
        let twice = move |asked: &R, data: &mut R::Response, push: &P| {
            apply(asked, data, push);
            if cfg!(debug_assertions) && !warned.get() {
                let mut again = data.clone();
                apply(asked, &mut again, push);
                if again != *data {
                    warned.set(true);
                    warn_of_twice(R::ROUTE, P::ROUTE);
                }
            }
        };
        self.rule::<R, P>(twice, |_| None, None)
    }

    /// [`live`](Self::live) for data that has a version: a number that grows with each change, which both the answer and the push
    /// name. A push that the data includes already is left out, so it may be anything. The data that is shown never goes back.
    ///
    /// ```
    /// use leptos_socket::{Push, Route, SocketOptions};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Route)]
    /// #[route("getStock", response = Stock)]
    /// struct GetStock {}
    ///
    /// #[derive(Clone, PartialEq, Deserialize)]
    /// struct Stock {
    ///     version: u64,
    ///     pieces: i64,
    /// }
    ///
    /// #[derive(Deserialize, Push)]
    /// #[push("moved")]
    /// struct Moved {
    ///     version: u64,
    ///     pieces: i64,
    /// }
    ///
    /// let options = SocketOptions::new().live_versioned(
    ///     |_: &GetStock, stock, moved: &Moved| stock.pieces += moved.pieces,
    ///     |stock| stock.version,
    ///     |moved| moved.version,
    /// );
    /// ```
    ///
    /// An answer that is older than what is shown is not shown. If a push may have been missed, it is asked for again.
    pub fn live_versioned<R: QueryRoute, P: Push>(
        self,
        apply: impl Fn(&R, &mut R::Response, &P) + 'static,
        version_of_data: impl Fn(&R::Response) -> u64 + 'static,
        version_of_push: impl Fn(&P) -> u64 + 'static,
    ) -> Self {
        let version_of: VersionOf = Box::new(move |data| data.downcast_ref().map(&version_of_data));
        self.rule::<R, P>(apply, move |push| Some(version_of_push(push)), Some(version_of))
    }

    /// Fetches data again if a push says that it changed: `is_meant` says so, given what was asked. Say it once for a socket and a
    /// type of query. It is for pushes that do not carry the change; otherwise [`live`](Self::live) costs no fetch.
    ///
    /// ```
    /// use leptos_socket::SocketOptions;
    /// # use leptos_socket::{Push, Route};
    /// # #[derive(serde::Serialize, Route)] #[route("getJobs", response = Vec<String>)] struct GetJobs { driver: u32 }
    /// # #[derive(serde::Deserialize, Push)] #[push("jobMoved")] struct JobMoved { driver: u32 }
    ///
    /// let options = SocketOptions::new()
    ///     .invalidate_on(|asked: &GetJobs, moved: &JobMoved| moved.driver == asked.driver);
    /// ```
    pub fn invalidate_on<R: QueryRoute, P: Push>(self, is_meant: impl Fn(&R, &P) -> bool + 'static) -> Self {
        let is_meant = Rc::new(is_meant);
        let read = move |push: &Incoming| {
            let (push, is_meant) = (push.payload().decode::<P>()?, Rc::clone(&is_meant));
            let is_it = move |asked: &dyn Any| asked.downcast_ref().is_some_and(|asked| is_meant(asked, &push));
            Ok(Meaning::Invalidates(Box::new(is_it)))
        };
        self.add_rule(Rule { push: P::ROUTE, kind: TypeId::of::<R>(), read: Box::new(read), version_of: None })
    }

    fn rule<R: QueryRoute, P: Push>(
        self,
        change: impl Fn(&R, &mut R::Response, &P) + 'static,
        version: impl Fn(&P) -> Option<u64> + 'static,
        version_of: Option<VersionOf>,
    ) -> Self {
        let change = Rc::new(change);
        let read = move |push: &Incoming| {
            let (push, change) = (push.payload().decode::<P>()?, Rc::clone(&change));
            let version = version(&push);
            Ok(Meaning::Changes(Change { version, apply: apply(move |asked, data| change(asked, data, &push)) }))
        };
        self.add_rule(Rule { push: P::ROUTE, kind: TypeId::of::<R>(), read: Box::new(read), version_of })
    }

    fn add_rule(self, rule: Rule) -> Self {
        self.install(move |_, socket| Cache::of(socket).add_rule(rule))
    }
}

fn warn_of_twice(query: &str, push: &str) {
    trace::warn(
        "live",
        format_args!(
            "a push `{push}` changes the data of `{query}` again when it is applied a second time, which happens while an \
             answer is under way: insert, replace or delete by id, or use `live_versioned`"
        ),
    );
}
