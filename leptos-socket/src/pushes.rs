//! Pushes by route, as callbacks, streams and signals.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leptos::prelude::*;
use leptos_socket_core::{Incoming, Push};

use crate::Socket;
use crate::reactive::{Owned, keep};
use crate::socket::Inner;

mod listeners;
mod stream;

pub(crate) use listeners::{Callback, Hear, Listeners, Listening, PushListeners};
use stream::Sink;
pub use stream::{Lagged, PushStream};

/// Pushes, from now on and until the reactive owner in which you ask is cleaned up: ask in the body of a component. The type says
/// which route is meant.
///
/// Pushes come in order, over all links of the socket. What the server pushed in a [gap](crate::SocketOptions::on_gap) between two
/// links is lost, as the protocol has it: for data that must be complete, use a query. When the socket moves to another place, or
/// another person uses it, only pushes from there count.
///
/// A push that can't be decoded into the type is a [notice](crate::Notice::UnreadablePush). Later pushes are not affected.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Push, Socket};
/// use serde::Deserialize;
///
/// #[derive(Clone, Deserialize, Push)]
/// #[push("price")]
/// struct Price {
///     cents: u64,
/// }
///
/// #[component]
/// fn Prices(socket: Socket) -> impl IntoView {
///     let price = socket.latest::<Price>();
///     let highest = socket.fold(0, |highest, price: Price| *highest = price.cents.max(*highest));
///     socket.on_push(|price: Price| leptos::logging::log!("{}", price.cents));
///     socket.on_push_raw("bell", |push| leptos::logging::log!("the bell rings: {}", push.payload()));
///     view! {
///         <p>{move || price.value().get().map(|price| price.cents)} ", at most " {highest.value()}</p>
///     }
/// }
/// ```
impl Socket {
    /// Calls `callback` with every push of a type, in order.
    ///
    /// It runs under the current reactive owner, and stops with it. It may call back into the socket.
    pub fn on_push<P: Push>(&self, callback: impl Fn(P) + 'static) {
        let callback = Owned::new(Rc::new(callback));
        self.keep_hearing(P::ROUTE, |socket| typed(socket, move |push: P| callback.run(|callback| callback(push))));
    }

    /// [`on_push`](Self::on_push) without a type: every push of a route, as it came.
    pub fn on_push_raw(&self, route: &str, callback: impl Fn(Incoming) + 'static) {
        let callback = Owned::new(Rc::new(callback));
        let hear = move |push: &Incoming| callback.run(|callback| callback(push.clone()));
        self.keep_hearing(route, |_| Rc::new(Raw(hear)));
    }

    /// Every push of a type as a stream, in order. It says what it lost: see [`Lagged`].
    ///
    /// ```
    /// use futures::StreamExt;
    /// use leptos_socket::{Message, NotSent, Push, Socket};
    ///
    /// #[derive(serde::Deserialize, Push)]
    /// #[push("jobDone")]
    /// struct JobDone {
    ///     id: u32,
    /// }
    ///
    /// /// Listens first, so that it hears of a job that is done at once.
    /// async fn run_job(socket: Socket, job: &str) -> Result<Option<u32>, NotSent> {
    ///     let mut done = socket.pushes::<JobDone>();
    ///     socket.send(Message::new("startJob", job))?;
    ///     Ok(done.next().await.and_then(Result::ok).map(|done| done.id))
    /// }
    /// ```
    pub fn pushes<P: Push>(&self) -> PushStream<P> {
        PushStream::new(|sink| self.hear(P::ROUTE, |socket| Rc::new(Streamed { socket: Rc::downgrade(socket), sink })))
    }

    /// The latest push of a type, as a signal. A signal can skip values: pushes that were replaced before anybody read them are
    /// [counted](Latest::coalesced). To see every push, use [`fold`](Self::fold).
    pub fn latest<P: Push + Clone + Send + Sync>(&self) -> Latest<P> {
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
        self.keep_hearing(P::ROUTE, |socket| {
            let socket = Rc::downgrade(socket);
            Rc::new(Newest { socket, latest, coalesced, seen })
        });
        handles
    }

    /// A value built from every push of a type: `fold` puts each of them into it, once and in order. It starts again
    /// from `initial` when the socket moves to another place, or another person uses it.
    ///
    /// What was pushed in a gap between two links is missing: see [`Fold::gaps`].
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{Push, Socket};
    ///
    /// #[derive(Clone, serde::Deserialize, Push)]
    /// #[push("chat")]
    /// struct Said {
    ///     text: String,
    /// }
    ///
    /// #[component]
    /// fn Chat(socket: Socket) -> impl IntoView {
    ///     let said = socket.fold(Vec::new(), |all, said: Said| all.push(said.text));
    ///     view! {
    ///         <Show when=move || said.gaps().get() != 0>"Some messages may be missing."</Show>
    ///         <ol>
    ///             <For each=move || said.value().get().into_iter().enumerate() key=|(number, _)| *number let((_, text))>
    ///                 <li>{text}</li>
    ///             </For>
    ///         </ol>
    ///     }
    /// }
    /// ```
    pub fn fold<P: Push, T: Clone + Send + Sync + 'static>(
        &self,
        initial: T,
        fold: impl FnMut(&mut T, P) + 'static,
    ) -> Fold<T> {
        let value = ArcRwSignal::new(initial.clone());
        let gaps = ArcRwSignal::new(0);
        let handles = Fold { value: value.clone().into(), gaps: gaps.clone().into() };
        let fold = Owned::new(Rc::new(RefCell::new(fold)));
        self.keep_hearing(P::ROUTE, |socket| {
            Rc::new(Folded {
                socket: Rc::downgrade(socket),
                initial,
                value,
                gaps,
                moves: Cell::new(0),
                fold,
                push: std::marker::PhantomData,
            })
        });
        handles
    }

    fn keep_hearing(&self, route: &str, hearer: impl FnOnce(&Rc<Inner>) -> Rc<dyn Hear>) {
        if let Some(listening) = self.hear(route, hearer) {
            keep(listening);
        }
    }

    /// `None` of a socket that is gone, or on a server.
    fn hear(&self, route: &str, hearer: impl FnOnce(&Rc<Inner>) -> Rc<dyn Hear>) -> Option<Listening> {
        self.with_inner(|socket| PushListeners::add(socket, route, hearer(socket)))
    }
}

/// The push as what the app takes it for. If it isn't that, the socket says so.
pub(crate) fn decoded<P: Push>(socket: &Weak<Inner>, push: &Incoming) -> Option<P> {
    match push.payload().decode() {
        Ok(push) => Some(push),
        Err(error) => {
            if let Some(socket) = socket.upgrade() {
                socket.driver().on_unreadable(push, error);
            }
            None
        }
    }
}

struct Raw<F>(F);

impl<F: Fn(&Incoming)> Hear for Raw<F> {
    fn on_push(&self, push: &Incoming) {
        self.0(push);
    }
}

fn typed<P: Push>(socket: &Rc<Inner>, hear: impl Fn(P) + 'static) -> Rc<dyn Hear> {
    let socket = Rc::downgrade(socket);
    Rc::new(Raw(move |push: &Incoming| {
        if let Some(push) = decoded(&socket, push) {
            hear(push);
        }
    }))
}

struct Streamed<P> {
    socket: Weak<Inner>,
    sink: Sink<P>,
}

impl<P: Push> Hear for Streamed<P> {
    fn on_push(&self, push: &Incoming) {
        if let Some(push) = decoded(&self.socket, push) {
            self.sink.push(push);
        }
    }

    fn on_moved(&self) {
        self.sink.forget();
    }
}

struct Newest<P> {
    socket: Weak<Inner>,
    latest: ArcRwSignal<Option<P>>,
    coalesced: ArcRwSignal<u64>,
    seen: Arc<AtomicBool>,
}

impl<P: Push + Send + Sync> Hear for Newest<P> {
    fn on_push(&self, push: &Incoming) {
        let Some(push) = decoded(&self.socket, push) else { return };
        untrack(|| {
            if !self.seen.swap(false, Ordering::Relaxed) {
                self.coalesced.update(|count| *count += 1);
            }
            self.latest.set(Some(push));
        });
    }

    fn on_moved(&self) {
        self.seen.store(true, Ordering::Relaxed);
        untrack(|| self.latest.set(None));
    }
}

struct Folded<P, T: Send + Sync + 'static, F: 'static> {
    socket: Weak<Inner>,
    initial: T,
    value: ArcRwSignal<T>,
    gaps: ArcRwSignal<u64>,
    /// How often the socket has moved.
    moves: Cell<u64>,
    fold: Owned<Rc<RefCell<F>>>,
    push: std::marker::PhantomData<P>,
}

impl<P: Push, T: Clone + Send + Sync, F: FnMut(&mut T, P)> Hear for Folded<P, T, F> {
    fn on_push(&self, push: &Incoming) {
        let Some(push) = decoded(&self.socket, push) else { return };
        self.fold.run(|fold| {
            // On a copy: the function may read the value, and a push that it panics at is as if it never came.
            let (mut value, moves) = (self.value.get_untracked(), self.moves.get());
            (fold.borrow_mut())(&mut value, push);
            // The function may also have moved the socket.
            if self.moves.get() == moves {
                self.value.set(value);
            }
        });
    }

    fn on_gap(&self) {
        untrack(|| self.gaps.update(|gaps| *gaps += 1));
    }

    fn on_moved(&self) {
        self.moves.set(self.moves.get() + 1);
        untrack(|| {
            self.gaps.set(0);
            self.value.set(self.initial.clone());
        });
    }
}

/// The latest push, and how many were never seen. Made by [`Socket::latest`].
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Latest, Socket};
/// # use leptos_socket::Push;
/// # #[derive(Clone, Debug, serde::Deserialize, Push)] #[push("price")] struct Price { cents: u64 }
///
/// #[component]
/// fn ShowPrice(socket: Socket) -> impl IntoView {
///     let price: Latest<Price> = socket.latest();
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

/// A value built from pushes. Returned by [`Socket::fold`].
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::Fold;
///
/// #[component]
/// fn Count(rings: Fold<u32>) -> impl IntoView {
///     view! { <p>{rings.value()} " rings, with " {rings.gaps()} " gaps"</p> }
/// }
/// ```
pub struct Fold<T: Send + Sync + 'static> {
    value: Signal<T>,
    gaps: Signal<u64>,
}

impl<T: Send + Sync + 'static> Fold<T> {
    /// The value, built from the pushes so far.
    #[must_use]
    pub const fn value(&self) -> Signal<T> {
        self.value
    }

    /// How many times the link was lost and replaced. Pushes that the server sent in between are missing from the value.
    #[must_use]
    pub const fn gaps(&self) -> Signal<u64> {
        self.gaps
    }
}

impl<T: Send + Sync> Clone for Fold<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for Fold<T> {}

impl<T: Send + Sync> fmt::Debug for Fold<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fold")
    }
}
