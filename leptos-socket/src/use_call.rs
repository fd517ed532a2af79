//! A call whose outcome components show.

use std::fmt;
use std::marker::PhantomData;

use leptos::prelude::*;
use leptos_socket_core::{CallError, CallId, CallOptions, Message, NotSent, Route};

use crate::Socket;
use crate::driver::Outcome;
use crate::socket::of_route;

/// A typed route to call again and again, whose outcome is signals: for a button, or a form.
///
/// `socket` is a [`Socket`], or a signal of an `Option` of one.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Route, Socket, use_call};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct SayHello {
///     name: String,
/// }
///
/// impl Route for SayHello {
///     const ROUTE: &'static str = "sayHello";
///     type Response = String;
/// }
///
/// #[component]
/// fn Hello(socket: Socket) -> impl IntoView {
///     let hello = use_call(socket);
///     view! {
///         <button disabled=hello.pending() on:click=move |_| hello.call(SayHello { name: "World".into() })>"Say hello"</button>
///         <p>{hello.value()}</p>
///         <p role="alert">{move || hello.error().get().map(|error| error.to_string())}</p>
///     }
/// }
/// ```
///
/// It belongs to the current reactive owner: a cleanup of that owner cancels the call that is under way. If you want a future
/// of the reply, in a `Suspense` or an `Action`, use [`Socket::call`], which does not end with its owner.
#[must_use]
pub fn use_call<R: Route + 'static>(socket: impl Into<Signal<Option<Socket>>>) -> UseCall<R>
where
    R::Response: Send + Sync + 'static,
{
    use_call_with_options(socket, CallOptions::new())
}

/// [`use_call()`] with [`CallOptions`].
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{CallOptions, Socket, use_call_with_options};
/// use std::time::Duration;
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize)] struct Export { year: u16 }
/// # impl Route for Export { const ROUTE: &'static str = "export"; type Response = String; }
///
/// #[component]
/// fn ExportYear(socket: Socket) -> impl IntoView {
///     let export = use_call_with_options(socket, CallOptions::new().timeout(Duration::from_secs(300)));
///     view! { <button on:click=move |_| export.call(Export { year: 2026 })>"Export"</button> }
/// }
/// ```
#[must_use]
pub fn use_call_with_options<R: Route + 'static>(
    socket: impl Into<Signal<Option<Socket>>>,
    options: CallOptions,
) -> UseCall<R>
where
    R::Response: Send + Sync + 'static,
{
    let call = UseCall {
        socket: socket.into(),
        options: StoredValue::new(of_route::<R>(options)),
        turn: StoredValue::new(0),
        under_way: RwSignal::new(None),
        value: RwSignal::new(None),
        error: RwSignal::new(None),
        route: PhantomData,
    };
    on_cleanup(move || _ = call.drop_call());
    call
}

/// What [`use_call()`] returns. It is `Copy`.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::UseCall;
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize)] struct Export { year: u16 }
/// # impl Route for Export { const ROUTE: &'static str = "export"; type Response = String; }
///
/// #[component]
/// fn ExportYear(export: UseCall<Export>, year: RwSignal<u16>) -> impl IntoView {
///     let start = move |_| export.call(Export { year: year.get_untracked() });
///     view! {
///         <button disabled=export.pending() on:click=start>"Export"</button>
///         <button disabled=move || !export.pending().get() on:click=move |_| export.cancel()>"Stop"</button>
///         <p>{export.value()}</p>
///         <p role="alert">{move || export.error().get().map(|error| error.to_string())}</p>
///     }
/// }
/// ```
pub struct UseCall<R: Route>
where
    R::Response: Send + Sync + 'static,
{
    socket: Signal<Option<Socket>>,
    options: StoredValue<CallOptions>,
    /// The number of the last call. An effect may call again within the change that it reacts to.
    turn: StoredValue<u64>,
    under_way: RwSignal<Option<UnderWay>>,
    value: RwSignal<Option<R::Response>>,
    error: RwSignal<Option<CallError>>,
    route: PhantomData<fn(R)>,
}

#[derive(Clone, Copy)]
struct UnderWay {
    socket: Socket,
    id: CallId,
}

impl<R: Route + 'static> UseCall<R>
where
    R::Response: Send + Sync + 'static,
{
    /// Calls the route. A call that is still under way is cancelled, so what is shown is always of the last one. Where there is no
    /// socket the error is [`NotSent::NoSocket`]; when its component is gone, this does nothing.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{Socket, use_call};
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize)] struct Find { text: String }
    /// # impl Route for Find { const ROUTE: &'static str = "find"; type Response = String; }
    ///
    /// /// What is found is that of the last key.
    /// #[component]
    /// fn Search(socket: Socket) -> impl IntoView {
    ///     let find = use_call(socket);
    ///     view! {
    ///         <input on:input:target=move |event| find.call(Find { text: event.target().value() }) />
    ///         <p>{find.value()}</p>
    ///     }
    /// }
    /// ```
    pub fn call(&self, route: R) {
        let (Some(options), Some(socket)) = (self.options.try_get_value(), self.socket.try_get_untracked()) else {
            return;
        };
        let (state, turn) = (*self, self.drop_call());
        self.error.set(None);
        if !self.is_turn(turn) {
            return;
        }
        let settle = move |outcome: Outcome| {
            match outcome.and_then(|reply| Ok(reply.unwrap_or_default().into_payload()?)) {
                Ok(value) => state.value.set(Some(value)),
                Err(error) => state.error.set(Some(error)),
            }
            if state.is_turn(turn) {
                state.under_way.set(None);
            }
        };
        let called = match socket {
            Some(socket) => {
                socket.settle_with(&Message::from(route), options, settle).map(|id| UnderWay { socket, id })
            }
            None => Err(NotSent::NoSocket),
        };
        match called {
            Ok(under_way) if self.is_turn(turn) => self.under_way.set(Some(under_way)),
            Ok(UnderWay { socket, id }) => socket.cancel(id),
            Err(error) if self.is_turn(turn) => {
                self.error.set(Some(error.into()));
                // The one before was dropped.
                if self.is_turn(turn) && self.under_way.get_untracked().is_some() {
                    self.under_way.set(None);
                }
            }
            Err(_) => {}
        }
    }

    /// Cancels the call that is under way.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::UseCall;
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize)] struct Export { year: u16 }
    /// # impl Route for Export { const ROUTE: &'static str = "export"; type Response = String; }
    ///
    /// fn close_dialog(open: RwSignal<bool>, export: UseCall<Export>) {
    ///     export.cancel();
    ///     open.set(false);
    /// }
    /// ```
    pub fn cancel(&self) {
        self.drop_call();
        self.under_way.set(None);
    }

    /// Whether a call is under way.
    #[must_use]
    pub fn pending(&self) -> Signal<bool> {
        let under_way = self.under_way;
        Signal::derive(move || under_way.read().is_some())
    }

    /// What the last successful call returned. It is kept while another one is under way, and if that fails.
    #[must_use]
    pub fn value(&self) -> Signal<Option<R::Response>> {
        self.value.into()
    }

    /// Why the last call failed; `None` if it did not, or is under way.
    #[must_use]
    pub fn error(&self) -> Signal<Option<CallError>> {
        self.error.into()
    }

    fn is_turn(self, turn: u64) -> bool {
        self.turn.try_get_value() == Some(turn)
    }

    /// Cancels the call that is under way. Returns the number of the next one.
    fn drop_call(self) -> u64 {
        let next = self.turn.try_get_value().unwrap_or_default() + 1;
        self.turn.try_set_value(next);
        if let Some(UnderWay { socket, id }) = self.under_way.try_get_untracked().flatten() {
            socket.cancel(id);
        }
        next
    }
}

impl<R: Route> Clone for UseCall<R>
where
    R::Response: Send + Sync + 'static,
{
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Route> Copy for UseCall<R> where R::Response: Send + Sync + 'static {}

impl<R: Route> fmt::Debug for UseCall<R>
where
    R::Response: Send + Sync + 'static,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UseCall({})", R::ROUTE)
    }
}
