//! Data of the server, kept up to date.

use std::fmt;
use std::marker::PhantomData;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future;
use leptos::prelude::*;
use leptos::reactive::computed::suspense::LocalResourceNotifier;
use leptos_socket_core::{CallError, Incoming, NotSent, OutcomeUnknown, Payload, Route};

use crate::Socket;
use crate::owned::Watching;
use crate::pushes::{Hear, Listening, PushListeners};
use crate::socket::Inner;

mod cache;
mod options;

use cache::{Queries, View};
pub use options::UseQueryOptions;

/// Data of the server: fetched over the socket when the arguments change, and kept up to date.
///
/// - All components that ask one socket for the same share one call, and its data.
/// - It is fetched again after a gap, in which a push may have been missed; with the next link, where there was no answer; when a
///   push [says so](UseQueryOptions::invalidate_on); and when the app does. Meanwhile the data that there is stays.
/// - A fetch that fails keeps the data too, and shows the error.
/// - When nobody uses it any more, a fetch under way is cancelled, and the data is [kept](UseQueryOptions::keep_for) for the
///   next who asks, to be shown while it is fetched again.
///
/// `arguments` is a reactive function of the route to call, or of an `Option` of it where there is nothing to ask for yet: then
/// the compiler wants the route named, `use_query::<GetArticle, _>(socket, move || id.get().map(|id| GetArticle { id }))` or
/// `let article: Query<GetArticle> = use_query(..)`. The calls are declared idempotent: a query only reads.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Query, Route, Socket, use_query};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize)]
/// struct GetArticle {
///     id: u32,
/// }
///
/// #[derive(Clone, Deserialize)]
/// struct Article {
///     title: String,
/// }
///
/// impl Route for GetArticle {
///     const ROUTE: &'static str = "getArticle";
///     type Response = Article;
/// }
///
/// /// Nothing is chosen at first.
/// #[component]
/// fn ShowArticle(socket: Socket, #[prop(into)] chosen: Signal<Option<u32>>) -> impl IntoView {
///     let article: Query<GetArticle> = use_query(socket, move || chosen.get().map(|id| GetArticle { id }));
///     view! {
///         <h1 class:stale=article.stale()>{move || article.data().get().map(|article| article.title)}</h1>
///         <p role="alert">{move || article.error().get().map(|error| error.to_string())}</p>
///     }
/// }
/// ```
///
/// On a server nothing is fetched: it is [loading](Query::loading), and so it is at first in the browser.
pub fn use_query<R, A>(socket: Socket, arguments: impl Fn() -> A + Send + Sync + 'static) -> Query<R>
where
    R: Route + 'static,
    R::Response: Clone + Send + Sync,
    A: Into<Option<R>>,
{
    use_query_with_options(socket, arguments, UseQueryOptions::new())
}

/// [`use_query`] with options.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Socket, UseQueryOptions, use_query_with_options};
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize)] struct GetArticle { id: u32 }
/// # #[derive(Clone, serde::Deserialize)] struct Article { title: String }
/// # impl Route for GetArticle { const ROUTE: &'static str = "getArticle"; type Response = Article; }
///
/// #[component]
/// fn Title(socket: Socket, #[prop(into)] id: Signal<u32>) -> impl IntoView {
///     let options = UseQueryOptions::new()
///         .invalidate_on("articleChanged", |asked: &GetArticle, push| push.payload().decode() == Ok(asked.id));
///     let article = use_query_with_options(socket, move || GetArticle { id: id.get() }, options);
///     view! { <h1 class:stale=article.stale()>{move || article.data().get().map(|article| article.title)}</h1> }
/// }
/// ```
pub fn use_query_with_options<R, A>(
    socket: Socket,
    arguments: impl Fn() -> A + Send + Sync + 'static,
    options: UseQueryOptions<R>,
) -> Query<R>
where
    R: Route + 'static,
    R::Response: Clone + Send + Sync,
    A: Into<Option<R>>,
{
    let arguments = Arc::new(move || arguments().into());
    let asked = {
        let arguments = Arc::clone(&arguments);
        // What does not serialise is told by the call.
        Memo::new(move |_| arguments().map(|route: R| Payload::encode(&route).unwrap_or_default()))
    };
    // On a server nothing is used, and nothing may be bound to a thread.
    let using = (!cfg!(feature = "ssr")).then(|| StoredValue::new_local(None));
    let query = Query { socket, asked, view: RwSignal::new(None), using, route: PhantomData };
    if let Some(using) = query.using {
        follow(query, using, arguments, options);
    }
    query
}

/// What a component uses at the moment.
type InUse<R> = StoredValue<Option<Using<R>>, LocalStorage>;

/// Uses what the arguments ask for, until the current owner is cleaned up.
fn follow<R: Route + 'static>(
    query: Query<R>,
    using: InUse<R>,
    arguments: Arc<impl Fn() -> Option<R> + Send + Sync + 'static>,
    options: UseQueryOptions<R>,
) where
    R::Response: Send + Sync,
{
    let options = StoredValue::new_local(options);
    let wanted = move || query.asked.try_get();
    let follow = move || {
        let Some(wants) = wanted() else { return };
        let route = untrack(&*arguments);
        let next = wants.as_ref().zip(route).and_then(|(asked, route)| {
            let next = query.socket.with_inner(|socket| {
                options.try_with_value(|options| untrack(|| Using::new(socket, route, asked.as_str(), options)))
            });
            next.flatten()
        });
        // Whatever that woke may have changed it, and this ran again meanwhile; or have ended it.
        if untrack(wanted) != Some(wants) {
            return untrack(|| drop(next));
        }
        let view = next.as_ref().map(|using| using.query.view.clone());
        let old = using.try_update_value(|current| std::mem::replace(current, next));
        // In place already: whoever this wakes may change what is wanted.
        query.view.set(view);
        // The old one goes last: what both share is not forgotten in between.
        untrack(|| drop(old));
    };
    let watching = Watching::new(follow);
    // Before its signals are.
    on_cleanup(move || {
        drop(watching);
        drop(using.try_update_value(Option::take));
    });
}

/// What [`use_query`] returns. It is `Copy`.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::Query;
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize)] struct GetArticle { id: u32 }
/// # #[derive(Clone, serde::Deserialize)] struct Article { title: String }
/// # impl Route for GetArticle { const ROUTE: &'static str = "getArticle"; type Response = Article; }
///
/// #[component]
/// fn ShowArticle(article: Query<GetArticle>) -> impl IntoView {
///     view! {
///         <h1 class:stale=article.stale()>{move || article.data().get().map(|article| article.title)}</h1>
///         <Show when=move || article.loading().get()>"loading .."</Show>
///         <p role="alert">{move || article.error().get().map(|error| error.to_string())}</p>
///         <button on:click=move |_| article.refetch()>"Refresh"</button>
///     }
/// }
/// ```
pub struct Query<R: Route + 'static>
where
    R::Response: Send + Sync,
{
    socket: Socket,
    asked: Memo<Option<Payload>>,
    view: RwSignal<Option<View<R::Response>>>,
    using: Option<InUse<R>>,
    route: PhantomData<fn(R)>,
}

impl<R: Route + 'static> Query<R>
where
    R::Response: Clone + Send + Sync,
{
    /// The data of the last successful fetch with these arguments; `None` before that.
    #[must_use]
    pub fn data(&self) -> Signal<Option<R::Response>> {
        let view = self.view;
        Signal::derive(move || view.read().as_ref().and_then(|view| view.data.get()))
    }

    /// Why the last fetch failed; `None` if it did not.
    #[must_use]
    pub fn error(&self) -> Signal<Option<CallError>> {
        let view = self.view;
        Signal::derive(move || view.read().as_ref().and_then(|view| view.error.get()))
    }

    /// Whether a fetch is under way, with or without data.
    #[must_use]
    pub fn loading(&self) -> Signal<bool> {
        let (view, asked) = (self.view, self.asked);
        Signal::derive(move || match &*view.read() {
            Some(view) => view.loading.get(),
            // What the page shows first.
            None => cfg!(feature = "ssr") && asked.read().is_some(),
        })
    }

    /// Whether the data may be out of date: it is being fetched again, or that failed.
    #[must_use]
    pub fn stale(&self) -> Signal<bool> {
        let view = self.view;
        Signal::derive(move || view.read().as_ref().is_some_and(|view| view.stale.get()))
    }

    /// Fetches again. What is called in a burst is one fetch; what is called while one is under way is another one after it,
    /// because that may be out of date when it comes.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{Query, Socket};
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize)] struct GetArticle { id: u32 }
    /// # #[derive(Clone, serde::Deserialize)] struct Article { title: String }
    /// # impl Route for GetArticle { const ROUTE: &'static str = "getArticle"; type Response = Article; }
    /// # #[derive(serde::Serialize)] struct Rename { title: String }
    /// # impl Route for Rename { const ROUTE: &'static str = "rename"; type Response = (); }
    ///
    /// fn rename(socket: Socket, article: Query<GetArticle>) -> Action<String, ()> {
    ///     Action::new(move |title: &String| {
    ///         let call = socket.call(Rename { title: title.clone() });
    ///         async move {
    ///             if call.await.is_ok() {
    ///                 article.refetch();
    ///             }
    ///         }
    ///     })
    /// }
    /// ```
    pub fn refetch(&self) {
        let in_use = self.using.and_then(|using| {
            using.try_with_value(|using| using.as_ref().map(|using| Rc::clone(&using.query))).flatten()
        });
        if let Some(query) = in_use {
            query.invalidate();
        }
    }

    /// The data, or the error, once one of them is there: for a `Suspense`.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{Query, Route};
    ///
    /// fn show<R: Route<Response = String> + 'static>(query: Query<R>) -> impl IntoView {
    ///     let text = LocalResource::new(move || query.ready());
    ///     view! {
    ///         <Suspense fallback=|| "loading ..">
    ///             {move || Suspend::new(async move { text.await.unwrap_or_else(|error| error.to_string()) })}
    ///         </Suspense>
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// There is no data, and the fetch failed. Where the reactive owner in which this is asked for is cleaned up first, that is
    /// [`OutcomeUnknown::Cancelled`]. On a server a `Suspense` shows its fallback; outside of one it is [`NotSent::Rendering`].
    pub fn ready(&self) -> impl Future<Output = Result<R::Response, CallError>> + use<R> {
        let view = self.view;
        // Whoever waits may be told by another component that uses it, when this one is gone.
        let settled = move || {
            let view = view.try_get().flatten()?;
            view.data.get().map(Ok).or_else(|| view.error.get().map(Err))
        };
        // Read here too, so that a resource that asks for it follows it.
        let now = settled();
        let (sender, later) = oneshot::channel();
        let sender = Arc::new(Mutex::new(Some(sender)));
        let wait = now.is_none().then(|| {
            let waits = Arc::clone(&sender);
            // A resource that is gone holds its future until that is over.
            on_cleanup(move || drop(take(&waits)));
            Watching::new(move || {
                if let Some(settled) = settled()
                    && let Some(sender) = take(&sender)
                {
                    drop(sender.send(settled));
                }
            })
        });
        async move {
            if let Some(now) = now {
                return now;
            }
            if cfg!(feature = "ssr") {
                // A `Suspense` shows its fallback, as the page does first.
                let Some(mut suspense) = use_context::<LocalResourceNotifier>() else {
                    return Err(NotSent::Rendering.into());
                };
                suspense.notify();
                return future::pending().await;
            }
            let settled = later.await.unwrap_or_else(|_| Err(OutcomeUnknown::Cancelled.into()));
            drop(wait);
            settled
        }
    }
}

fn take<T>(from: &Mutex<Option<T>>) -> Option<T> {
    from.lock().ok()?.take()
}

/// A component uses a query. Dropping it ends that.
struct Using<R: Route + 'static>
where
    R::Response: Send + Sync,
{
    query: Rc<cache::Query<R>>,
    keep_for: Duration,
    _listening: Vec<Listening>,
}

impl<R: Route + 'static> Using<R>
where
    R::Response: Send + Sync,
{
    fn new(socket: &Rc<Inner>, route: R, asked: &str, options: &UseQueryOptions<R>) -> Self {
        let call = options.call.clone().idempotent(true).priority(R::PRIORITY.max(options.call.priority));
        let query = Queries::of(socket).get(asked, |key| cache::Query::new(key, socket, route, call));
        let listening = options.invalidators.iter().map(|(route, invalidates)| {
            let invalidated =
                Invalidated { query: Rc::downgrade(&query), socket: Rc::downgrade(socket), by: Rc::clone(invalidates) };
            PushListeners::add(socket, route, Rc::new(invalidated))
        });
        let listening = listening.collect();
        query.join();
        Self { query, keep_for: options.keep_for, _listening: listening }
    }
}

struct Invalidated<R: Route + 'static>
where
    R::Response: Send + Sync,
{
    query: Weak<cache::Query<R>>,
    socket: Weak<Inner>,
    by: Rc<dyn Fn(&R, &Incoming) -> bool>,
}

impl<R: Route + 'static> Hear for Invalidated<R>
where
    R::Response: Send + Sync,
{
    fn on_push(&self, push: &Incoming) {
        if let (Some(query), Some(socket)) = (self.query.upgrade(), self.socket.upgrade())
            && (self.by)(query.route(), push)
        {
            query.invalidate_by(PushListeners::number(&socket));
        }
    }
}

impl<R: Route + 'static> Drop for Using<R>
where
    R::Response: Send + Sync,
{
    fn drop(&mut self) {
        self.query.leave(self.keep_for);
    }
}

impl<R: Route + 'static> Clone for Query<R>
where
    R::Response: Send + Sync,
{
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Route + 'static> Copy for Query<R> where R::Response: Send + Sync {}

impl<R: Route + 'static> fmt::Debug for Query<R>
where
    R::Response: Send + Sync,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({})", R::ROUTE)
    }
}
