//! A call that components show.

use std::fmt;
use std::marker::PhantomData;

use leptos::prelude::*;
use leptos_socket_core::{CallError, CallId, CallOptions, Message, NotSent, Route};

use crate::Socket;
use crate::driver::Outcome;
use crate::socket::of_route;

/// A typed route to call again and again, with what came of it as signals: for a button, or a form.
///
/// `socket` may be a [`Socket`], or a signal of one that may not be there.
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
/// It belongs to the current reactive owner: a cleanup of that cancels the call that is under way. For a future of the reply,
/// in a `Suspense` or an `Action`, there is [`Socket::call`].
#[must_use]
pub fn use_call<R: Route + 'static>(socket: impl Into<Signal<Option<Socket>>>) -> UseCall<R>
where
    R::Response: Send + Sync + 'static,
{
    use_call_with_options(socket, CallOptions::new())
}

/// [`use_call()`] with [`CallOptions`].
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
        under_way: RwSignal::new(None),
        value: RwSignal::new(None),
        error: RwSignal::new(None),
        route: PhantomData,
    };
    on_cleanup(move || call.drop_call());
    call
}

/// What [`use_call()`] returns. It is `Copy`.
pub struct UseCall<R: Route>
where
    R::Response: Send + Sync + 'static,
{
    socket: Signal<Option<Socket>>,
    options: StoredValue<CallOptions>,
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
    /// socket the error is [`NotSent::NoSocket`].
    pub fn call(&self, route: R) {
        self.drop_call();
        self.error.set(None);
        let state = *self;
        let settle = move |outcome: Outcome| {
            state.under_way.set(None);
            match outcome.and_then(|reply| Ok(reply.into_payload()?)) {
                Ok(value) => state.value.set(Some(value)),
                Err(error) => state.error.set(Some(error)),
            }
        };
        let options = self.options.get_value();
        let called = match self.socket.get_untracked() {
            Some(socket) => socket
                .settle_with(&Message::from(route), &options, settle)
                .map(|id| self.under_way.set(Some(UnderWay { socket, id }))),
            None => Err(NotSent::NoSocket),
        };
        if let Err(error) = called {
            self.error.set(Some(error.into()));
        }
    }

    /// Cancels the call that is under way.
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

    fn drop_call(self) {
        if let Some(UnderWay { socket, id }) = self.under_way.try_get_untracked().flatten() {
            socket.cancel(id);
        }
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
