//! Data from the server, kept up to date.

use std::any::TypeId;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Mutex;
use std::task::{Context, Poll};

use leptos::prelude::*;
use leptos::reactive::computed::suspense::LocalResourceNotifier;
use leptos_socket_core::{CallError, CallOptions, MaybeRoute, NotSent, OutcomeUnknown};

use crate::Socket;
use crate::reactive::Watching;
use crate::socket::Inner;

mod cache;
mod entry;
mod fetching;
mod handle;
#[cfg(feature = "inspector")]
mod inspect;
mod kind;
mod layers;
mod live;
mod options;
mod user;
mod view;

pub(crate) use cache::Cache;
pub use handle::Queries;
#[cfg(feature = "inspector")]
pub(crate) use inspect::{Inspected, inspect};
pub use kind::QueryRoute;
use kind::{Asked, Data, Key};
pub(crate) use layers::{End, Layer, Layers, Unsettled};
pub use options::UseQueryOptions;
use user::{Times, User};
use view::{Progress, View};

/// Data from the server: fetched over the socket when the arguments change, and kept up to date.
///
/// - Components that ask one socket for the same thing share one call and its data. Equal data notifies nobody.
/// - It is fetched again after a gap, in which a push may have been missed, and when a component comes that finds it too
///   [old](UseQueryOptions::fresh_for). Pushes [change it](crate::SocketOptions::live) or
///   [say that it changed](crate::SocketOptions::invalidate_on), and so can [the app](Socket::queries). The data that there is
///   stays while it is fetched.
/// - A fetch that fails shows its error beside the data. An answer of 401, 403, 404 or 410 removes the data.
/// - If a fetch times out while the server still owes the answer, it is not sent again: the late answer is used.
/// - When the socket moves to another place, or another person uses it, all data goes at once.
///
/// `arguments` is a reactive function that returns the route to call, or an `Option` of it where there is nothing to ask for yet.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Route, use_query, use_socket};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Route)]
/// #[route("getArticle", response = Article)]
/// struct GetArticle {
///     id: u32,
/// }
///
/// #[derive(Clone, PartialEq, Deserialize)]
/// struct Article {
///     title: String,
/// }
///
/// /// Nothing is chosen at first.
/// #[component]
/// fn ShowArticle(#[prop(into)] chosen: Signal<Option<u32>>) -> impl IntoView {
///     let article = use_query(use_socket(), move || chosen.get().map(|id| GetArticle { id }));
///     view! {
///         <h1 class:stale=article.stale()>{move || article.data().get().map(|article| article.title)}</h1>
///         <p role="alert">{move || article.error().get().map(|error| error.to_string())}</p>
///     }
/// }
/// ```
///
/// On a server nothing is fetched: it is [loading](Query::loading), and so it is at first in the browser, unless it has
/// [initial data](UseQueryOptions::initial).
pub fn use_query<A>(socket: Socket, arguments: impl Fn() -> A + Send + Sync + 'static) -> Query<A::Route>
where
    A: MaybeRoute<Route: QueryRoute>,
{
    use_query_with_options(socket, arguments, UseQueryOptions::new())
}

/// [`use_query`] with options.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Socket, UseQueryOptions, use_query_with_options};
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize, Route)] #[route("getPage", response = Vec<String>)] struct GetPage { number: u32 }
///
/// #[component]
/// fn Titles(socket: Socket, #[prop(into)] number: Signal<u32>) -> impl IntoView {
///     let options = UseQueryOptions::new().keep_previous(true);
///     let page = use_query_with_options(socket, move || GetPage { number: number.get() }, options);
///     view! { <p class:stale=page.stale()>{move || page.data().get().map(|titles| titles.join(", "))}</p> }
/// }
/// ```
pub fn use_query_with_options<A>(
    socket: Socket,
    arguments: impl Fn() -> A + Send + Sync + 'static,
    options: UseQueryOptions<A::Route>,
) -> Query<A::Route>
where
    A: MaybeRoute<Route: QueryRoute>,
{
    let view = View::new(options.initial.clone(), options.keep_previous);
    // On a server nothing is used, and nothing may be bound to a thread.
    let using = (!cfg!(feature = "ssr")).then(|| StoredValue::new_local(None));
    let query = Query {
        socket,
        data: view.data.clone().into(),
        error: view.error.clone().into(),
        loading: view.loading.clone().into(),
        fetching: view.fetching.clone().into(),
        stale: view.stale.clone().into(),
        progress: StoredValue::new(view.progress.clone()),
        using,
    };
    match using {
        Some(using) => follow(socket, view, using, move || arguments().into_route(), options),
        None => {
            let is_asked = untrack(|| arguments().into_route().is_some());
            view.loading.set(is_asked && options.initial.is_none());
        }
    }
    query
}

/// What a component uses at the moment.
type InUse = StoredValue<Option<Using>, LocalStorage>;

/// Uses what the arguments ask for, until the current owner is cleaned up.
fn follow<R: QueryRoute>(
    socket: Socket,
    view: View<R>,
    using: InUse,
    arguments: impl Fn() -> Option<R> + Send + Sync + 'static,
    options: UseQueryOptions<R>,
) {
    let UseQueryOptions { times, call, initial, .. } = options;
    let (initial, ends) = (Mutex::new(initial), view.clone());
    let watching = Watching::new(move || {
        let asked = arguments().map(Asked::new);
        untrack(|| {
            let is_new = using.try_with_value(|using| {
                using.as_ref().map(|using| &using.key) != asked.as_ref().map(|asked| &asked.key)
            });
            let initial = initial.lock().ok().and_then(|mut initial| initial.take());
            let wanted = Wanted { times, call: call.clone(), initial: initial.map(|data| Rc::new(data) as Data) };
            match asked {
                _ if is_new == Some(false) => {}
                Some(asked) => switch(socket, &view, using, asked, wanted),
                None => {
                    drop(using.try_update_value(Option::take));
                    view.clear(None);
                }
            }
        });
    });
    // Before its signals are.
    on_cleanup(move || {
        drop(watching);
        drop(using.try_update_value(Option::take));
        ends.end();
    });
}

struct Wanted {
    times: Times,
    call: CallOptions,
    initial: Option<Data>,
}

fn switch<R: QueryRoute>(socket: Socket, view: &View<R>, using: InUse, asked: Asked, wanted: Wanted) {
    let Wanted { times, call, initial } = wanted;
    let seen_by = view.clone();
    let user = User::new(times, call, initial, move |news, changes| seen_by.tell(news, changes));
    let joined = socket.with_inner(|socket| {
        let next = Using { key: asked.key.clone(), user: Rc::clone(&user), socket: Rc::downgrade(socket) };
        // In place already: whoever this wakes may change what is asked for.
        let old = using.try_update_value(|current| current.replace(next));
        Cache::of(socket).run(socket, move |here| here.cache.entry(asked).join(here, &user));
        // The old one goes last: what both share is not forgotten in between.
        drop(old);
    });
    if joined.is_none() {
        view.clear(Some(socket.nothing_behind().into()));
    }
}

/// A component uses an entry. Dropping it ends that.
struct Using {
    key: Key,
    user: Rc<User>,
    socket: Weak<Inner>,
}

impl Drop for Using {
    fn drop(&mut self) {
        self.user.leave();
        if let Some(socket) = self.socket.upgrade() {
            let (key, user) = (self.key.clone(), Rc::clone(&self.user));
            Cache::of(&socket).run(&socket, move |here| {
                if let Some(entry) = here.cache.find(&key) {
                    entry.leave(here, &user);
                }
            });
        }
    }
}

/// What [`use_query`] returns. It is `Copy`, and its signals are made once: ask for them wherever you need them.
///
/// To await it in a `Suspense`:
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::Query;
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize, Route)] #[route("getTitle", response = String)] struct GetTitle { id: u32 }
///
/// #[component]
/// fn Title(title: Query<GetTitle>) -> impl IntoView {
///     view! {
///         <Suspense fallback=|| "loading ..">
///             {move || Suspend::new(async move { title.await.unwrap_or_else(|error| error.to_string()) })}
///         </Suspense>
///         <button on:click=move |_| { title.refetch(); }>"Refresh"</button>
///     }
/// }
/// ```
pub struct Query<R: QueryRoute> {
    socket: Socket,
    data: Signal<Option<R::Response>>,
    error: Signal<Option<CallError>>,
    loading: Signal<bool>,
    fetching: Signal<bool>,
    stale: Signal<bool>,
    progress: StoredValue<ArcStoredValue<Progress>>,
    using: Option<InUse>,
}

impl<R: QueryRoute> Query<R> {
    /// The data for these arguments, with all that [changed](crate::SocketOptions::live) since it was fetched; `None` before that.
    #[must_use]
    pub const fn data(&self) -> Signal<Option<R::Response>> {
        self.data
    }

    /// Why the last fetch failed; `None` if it did not.
    #[must_use]
    pub const fn error(&self) -> Signal<Option<CallError>> {
        self.error
    }

    /// Whether there is no data yet, and it is being fetched.
    #[must_use]
    pub const fn loading(&self) -> Signal<bool> {
        self.loading
    }

    /// Whether a fetch is under way, with or without data.
    #[must_use]
    pub const fn fetching(&self) -> Signal<bool> {
        self.fetching
    }

    /// Whether the data may be out of date: the connection is lost, the data will be fetched again, or that failed; or it is that
    /// of [other arguments](UseQueryOptions::keep_previous).
    #[must_use]
    pub const fn stale(&self) -> Signal<bool> {
        self.stale
    }

    /// Fetches again, whether or not you await what it returns. Several requests in a burst make one fetch. If a fetch is already
    /// under way, another one follows it, because its answer may be out of date.
    ///
    /// ```
    /// use leptos_socket::{CallError, Query};
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize, Route)] #[route("getTitle", response = String)] struct GetTitle { id: u32 }
    ///
    /// async fn refreshed(title: Query<GetTitle>) -> Result<String, CallError> {
    ///     title.refetch().await
    /// }
    /// ```
    #[expect(clippy::must_use_candidate, reason = "it fetches, whether or not it is awaited")]
    pub fn refetch(&self) -> Refetch<R> {
        let key =
            self.using.and_then(|using| using.try_with_value(|using| Some(using.as_ref()?.key.clone())).flatten());
        let after = self.socket.with_inner(|socket| {
            let cache = Cache::of(socket);
            let after = cache.tick();
            cache.run(socket, move |here| {
                if let Some(entry) = key.and_then(|key| here.cache.find(&key)) {
                    entry.invalidate(here);
                }
            });
            after
        });
        Refetch(Fetched { query: *self, after })
    }

    /// What is there, once something is.
    fn poll(&self, after: Option<u64>, context: &Context<'_>) -> Option<Result<R::Response, CallError>> {
        let gone = || Some(Err(OutcomeUnknown::Cancelled.into()));
        let Some(progress) = self.progress.try_get_value() else { return gone() };
        let (Some(data), Some(error)) = (self.data.try_get_untracked(), self.error.try_get_untracked()) else {
            return gone();
        };
        let settled = match after {
            None => data.map(Ok).or_else(|| error.map(Err)),
            Some(after) if progress.with_value(|progress| progress.settled > after) => {
                error.map(Err).or_else(|| data.map(Ok))
            }
            Some(_) => None,
        };
        if settled.is_none() {
            progress.update_value(|progress| progress.awaited_by.push(context.waker().clone()));
        }
        settled
    }
}

/// The data, or the error, once one of them is there. Made by awaiting a [`Query`] or a [`Refetch`].
///
/// Inside of a `Suspend` it is awaited anew whenever the data changes.
///
/// # Errors
///
/// There is no data, and the fetch failed. If the component of the query is unmounted first, the error is
/// [`OutcomeUnknown::Cancelled`]. On a server a `Suspense` shows its fallback; outside of one it is [`NotSent::Rendering`].
pub struct Fetched<R: QueryRoute> {
    query: Query<R>,
    /// Not by a fetch that was sent before this.
    after: Option<u64>,
}

impl<R: QueryRoute> Future for Fetched<R> {
    type Output = Result<R::Response, CallError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(settled) = self.query.poll(self.after, context) {
            return Poll::Ready(settled);
        }
        if cfg!(feature = "ssr") {
            // A `Suspense` shows its fallback, as the page does first.
            let Some(mut suspense) = use_context::<LocalResourceNotifier>() else {
                return Poll::Ready(Err(NotSent::Rendering.into()));
            };
            suspense.notify();
        }
        Poll::Pending
    }
}

impl<R: QueryRoute> IntoFuture for Query<R> {
    type Output = Result<R::Response, CallError>;
    type IntoFuture = Fetched<R>;

    fn into_future(self) -> Fetched<R> {
        self.data.track();
        self.error.track();
        Fetched { query: self, after: None }
    }
}

/// A fetch that was asked for by [`Query::refetch`]: await it to get its data, or its error.
pub struct Refetch<R: QueryRoute>(Fetched<R>);

impl<R: QueryRoute> IntoFuture for Refetch<R> {
    type Output = Result<R::Response, CallError>;
    type IntoFuture = Fetched<R>;

    fn into_future(self) -> Fetched<R> {
        self.0
    }
}

impl<R: QueryRoute> fmt::Debug for Refetch<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refetch({})", R::ROUTE)
    }
}

impl<R: QueryRoute> fmt::Debug for Fetched<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetched({})", R::ROUTE)
    }
}

impl<R: QueryRoute> Clone for Query<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: QueryRoute> Copy for Query<R> {}

impl<R: QueryRoute> fmt::Debug for Query<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({})", R::ROUTE)
    }
}

/// Names a type of query.
fn kind_of<R: QueryRoute>() -> TypeId {
    TypeId::of::<R>()
}
