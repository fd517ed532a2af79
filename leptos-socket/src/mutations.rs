//! Changes on the server that a component starts, and that do not end with it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use leptos_socket_core::{CallError, Message, NotSent, OutcomeUnknown, Route};

use crate::Socket;
use crate::calls::CallId;
use crate::connection::Outcome;
use crate::options::Settings;
use crate::queries::{End, Layers, Unsettled};

mod options;
mod unload;

pub use options::UseMutationOptions;

/// A route that a mutation can call: that is every [`Route`] that may be sent to another thread, and whose response is `Clone`.
pub trait MutationRoute: Route<Response: Clone + Send + Sync + 'static> + Send + Sync + 'static {}

impl<R> MutationRoute for R where R: Route<Response: Clone + Send + Sync + 'static> + Send + Sync + 'static {}

/// A change on the server, with its state as signals.
///
/// A mutation runs to its end, and calls its [callbacks](UseMutationOptions::on_success), even if its component is unmounted. With
/// [`optimistic`](UseMutationOptions::optimistic) the page shows the change before the server has confirmed it.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Route, use_mutation, use_socket};
/// use serde::Serialize;
///
/// #[derive(Serialize, Route)]
/// #[route("rename", response = ())]
/// struct Rename {
///     id: u32,
///     title: String,
/// }
///
/// #[component]
/// fn Title(id: u32) -> impl IntoView {
///     let rename = use_mutation::<Rename>(use_socket());
///     view! {
///         <input on:change:target=move |event| rename.dispatch(Rename { id, title: event.target().value() }) />
///         <Show when=move || rename.pending().get() != 0>"Saving ..."</Show>
///         <p role="alert">{move || rename.error().get().map(|error| error.to_string())}</p>
///     }
/// }
/// ```
pub fn use_mutation<R: MutationRoute>(socket: Socket) -> Mutation<R> {
    use_mutation_with_options(socket, UseMutationOptions::new())
}

/// [`use_mutation`] with options.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{UseMutationOptions, use_mutation_with_options, use_query, use_socket};
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize, Route)] #[route("getTitle", response = String)] struct GetTitle { id: u32 }
/// # #[derive(serde::Serialize, Route)] #[route("rename", response = ())] struct Rename { id: u32, title: String }
///
/// #[component]
/// fn Title(id: u32) -> impl IntoView {
///     let socket = use_socket();
///     let title = use_query(socket, move || GetTitle { id });
///     let options = UseMutationOptions::new().optimistic(|change: &Rename, asked: &GetTitle, title: &mut String| {
///         if asked.id == change.id {
///             title.clone_from(&change.title);
///         }
///     });
///     let rename = use_mutation_with_options(socket, options);
///     let change = move |title| rename.dispatch(Rename { id, title });
///     view! { <input prop:value=title.data() on:change:target=move |event| change(event.target().value()) /> }
/// }
/// ```
pub fn use_mutation_with_options<R: MutationRoute>(socket: Socket, options: UseMutationOptions<R>) -> Mutation<R> {
    let control = Control::new(socket, options);
    let (listed, counted) = (control.pending.clone(), control.pending.clone());
    Mutation {
        input: control.input.clone().into(),
        value: control.value.clone().into(),
        error: control.error.clone().into(),
        pending: Signal::derive(move || counted.read().len()),
        pending_inputs: Signal::derive(move || listed.read().iter().map(|(_, input)| Arc::clone(input)).collect()),
        unsettled: control.unsettled.clone().into(),
        // On a server nothing may be bound to a thread.
        control: (!cfg!(feature = "ssr")).then(|| StoredValue::new_local(Rc::new(control))),
    }
}

/// What [`use_mutation`] returns. It is `Copy`, and its signals are made once: ask for them wherever you need them.
///
/// Several changes may be under way: all of them run, and they are sent in the order in which you dispatch them.
/// [`input`](Self::input), [`value`](Self::value) and [`error`](Self::error) belong to the latest one.
pub struct Mutation<R: MutationRoute> {
    input: Signal<Option<Arc<R>>>,
    value: Signal<Option<R::Response>>,
    error: Signal<Option<CallError>>,
    pending: Signal<usize>,
    pending_inputs: Signal<Vec<Arc<R>>>,
    unsettled: Signal<usize>,
    control: Option<StoredValue<Rc<Control<R>>, LocalStorage>>,
}

impl<R: MutationRoute> Mutation<R> {
    /// Makes a change: sends the call at once, or as soon as there is a link. Does nothing once the component of the mutation is
    /// gone.
    pub fn dispatch(&self, change: R) {
        if let Some(control) = self.control() {
            untrack(|| control.dispatch(Arc::new(change)));
        }
    }

    /// Cancels the changes that are under way. A change that is still queued never leaves. A change that has left may still be made by
    /// the server: it is [unsettled](Self::unsettled) until the data is fetched.
    pub fn cancel(&self) {
        if let Some(control) = self.control() {
            untrack(|| control.cancel());
        }
    }

    /// The latest change.
    #[must_use]
    pub const fn input(&self) -> Signal<Option<Arc<R>>> {
        self.input
    }

    /// What the server answered to the latest change; `None` before that.
    #[must_use]
    pub const fn value(&self) -> Signal<Option<R::Response>> {
        self.value
    }

    /// Why the latest change failed; `None` if it did not.
    #[must_use]
    pub const fn error(&self) -> Signal<Option<CallError>> {
        self.error
    }

    /// How many changes are under way.
    #[must_use]
    pub const fn pending(&self) -> Signal<usize> {
        self.pending
    }

    /// The changes that are under way, oldest first: to mark the rows that are being saved, for example.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::Mutation;
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize, Route)] #[route("rename", response = ())] struct Rename { id: u32, title: String }
    ///
    /// #[component]
    /// fn Row(id: u32, rename: Mutation<Rename>) -> impl IntoView {
    ///     let is_saving = move || rename.pending_inputs().read().iter().any(|rename| rename.id == id);
    ///     view! { <li class:saving=is_saving>{id}</li> }
    /// }
    /// ```
    #[must_use]
    pub const fn pending_inputs(&self) -> Signal<Vec<Arc<R>>> {
        self.pending_inputs
    }

    /// How many changes have an unknown outcome. A change is settled when the data that shows it has been fetched.
    #[must_use]
    pub const fn unsettled(&self) -> Signal<usize> {
        self.unsettled
    }

    fn control(&self) -> Option<Rc<Control<R>>> {
        self.control?.try_get_value()
    }
}

/// Outlives its component while something is under way.
struct Control<R: MutationRoute> {
    socket: Socket,
    /// Whom to tell of a failure, also when the socket is gone.
    settings: Option<Rc<Settings>>,
    options: UseMutationOptions<R>,
    input: ArcRwSignal<Option<Arc<R>>>,
    value: ArcRwSignal<Option<R::Response>>,
    error: ArcRwSignal<Option<CallError>>,
    pending: Pending<R>,
    unsettled: ArcRwSignal<usize>,
    latest: Cell<u64>,
    under_way: RefCell<Vec<UnderWay>>,
    /// What asks before the page is closed, while there is something to lose.
    warning: Rc<Warning>,
}

/// What is under way, by number.
type Pending<R> = ArcRwSignal<Vec<(u64, Arc<R>)>>;

/// Kept while the browser has to ask.
type Warning = RefCell<Option<Box<dyn Any>>>;

struct UnderWay {
    number: u64,
    call: CallId,
    layers: Layers,
}

impl<R: MutationRoute> Control<R> {
    fn new(socket: Socket, options: UseMutationOptions<R>) -> Self {
        Self {
            settings: socket.with_inner(|socket| Rc::clone(socket.settings())),
            socket,
            options,
            input: ArcRwSignal::new(None),
            value: ArcRwSignal::new(None),
            error: ArcRwSignal::new(None),
            pending: ArcRwSignal::new(Vec::new()),
            unsettled: ArcRwSignal::new(0),
            latest: Cell::new(0),
            under_way: RefCell::default(),
            warning: Rc::default(),
        }
    }

    fn dispatch(self: &Rc<Self>, input: Arc<R>) {
        let number = self.latest.get() + 1;
        self.latest.set(number);
        let layers = Layers::new(self.options.effects.iter().map(|effect| effect(&input)));
        let settle = {
            let (control, input, layers) = (Rc::clone(self), Arc::clone(&input), layers.clone());
            move |outcome| {
                control.under_way.borrow_mut().retain(|known| known.number != number);
                untrack(|| control.settle(number, &input, &layers, outcome));
            }
        };
        let message = Message::new(R::ROUTE, &*input).with_options(self.options.call_options());
        let submitted = self.socket.settle_with(message, settle);
        self.input.set(Some(Arc::clone(&input)));
        self.value.set(None);
        self.error.set(None);
        self.pending.write().push((number, Arc::clone(&input)));
        self.warn();
        match submitted {
            Ok(call) => {
                self.under_way.borrow_mut().push(UnderWay { number, call, layers: layers.clone() });
                self.socket.with_inner(|socket| layers.show(socket));
            }
            Err(error) => self.settle(number, &input, &layers, Err(error.into())),
        }
    }

    fn settle(&self, number: u64, input: &R, layers: &Layers, outcome: Outcome) {
        let outcome = outcome.and_then(|reply| Ok(reply.unwrap_or_default().into_payload::<R::Response>()?));
        self.end(number, layers, End::of(outcome.as_ref().err()));
        let is_latest = number == self.latest.get();
        match &outcome {
            Ok(reply) => {
                if is_latest {
                    self.value.set(Some(reply.clone()));
                }
                self.options.on_success.iter().for_each(|callback| callback(input, reply));
            }
            Err(error) => {
                if is_latest {
                    self.error.set(Some(error.clone()));
                }
                self.options.on_error.iter().for_each(|callback| callback(input, error));
                if let Some(settings) = &self.settings {
                    settings.report(R::ROUTE, error);
                }
            }
        }
    }

    fn end(&self, number: u64, layers: &Layers, end: End) {
        let unsettled = matches!(end, End::Unknown).then(|| self.unsettled());
        self.socket.with_inner(|socket| layers.settle(socket, end, unsettled));
        self.pending.write().retain(|(pending, _)| *pending != number);
        self.warn();
    }

    fn cancel(&self) {
        for UnderWay { number, call, layers } in self.under_way.take() {
            let was_queued = call.is_queued();
            call.cancel();
            self.end(number, &layers, if was_queued { End::NotDone } else { End::Unknown });
            if number == self.latest.get() {
                let error = match was_queued {
                    true => NotSent::Cancelled.into(),
                    false => CallError::from(OutcomeUnknown::Cancelled),
                };
                self.error.set(Some(error));
            }
        }
    }

    /// Counts a change until it is dropped.
    fn unsettled(&self) -> Rc<Unsettled> {
        let (count, pending, warning) = (self.unsettled.clone(), self.pending.clone(), Rc::clone(&self.warning));
        let warn = self.options.warn;
        count.update(|count| *count += 1);
        Unsettled::new(move || {
            count.update(|count| *count = count.saturating_sub(1));
            keep_warning(warn, &warning, &pending, &count);
        })
    }

    fn warn(&self) {
        keep_warning(self.options.warn, &self.warning, &self.pending, &self.unsettled);
    }
}

/// The listener is there only while there is something to lose: a page that has one is not kept by the back-forward cache.
fn keep_warning<R: MutationRoute>(
    warn: Option<fn() -> Box<dyn Any>>,
    warning: &Warning,
    pending: &Pending<R>,
    unsettled: &ArcRwSignal<usize>,
) {
    let Some(warn) = warn else { return };
    let is_needed = !pending.read_untracked().is_empty() || unsettled.get_untracked() > 0;
    if !is_needed {
        drop(warning.take());
    } else if warning.borrow().is_none() {
        drop(warning.replace(Some(warn())));
    }
}

impl<R: MutationRoute> Clone for Mutation<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: MutationRoute> Copy for Mutation<R> {}

impl<R: MutationRoute> fmt::Debug for Mutation<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mutation({})", R::ROUTE)
    }
}
