//! What the server sends of itself, by route: callbacks, streams and signals. Each sees every push, or says what it missed.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leptos::prelude::*;
use leptos_socket_core::{DecodeError, Incoming, Push};

use crate::Socket;
use crate::listeners::{Listening, PushListeners};
use crate::owned::{Owned, keep};

mod stream;

pub use stream::{Lagged, PushStream};

/// Which pushes, and what they are taken for: the name of a route gives the messages as they came, [`of`] a type.
///
/// It is not for implementing: a type of pushes implements [`Push`].
///
/// ```
/// use leptos_socket::{PushRoute, Socket, of};
/// # use leptos_socket::Push;
/// # #[derive(Clone, Debug, serde::Deserialize)] struct Price { cents: u64 }
/// # impl Push for Price { const ROUTE: &'static str = "price"; }
///
/// fn log<R: PushRoute<Item: std::fmt::Debug>>(socket: Socket, route: R) {
///     let name = route.name().to_owned();
///     socket.on_push(route, move |item| leptos::logging::log!("{name}: {item:?}"));
/// }
///
/// # fn example(socket: Socket) {
/// log(socket, "news");
/// log(socket, of::<Price>());
/// # }
/// ```
pub trait PushRoute: sealed::Sealed {
    /// What a push becomes.
    type Item: 'static;

    /// The name of the route.
    fn name(&self) -> &str;

    /// Takes a push for an item.
    ///
    /// ```
    /// use leptos_socket::{Of, PushRoute, Socket};
    /// # use leptos_socket::Push;
    /// # #[derive(Clone, Debug, serde::Deserialize)] struct Price { cents: u64 }
    /// # impl Push for Price { const ROUTE: &'static str = "price"; }
    ///
    /// /// A price, and the headers that it came with.
    /// fn log_prices(socket: Socket) {
    ///     socket.on_push("price", |push| match Of::<Price>::decode(&push) {
    ///         Ok(price) => leptos::logging::log!("{} of {:?}", price.cents, push.headers().get("at")),
    ///         Err(error) => leptos::logging::warn!("{error}"),
    ///     });
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Its payload is none.
    fn decode(push: &Incoming) -> Result<Self::Item, DecodeError>;
}

/// The pushes of a type: `socket.on_push(of::<Tick>(), |tick| ..)`.
///
/// ```
/// use leptos_socket::{Push, Socket, of};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Price {
///     cents: u64,
/// }
///
/// impl Push for Price {
///     const ROUTE: &'static str = "price";
/// }
///
/// fn highest(socket: Socket) -> leptos::prelude::Signal<u64> {
///     socket.fold(of::<Price>(), 0, |highest, price| *highest = price.cents.max(*highest))
/// }
/// ```
#[must_use]
pub const fn of<P: Push>() -> Of<P> {
    Of(PhantomData)
}

/// The pushes of a type. Made by [`of`].
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Of, Push, Socket, of};
/// # #[derive(Clone, Debug, serde::Deserialize)] struct Price { cents: u64 }
/// # impl Push for Price { const ROUTE: &'static str = "price"; }
///
/// #[component]
/// fn Count<P: Push>(socket: Socket, pushes: Of<P>) -> impl IntoView {
///     let count = socket.fold(pushes, 0, |count, _| *count += 1);
///     view! { <p>{P::ROUTE} ": " {count}</p> }
/// }
///
/// #[component]
/// fn Prices(socket: Socket) -> impl IntoView {
///     let pushes = of::<Price>();
///     view! { <Count socket pushes /> }
/// }
/// ```
pub struct Of<P>(PhantomData<fn() -> P>);

impl<P: Push> fmt::Debug for Of<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Of({})", P::ROUTE)
    }
}

impl<P: Push> PushRoute for Of<P> {
    type Item = P;

    fn name(&self) -> &str {
        P::ROUTE
    }

    fn decode(push: &Incoming) -> Result<P, DecodeError> {
        push.payload().decode()
    }
}

impl PushRoute for &str {
    type Item = Incoming;

    fn name(&self) -> &str {
        self
    }

    fn decode(push: &Incoming) -> Result<Incoming, DecodeError> {
        Ok(push.clone())
    }
}

impl PushRoute for String {
    type Item = Incoming;

    fn name(&self) -> &str {
        self
    }

    fn decode(push: &Incoming) -> Result<Incoming, DecodeError> {
        Ok(push.clone())
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else shall implement it")]
    pub trait Sealed {}

    impl<P> Sealed for super::Of<P> {}
    impl Sealed for &str {}
    impl Sealed for String {}
}

/// Pushes, from now on and until the reactive owner in which they are asked for is cleaned up: ask in the body of a
/// component. They keep coming over all links of the socket; what was pushed in a [gap](crate::SocketOptions::on_gap) between
/// two is lost, as the protocol has it.
///
/// A push that is not of the type asked for is a [notice](crate::Notice::UnreadablePush), and the next one is heard again.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Push, Socket, of};
/// use serde::Deserialize;
///
/// #[derive(Clone, Deserialize)]
/// struct Price {
///     cents: u64,
/// }
///
/// impl Push for Price {
///     const ROUTE: &'static str = "price";
/// }
///
/// #[component]
/// fn Prices(socket: Socket) -> impl IntoView {
///     let price = socket.latest(of::<Price>());
///     let highest = socket.fold(of::<Price>(), 0, |highest, price| *highest = price.cents.max(*highest));
///     socket.on_push("bell", |push| leptos::logging::log!("the bell rings: {}", push.payload()));
///     view! {
///         <p>{move || price.value().get().map(|price| price.cents)} ", at most " {highest}</p>
///     }
/// }
/// ```
impl Socket {
    /// Calls `callback` with every push of a route, in order, none dropped.
    ///
    /// It runs under the current reactive owner, and stops with it. It may call back into the socket.
    pub fn on_push<R: PushRoute>(&self, route: R, callback: impl Fn(R::Item) + 'static) {
        let listening = self.listen(&route, || {
            let callback = Owned::new(Rc::new(callback));
            move |item| callback.run(|callback| callback(item))
        });
        if let Some(listening) = listening {
            keep(listening);
        }
    }

    /// Every push of a route as a stream, in order, none dropped but for what [`Lagged`] counts.
    ///
    /// ```
    /// use futures::StreamExt;
    /// use leptos_socket::{Incoming, Message, NotSent, Socket};
    ///
    /// /// Listens first, so that it hears of a job that is done at once.
    /// async fn run_job(socket: Socket, job: &str) -> Result<Option<Incoming>, NotSent> {
    ///     let mut done = socket.pushes("jobDone");
    ///     socket.send_message(Message::new("startJob", job))?;
    ///     Ok(done.next().await.and_then(Result::ok))
    /// }
    /// ```
    pub fn pushes<R: PushRoute>(&self, route: R) -> PushStream<R::Item> {
        PushStream::new(|sink| self.listen(&route, || move |item| sink.push(item)))
    }

    /// The latest push of a route, as a signal. It is no log: of pushes that come faster than anybody looks only the last one
    /// is seen, and the others are [counted](Latest::coalesced).
    pub fn latest<R: PushRoute>(&self, route: R) -> Latest<R::Item>
    where
        R::Item: Clone + Send + Sync,
    {
        let latest = ArcRwSignal::new(None);
        let coalesced = ArcRwSignal::new(0);
        let seen = Arc::new(AtomicBool::new(true));
        let (value, was_seen) = (latest.clone(), Arc::clone(&seen));
        let handles = Latest {
            value: Signal::derive(move || {
                was_seen.store(true, Ordering::Relaxed);
                value.get()
            }),
            coalesced: coalesced.clone().into(),
        };
        self.on_push(route, move |item| {
            if !seen.swap(false, Ordering::Relaxed) {
                coalesced.update(|count| *count += 1);
            }
            latest.set(Some(item));
        });
        handles
    }

    /// A signal that has seen each push of a route exactly once: `f` puts every one of them into the value, in order.
    pub fn fold<R: PushRoute, T: Send + Sync + 'static>(
        &self,
        route: R,
        init: T,
        f: impl FnMut(&mut T, R::Item) + 'static,
    ) -> Signal<T> {
        let value = ArcRwSignal::new(init);
        let signal = value.clone().into();
        let f = RefCell::new(f);
        self.on_push(route, move |item| value.update(|value| (f.borrow_mut())(value, item)));
        signal
    }

    /// Hears pushes with what `ear` makes; `None` of a socket that is gone, or on a server.
    fn listen<R: PushRoute, F: Fn(R::Item) + 'static>(&self, route: &R, ear: impl FnOnce() -> F) -> Option<Listening> {
        self.with_driver(|driver| {
            let hear = ear();
            let unreadable = Rc::downgrade(driver);
            let hear = move |push: &Incoming| match R::decode(push) {
                Ok(item) => hear(item),
                Err(error) => {
                    if let Some(driver) = unreadable.upgrade() {
                        driver.on_unreadable(push, error);
                    }
                }
            };
            PushListeners::add(driver, route.name(), Rc::new(hear))
        })
    }
}

/// The latest push of a route, and how many were never seen.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Latest, Socket, of};
/// # use leptos_socket::Push;
/// # #[derive(Clone, Debug, serde::Deserialize)] struct Price { cents: u64 }
/// # impl Push for Price { const ROUTE: &'static str = "price"; }
///
/// #[component]
/// fn ShowPrice(socket: Socket) -> impl IntoView {
///     let price: Latest<Price> = socket.latest(of::<Price>());
///     let cents = move || price.value().get().map(|price| price.cents);
///     view! { <p>{cents} " cents, " {price.coalesced()} " prices were not shown"</p> }
/// }
/// ```
pub struct Latest<T: Send + Sync + 'static> {
    value: Signal<Option<T>>,
    coalesced: Signal<u64>,
}

impl<T: Send + Sync + 'static> Latest<T> {
    /// The latest push; `None` before the first one.
    #[must_use]
    pub const fn value(&self) -> Signal<Option<T>> {
        self.value
    }

    /// How many pushes were replaced by the next one before anybody read them.
    #[must_use]
    pub const fn coalesced(&self) -> Signal<u64> {
        self.coalesced
    }
}

impl<T: Send + Sync> Clone for Latest<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for Latest<T> {}

impl<T: Send + Sync> fmt::Debug for Latest<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Latest")
    }
}
