//! Pushes that the server sends only to clients that ask for them.

use std::any::TypeId;
use std::fmt;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use leptos::prelude::*;
use leptos_socket_core::{CallError, Incoming, MaybeRoute, Message, NotSent, Priority, Push, Route};

use crate::Socket;
use crate::calls::Outgoing;
use crate::pushes::{Hear, Listening, PushListeners, decoded};
use crate::reactive::{Owned, Watching};
use crate::socket::Inner;

mod shared;

use shared::{Shared, Subscriptions};

/// A route that asks the server for pushes.
///
/// ```
/// use leptos_socket::{Push, Route, Subscription};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Route)]
/// #[route("watchRoom", response = ())]
/// struct Watch {
///     room: u32,
/// }
///
/// #[derive(Serialize, Route)]
/// #[route("unwatchRoom", response = ())]
/// struct Unwatch {
///     room: u32,
/// }
///
/// #[derive(Deserialize, Push)]
/// #[push("said")]
/// struct Said {
///     room: u32,
///     text: String,
/// }
///
/// impl Subscription for Watch {
///     type Push = Said;
///     type Stop = Unwatch;
///
///     fn stop(&self) -> Unwatch {
///         Unwatch { room: self.room }
///     }
///
///     fn matches(&self, said: &Said) -> bool {
///         said.room == self.room
///     }
/// }
/// ```
pub trait Subscription: Route {
    /// What the server pushes.
    type Push: Push;
    /// The route that ends it.
    type Stop: Route;

    /// The message that ends the subscription.
    fn stop(&self) -> Self::Stop;

    /// Whether a push is one that was asked for: other subscriptions may have asked for pushes of this type too. Default: every
    /// push is.
    fn matches(&self, push: &Self::Push) -> bool {
        let _ = push;
        true
    }
}

/// Asks the server for pushes as long as the current reactive owner lives, and calls `on_push` with each of them.
///
/// `arguments` is a reactive function that returns the [`Subscription`], or an `Option` of it. It is sent at once, and again on
/// every new link, where it leaves before anything else: so data that is fetched on the same link misses no push. It is stopped on
/// cleanup, and when the arguments change. Equal subscriptions of several components are one for the server.
///
/// `on_push` runs under the current reactive owner, and may call back into the socket.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{SubscriptionState, use_socket, use_subscription};
/// # use leptos_socket::{Push, Route, Subscription};
/// # #[derive(serde::Serialize, Route)] #[route("watchRoom", response = ())] struct Watch { room: u32 }
/// # #[derive(serde::Serialize, Route)] #[route("unwatchRoom", response = ())] struct Unwatch {}
/// # #[derive(serde::Deserialize, Push)] #[push("said")] struct Said { text: String }
/// # impl Subscription for Watch {
/// #     type Push = Said;
/// #     type Stop = Unwatch;
/// #     fn stop(&self) -> Unwatch { Unwatch {} }
/// # }
///
/// #[component]
/// fn Room(#[prop(into)] room: Signal<u32>) -> impl IntoView {
///     let lines = RwSignal::new(Vec::new());
///     let watch = move || Watch { room: room.get() };
///     let feed = use_subscription(use_socket(), watch, move |said: Said| lines.write().push(said.text));
///     view! {
///         <Show when=move || matches!(feed.get(), SubscriptionState::Failed(_))>"You do not get new messages."</Show>
///         <pre>{move || lines.read().join("\n")}</pre>
///     }
/// }
/// ```
pub fn use_subscription<A>(
    socket: Socket,
    arguments: impl Fn() -> A + Send + Sync + 'static,
    on_push: impl Fn(<A::Route as Subscription>::Push) + 'static,
) -> Signal<SubscriptionState>
where
    A: MaybeRoute<Route: Subscription + 'static>,
{
    let state = ArcRwSignal::new(SubscriptionState::Idle);
    let shown = state.clone().into();
    if cfg!(feature = "ssr") {
        if untrack(|| arguments().into_route().is_some()) {
            state.set(SubscriptionState::Pending);
        }
    } else {
        follow(socket, state, move || arguments().into_route(), Arc::new(Owned::new(Rc::new(on_push))));
    }
    shown
}

/// The state of a subscription.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum SubscriptionState {
    /// There is nothing to ask for.
    #[default]
    Idle,
    /// It was sent, or waits for a link.
    Pending,
    /// The server has confirmed it.
    Active,
    /// It failed. It is sent again on the next link, and after a 401 when there is a new token.
    Failed(CallError),
}

impl SubscriptionState {
    /// Whether the server has confirmed it.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self, Self::Active)
    }
}

/// What a component uses at the moment. Dropping it ends that.
struct Using {
    key: Key,
    state: ArcRwSignal<SubscriptionState>,
    socket: Weak<Inner>,
    _listening: Listening,
}

/// The type, and what is asked.
type Key = (TypeId, String);

fn follow<R: Subscription + 'static>(
    socket: Socket,
    state: ArcRwSignal<SubscriptionState>,
    arguments: impl Fn() -> Option<R> + Send + Sync + 'static,
    on_push: Arc<Owned<Rc<impl Fn(R::Push) + 'static>>>,
) {
    let using = StoredValue::new_local(None::<Using>);
    let watching = Watching::new(move || {
        let asked = arguments().map(|asked| (start_of(&asked), asked));
        untrack(|| {
            let key = asked.as_ref().map(|(start, _)| key_of::<R>(start));
            if using.try_with_value(|using| using.as_ref().map(|using| &using.key) == key.as_ref()) != Some(false) {
                return;
            }
            let next = asked.zip(key).and_then(|((start, asked), key)| {
                let asked = Rc::new(asked);
                let heard = Heard { asked: Rc::clone(&asked), on_push: Arc::clone(&on_push) };
                let state = state.clone();
                socket.with_inner(|socket| {
                    let hear = Rc::new(Hearing { socket: Rc::downgrade(socket), heard });
                    let listening = PushListeners::add(socket, <R::Push as Push>::ROUTE, hear);
                    let using = Using { key, state, socket: Rc::downgrade(socket), _listening: listening };
                    (using, Wanted { start, stop: Box::new(move || stop_of(&*asked)) })
                })
            });
            let (next, wanted) = next.unzip();
            if next.is_none() {
                state.set(SubscriptionState::Idle);
            }
            let joining = next.as_ref().map(|next| (next.key.clone(), next.state.clone(), Weak::clone(&next.socket)));
            // In place already: whoever this wakes may change what is asked for.
            let old = using.try_update_value(|current| std::mem::replace(current, next));
            if let (Some((key, state, socket)), Some(wanted)) = (joining, wanted)
                && let Some(socket) = socket.upgrade()
            {
                Subscriptions::run(&socket, move |all, socket| all.join(socket, key, &state, wanted));
            }
            // The old one goes last: what both share is not stopped in between.
            drop(old);
        });
    });
    on_cleanup(move || {
        drop(watching);
        drop(using.try_update_value(Option::take));
    });
}

impl Drop for Using {
    fn drop(&mut self) {
        if let Some(socket) = self.socket.upgrade() {
            let (key, state) = (self.key.clone(), self.state.clone());
            Subscriptions::run(&socket, move |all, socket| all.leave(socket, &key, &state));
        }
    }
}

/// What it takes to start and to stop.
struct Wanted {
    start: Result<Outgoing, NotSent>,
    stop: Box<dyn Fn() -> Result<Outgoing, NotSent>>,
}

/// Before everything else that waits; and on the next link, if this one is lost before the answer.
fn start_of<R: Route>(route: &R) -> Result<Outgoing, NotSent> {
    first(Message::new(R::ROUTE, route).idempotent(true))
}

fn stop_of<R: Subscription>(asked: &R) -> Result<Outgoing, NotSent> {
    first(Message::new(R::Stop::ROUTE, asked.stop()).wait_for_link(false))
}

fn first<P: serde::Serialize>(mut message: Message<P>) -> Result<Outgoing, NotSent> {
    message.options_mut().priority = Priority::First;
    message.into_raw()
}

fn key_of<R: 'static>(start: &Result<Outgoing, NotSent>) -> Key {
    let text = start.as_ref().map(|start| start.payload().as_str().to_owned());
    (TypeId::of::<R>(), text.unwrap_or_default())
}

struct Heard<R, F: 'static> {
    asked: Rc<R>,
    on_push: Arc<Owned<Rc<F>>>,
}

struct Hearing<R, F: 'static> {
    socket: Weak<Inner>,
    heard: Heard<R, F>,
}

impl<R: Subscription, F: Fn(R::Push)> Hear for Hearing<R, F> {
    fn on_push(&self, push: &Incoming) {
        if let Some(push) = decoded::<R::Push>(&self.socket, push).filter(|push| self.heard.asked.matches(push)) {
            self.heard.on_push.run(|on_push| on_push(push));
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared({:?})", self.state())
    }
}
