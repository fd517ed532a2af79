//! The data of all queries of a socket, to change from anywhere.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::cache::{Cache, Here};
use super::kind::{Asked, Change, QueryRoute, apply};
use super::kind_of;
use crate::Socket;

/// How long data is kept that was set before anybody asked for it.
const KEEP_FOR: Duration = Duration::from_secs(300);

/// The data of all queries of a socket. Made by [`Socket::queries`]. It is `Copy`.
///
/// ```
/// use leptos_socket::{CallError, Route, Socket};
/// # #[derive(serde::Serialize, Route)] #[route("getTitle", response = String)] struct GetTitle { id: u32 }
/// # #[derive(serde::Serialize, Route)] #[route("rename", response = String)] struct Rename { id: u32, title: String }
///
/// /// The server answers with the new title, so nothing has to be fetched again.
/// async fn rename(socket: Socket, id: u32, title: String) -> Result<(), CallError> {
///     let title = socket.call(Rename { id, title }).await?;
///     socket.queries().set(GetTitle { id }, title);
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Queries {
    socket: Socket,
}

impl Socket {
    /// The data of all queries of this socket, to change from anywhere.
    #[must_use]
    pub const fn queries(&self) -> Queries {
        Queries { socket: *self }
    }
}

impl Queries {
    /// Marks the data of a type of query as out of date. It is fetched again: at once if a component shows it, otherwise when one
    /// asks for it.
    ///
    /// ```
    /// # use leptos_socket::{Route, Socket};
    /// # #[derive(serde::Serialize, Route)] #[route("getTitle", response = String)] struct GetTitle { id: u32 }
    /// fn imported(socket: Socket) {
    ///     socket.queries().invalidate::<GetTitle>();
    ///     socket.queries().invalidate_where(|asked: &GetTitle| asked.id > 100);
    /// }
    /// ```
    pub fn invalidate<R: QueryRoute>(&self) {
        self.invalidate_where::<R>(|_| true);
    }

    /// [`invalidate`](Self::invalidate) for the queries for which `is_meant`, given their arguments, returns true.
    pub fn invalidate_where<R: QueryRoute>(&self, is_meant: impl Fn(&R) -> bool + 'static) {
        self.run(move |here| {
            let entries = here.cache.of_kind(kind_of::<R>());
            let is_it = |asked: &dyn std::any::Any| asked.downcast_ref().is_some_and(&is_meant);
            entries.filter(|entry| is_it(&*entry.asked.route)).for_each(|entry| entry.invalidate(here));
        });
    }

    /// Forgets all data. Data that a component shows is fetched again.
    pub fn clear(&self) {
        self.run(Cache::clear);
    }

    /// Sets the data of a query. It counts as fetched now.
    pub fn set<R: QueryRoute>(&self, asked: R, data: R::Response) {
        let asked = Asked::new(asked);
        self.run(move |here| {
            let entry = here.cache.entry(asked);
            entry.set(here, Rc::new(data.clone()));
            // Also in an answer that is under way.
            let replace = move |_: &R, current: &mut R::Response| *current = data.clone();
            entry.change(&Change { version: None, apply: apply(replace) });
            if !entry.is_used() {
                entry.keep(here, KEEP_FOR);
            }
        });
    }

    /// Changes the data of all queries of a type that have data: `change` gets their arguments. It is applied again to an answer
    /// that is under way, so applying it twice must be the same as once.
    ///
    /// ```
    /// # use leptos_socket::{Route, Socket};
    /// # #[derive(serde::Serialize, Route)] #[route("getTitle", response = String)] struct GetTitle { id: u32 }
    /// fn rename(socket: Socket, id: u32, title: String) {
    ///     socket.queries().update(move |asked: &GetTitle, shown: &mut String| {
    ///         if asked.id == id {
    ///             shown.clone_from(&title);
    ///         }
    ///     });
    /// }
    /// ```
    pub fn update<R: QueryRoute>(&self, change: impl Fn(&R, &mut R::Response) + 'static) {
        let change = Change { version: None, apply: apply(change) };
        self.run(move |here| here.cache.of_kind(kind_of::<R>()).for_each(|entry| entry.change(&change)));
    }

    /// The data of a query as it is shown now; `None` if there is none.
    #[must_use]
    pub fn get<R: QueryRoute>(&self, asked: R) -> Option<R::Response> {
        let data = self
            .socket
            .with_inner(|socket| Cache::of(socket).find(&Asked::new(asked).key).and_then(|entry| entry.shown()));
        data.flatten()?.downcast_ref().cloned()
    }

    fn run(&self, task: impl FnOnce(&Here<'_>) + 'static) {
        self.socket.with_inner(|socket| Cache::of(socket).run(socket, task));
    }
}

impl fmt::Debug for Queries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Queries of {:?}", self.socket)
    }
}
