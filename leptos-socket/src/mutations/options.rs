//! The options of a mutation.

use std::any::Any;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use leptos_socket_core::{CallError, CallOptions};

use super::{MutationRoute, unload};
use crate::queries::{Layer, QueryRoute};

/// Options of [`use_mutation_with_options`](crate::use_mutation_with_options()).
///
/// The callbacks run even if the component is unmounted, and under no reactive owner: take what they need from the context
/// beforehand.
///
/// ```
/// use leptos_socket::UseMutationOptions;
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize, Route)] #[route("getTitles", response = Vec<String>)] struct GetTitles {}
/// # #[derive(serde::Serialize, Route)] #[route("addTitle", response = u32)] struct AddTitle { title: String }
///
/// let options = UseMutationOptions::new()
///     .optimistic(|change: &AddTitle, _: &GetTitles, titles| {
///         if !titles.contains(&change.title) {
///             titles.push(change.title.clone());
///         }
///     })
///     .on_success(|change, id| leptos::logging::log!("{} is number {id}", change.title))
///     .on_error(|change, error| leptos::logging::warn!("{}: {error}", change.title));
/// ```
#[must_use]
pub struct UseMutationOptions<R: MutationRoute> {
    call: CallOptions,
    /// What it does to data, until that is fetched again.
    pub(super) effects: Vec<Effect<R>>,
    pub(super) on_success: Vec<Box<OnSuccess<R>>>,
    pub(super) on_error: Vec<Box<OnError<R>>>,
    /// A pointer: a page that does not ask for it has no code for it.
    pub(super) warn: Option<fn() -> Box<dyn Any>>,
}

type Effect<R> = Box<dyn Fn(&Arc<R>) -> Rc<Layer>>;
type OnSuccess<R> = dyn Fn(&R, &<R as leptos_socket_core::Route>::Response);
type OnError<R> = dyn Fn(&R, &CallError);

impl<R: MutationRoute> UseMutationOptions<R> {
    /// The defaults.
    pub fn new() -> Self {
        Self { call: CallOptions::new(), effects: Vec::new(), on_success: Vec::new(), on_error: Vec::new(), warn: None }
    }

    /// Shows the change at once: `apply` makes it in the data of a query, given the query's arguments. Call this once for each type of
    /// query that the change affects.
    ///
    /// It is a layer over the server's latest data, and stays until a fetch that was sent after the call ended is answered. So it
    /// neither flickers nor is there twice, if it can be applied to data that includes it: give new rows an id in the page. If the
    /// change was not sent, or the server refused it, it is gone at once. If nobody knows what became of it, it stays until that
    /// fetch, and is [unsettled](crate::Mutation::unsettled).
    ///
    /// `apply` works on a copy, and may run several times.
    pub fn optimistic<Q: QueryRoute>(mut self, apply: impl Fn(&R, &Q, &mut Q::Response) + 'static) -> Self {
        let apply = Rc::new(apply);
        self.effects.push(Box::new(move |change| {
            let (change, apply) = (Arc::clone(change), Rc::clone(&apply));
            Layer::optimistic::<Q>(move |asked, data| apply(&change, asked, data))
        }));
        self
    }

    /// Fetches the data of a query again after each call: at once if a component shows it, otherwise when one asks for it. Call this
    /// once for each type of query. [`optimistic`](Self::optimistic) includes it.
    ///
    /// ```
    /// use leptos_socket::UseMutationOptions;
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize, Route)] #[route("getTitles", response = Vec<String>)] struct GetTitles {}
    /// # #[derive(serde::Serialize, Route)] #[route("addTitle", response = u32)] struct AddTitle { title: String }
    ///
    /// let options = UseMutationOptions::<AddTitle>::new().invalidates::<GetTitles>();
    /// ```
    pub fn invalidates<Q: QueryRoute>(mut self) -> Self {
        self.effects.push(Box::new(|_| Layer::empty::<Q>()));
        self
    }

    /// Calls `callback` with each change that succeeded, and the server's answer.
    pub fn on_success(mut self, callback: impl Fn(&R, &R::Response) + 'static) -> Self {
        self.on_success.push(Box::new(callback));
        self
    }

    /// Calls `callback` with each change that failed. [`on_call_error`](crate::SocketOptions::on_call_error) hears of it too.
    pub fn on_error(mut self, callback: impl Fn(&R, &CallError) + 'static) -> Self {
        self.on_error.push(Box::new(callback));
        self
    }

    /// Whether the browser asks before it closes a page on which a change is pending or unsettled. Default: false.
    pub fn warn_before_unload(mut self, warn: bool) -> Self {
        self.warn = warn.then_some(unload::warn);
        self
    }

    /// Options of the calls.
    pub fn call(mut self, options: CallOptions) -> Self {
        self.call = options;
        self
    }

    /// What the route says of itself holds too.
    pub(super) fn call_options(&self) -> CallOptions {
        let options = self.call.clone();
        let (idempotent, priority) = (options.idempotent || R::IDEMPOTENT, options.priority.max(R::PRIORITY));
        options.idempotent(idempotent).priority(priority)
    }
}

impl<R: MutationRoute> Default for UseMutationOptions<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: MutationRoute> fmt::Debug for UseMutationOptions<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseMutationOptions")
            .field("call", &self.call)
            .field("effects", &self.effects.len())
            .field("callbacks", &(self.on_success.len() + self.on_error.len()))
            .field("warn_before_unload", &self.warn.is_some())
            .finish()
    }
}
