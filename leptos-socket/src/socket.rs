//! The handle that an app holds.

use std::fmt;
use std::rc::Rc;
use std::sync::Mutex;
use std::time::Duration;

use futures::channel::oneshot;
use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket_core::{
    CallError, CallId, CallOptions, CloseReason, Diagnosis, Incoming, Message, NotSent, Route, Sent, SocketState,
};
use serde::Serialize;

use crate::call::{Call, Pending, Sending};
use crate::driver::{Driver, Outcome, OwnerId, Settle};
use crate::owned::{Owned, without_owner};
use crate::signals::{Shared, Signals};

/// One named socket: its state as signals, and its calls.
///
/// A handle is `Copy` and may be kept for as long as one likes. It outlives its socket harmlessly: then the state is
/// closed, and calls fail with [`NotSent::Closed`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    signals: StoredValue<Signals>,
    /// `None` while rendering on a server.
    driver: Option<StoredValue<Rc<Driver>, LocalStorage>>,
}

/// What it is.
impl Socket {
    /// The state, with all that there is to say about it.
    #[must_use]
    pub fn state(&self) -> Signal<SocketState> {
        self.signal(|signals| &signals.state, GONE)
    }

    /// Whether a link is open: the original's `socketState`.
    #[must_use]
    pub fn connected(&self) -> Signal<bool> {
        self.signal(|signals| &signals.connected, false)
    }

    /// The time from the last answered ping to its answer; `None` before the first one, and without a link.
    #[must_use]
    pub fn latency(&self) -> Signal<Option<Duration>> {
        self.signal(|signals| &signals.latency, None)
    }

    /// How many calls were handed to the link and await their replies.
    #[must_use]
    pub fn in_flight(&self) -> Signal<usize> {
        self.signal(|signals| &signals.in_flight, 0)
    }

    /// How many messages wait for a link.
    #[must_use]
    pub fn queued(&self) -> Signal<usize> {
        self.signal(|signals| &signals.queued, 0)
    }

    /// What is likely wrong, for a message to the user; `None` while a link is open or first being opened, and when the app
    /// closed the socket.
    #[must_use]
    pub fn diagnosis(&self) -> Signal<Option<Diagnosis>> {
        self.signal(|signals| &signals.diagnosis, None)
    }

    /// How long it is until the next attempt to reconnect; `None` where none waits. Not reactive: ask again as often as
    /// a countdown shall tick.
    #[must_use]
    pub fn retry_in(&self) -> Option<Duration> {
        self.with_driver(|driver| driver.retry_in()).flatten()
    }
}

/// What it does.
impl Socket {
    /// Calls a typed route, and awaits the payload of its reply.
    ///
    /// Without a link the call is queued. It leaves in the order of the calls, now, not when the future is polled.
    ///
    /// # Errors
    ///
    /// [`CallError`] says what is certain: not sent, outcome unknown, or replied with a status that is no success.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels the call. So does a cleanup of the reactive owner in which it was made, which ends it with
    /// [`NotSent::Cancelled`] or [`OutcomeUnknown::Cancelled`](crate::OutcomeUnknown::Cancelled): what only waited never
    /// leaves. A message that shall leave whatever becomes of the component is one for
    /// [`send_message`](Self::send_message).
    pub fn call<R: Route>(&self, route: R) -> Call<R::Response> {
        self.call_with(route, CallOptions::new())
    }

    /// [`call`](Self::call) with a deadline or headers of its own, for instance, or idempotent though its route does not say
    /// so: see [`CallOptions`].
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_with<R: Route>(&self, route: R, options: CallOptions) -> Call<R::Response> {
        let options = of_route::<R>(options);
        self.submit(&Message::from(route), &options, |reply| Ok(reply.into_payload()?))
    }

    /// Sends a message and awaits its reply, whatever its status: see [`Incoming::is_success`].
    ///
    /// # Errors
    ///
    /// [`CallError`], where no reply came. The original resolves to a failure without a reason.
    ///
    /// # Cancellation
    ///
    /// As [`call`](Self::call).
    pub fn send_and_wait<P: Serialize>(&self, message: Message<P>) -> Call<Incoming> {
        self.send_and_wait_with(message, CallOptions::new())
    }

    /// [`send_and_wait`](Self::send_and_wait) with a deadline of its own, for instance: see [`CallOptions`].
    ///
    /// # Errors
    ///
    /// As [`send_and_wait`](Self::send_and_wait).
    pub fn send_and_wait_with<P: Serialize>(&self, message: Message<P>, options: CallOptions) -> Call<Incoming> {
        self.submit(&message, &options, Ok)
    }

    /// Sends a message, and awaits nothing. It says at once whether the message was handed to the link, waits for one or for
    /// room in it, or was refused.
    ///
    /// # Errors
    ///
    /// The message cannot be sent. The original logs that and drops the frame.
    pub fn send_message<P: Serialize>(&self, message: Message<P>) -> Result<Sent, NotSent> {
        self.send_message_with(message, CallOptions::new())
    }

    /// [`send_message`](Self::send_message) with options: as [bulk](crate::Priority::Bulk), for instance, which lets calls
    /// overtake it.
    ///
    /// # Errors
    ///
    /// As [`send_message`](Self::send_message).
    pub fn send_message_with<P: Serialize>(&self, message: Message<P>, options: CallOptions) -> Result<Sent, NotSent> {
        self.with_driver(|driver| driver.send(&message, &options)).unwrap_or_else(|| Err(self.no_driver()))
    }

    /// Sends a message, and awaits that it is handed to the link, which has to be open and to have room. So a loop that
    /// sends much goes no faster than the network, and what waits stays small:
    ///
    /// ```
    /// use leptos_socket::{CallOptions, Message, NotSent, Priority, Socket};
    ///
    /// async fn upload(socket: Socket, chunks: Vec<String>) -> Result<(), NotSent> {
    ///     for chunk in chunks {
    ///         let bulk = CallOptions::new().priority(Priority::Bulk);
    ///         socket.send_when_ready(Message::new("chunk", chunk), bulk).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The message cannot be sent, or did not leave before its deadline.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels it: a message that waits never leaves.
    pub fn send_when_ready<P: Serialize>(&self, message: Message<P>, options: CallOptions) -> Sending {
        let (sender, outcome) = oneshot::channel();
        let settle = Settle::Left(Box::new(move |outcome| drop(sender.send(outcome))));
        Sending(self.begin(&message, &options, settle, outcome))
    }

    /// Sends a message, and calls `callback` once with its reply, or with why there is none.
    ///
    /// The callback runs under the reactive owner in which this is called. A cleanup of that drops it uncalled. It never
    /// runs before this returns.
    ///
    /// The original registers a callback for a message that is sent apart, and may never be. Here that is one step.
    ///
    /// # Errors
    ///
    /// The message cannot be sent. Then the callback is dropped.
    pub fn on_response<P: Serialize>(
        &self,
        message: Message<P>,
        callback: impl FnOnce(Result<Incoming, CallError>) + 'static,
    ) -> Result<CallId, NotSent> {
        let callback = Owned::new(callback);
        let settle = move |outcome| callback.run_once(|callback| callback(outcome));
        self.settle_with(&message, &CallOptions::new(), settle)
    }

    /// Forgets a call of [`on_response`](Self::on_response), whose callback is dropped, or a message that is
    /// [queued](Sent::Queued), which then never leaves.
    pub fn cancel(&self, id: CallId) {
        self.with_driver(|driver| driver.cancel(id));
    }

    /// Closes the link, stops the heartbeat, and settles every call. [`reconnect`](Self::reconnect) opens it again.
    pub fn close(&self) {
        self.with_driver(Driver::close);
    }

    /// Opens a new link at once, from whatever state, with no attempt spent.
    ///
    /// Calls in flight end with [`OutcomeUnknown::Closed`](crate::OutcomeUnknown::Closed); what is queued stays queued.
    pub fn reconnect(&self) {
        self.with_driver(Driver::reconnect);
    }
}

impl Socket {
    /// Belongs to no owner: whoever made it disposes of it.
    pub(crate) fn new(signals: Signals, driver: Option<Rc<Driver>>) -> Self {
        without_owner(|| Self { signals: StoredValue::new(signals), driver: driver.map(StoredValue::new_local) })
    }

    /// Reconnects whenever this signal changes.
    pub(crate) fn follow(self, url: Signal<String>) {
        let last = Mutex::new(url.get_untracked());
        let watch = without_owner(|| {
            ImmediateEffect::new(move || {
                let Some(url) = url.try_get() else { return };
                let Ok(mut last) = last.lock() else { return };
                if *last != url {
                    *last = url;
                    drop(last);
                    untrack(|| self.reconnect());
                }
            })
        });
        self.with_driver(|driver| driver.keep(watch));
    }

    /// Closes it for good, and lets go of all that it held.
    pub(crate) fn dispose(self) {
        let driver = self.driver.and_then(|driver| driver.try_get_value());
        // Before it is closed: a callback that hears of that must not open it again.
        self.signals.dispose();
        if let Some(driver) = self.driver {
            driver.dispose();
        }
        if let Some(driver) = driver {
            driver.close();
        }
    }

    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only a browser gives hints"))]
    pub(crate) fn hint(&self, hint: leptos_socket_core::Hint) {
        self.with_driver(|driver| driver.on_hint(hint));
    }

    fn submit<P: Serialize, T>(
        &self,
        message: &Message<P>,
        options: &CallOptions,
        decode: fn(Incoming) -> Result<T, CallError>,
    ) -> Call<T> {
        let (sender, outcome) = oneshot::channel();
        // The receiver may be gone: its call was cancelled while the outcome was on its way.
        let settle = Settle::Replied(Box::new(move |outcome| drop(sender.send(outcome))));
        Call::new(self.begin(message, options, settle, outcome), decode)
    }

    /// Hands over a message; `settle` gets the outcome, and must do no harm when whoever called is gone.
    pub(crate) fn settle_with<P: Serialize>(
        &self,
        message: &Message<P>,
        options: &CallOptions,
        settle: impl FnOnce(Outcome) + 'static,
    ) -> Result<CallId, NotSent> {
        self.with_driver(|driver| driver.call(message, options, None, Settle::Replied(Box::new(settle))))
            .unwrap_or_else(|| Err(self.no_driver()))
    }

    /// Hands over a message whose outcome a future awaits, as the current owner does.
    fn begin<P: Serialize, O>(
        &self,
        message: &Message<P>,
        options: &CallOptions,
        settle: Settle,
        outcome: oneshot::Receiver<O>,
    ) -> Pending<O> {
        let owner = self.current_owner();
        match self.with_driver(|driver| driver.call(message, options, owner, settle)) {
            Some(Ok(id)) => Pending::new(*self, id, outcome),
            Some(Err(error)) => Pending::refused(error),
            None => Pending::refused(self.no_driver()),
        }
    }

    /// The owner whose end is the end of the calls that are made now.
    fn current_owner(self) -> Option<OwnerId> {
        let owner = Owner::current()?.debug_id();
        if self.with_driver(|driver| driver.meet(owner))? {
            on_cleanup(move || {
                self.with_driver(|driver| driver.end_calls_of(owner));
            });
        }
        Some(owner)
    }

    pub(crate) fn with_driver<T>(&self, verb: impl FnOnce(&Rc<Driver>) -> T) -> Option<T> {
        // Cloned: the verb may dispose of the socket.
        let driver = self.driver?.try_get_value()?;
        Some(verb(&driver))
    }

    const fn no_driver(&self) -> NotSent {
        match self.driver {
            None => NotSent::Rendering,
            Some(_) => NotSent::Closed(CloseReason::ByApp),
        }
    }

    /// Something that changes by the clock alone; `None` of a socket that is gone.
    pub(crate) fn watched<T>(&self, which: impl FnOnce(&Signals) -> T) -> Option<T> {
        let watched = self.signals.try_with_value(|signals| {
            signals.watch();
            which(signals)
        });
        self.with_driver(Driver::watch);
        watched
    }

    fn signal<T>(&self, which: fn(&Signals) -> &Shared<T>, gone: T) -> Signal<T>
    where
        T: Copy + PartialEq + Send + Sync + 'static,
    {
        let signal = self.signals.try_with_value(|signals| which(signals).signal());
        signal.unwrap_or_else(|| Signal::stored(gone))
    }
}

/// The options for a call of this route.
pub(crate) fn of_route<R: Route>(options: CallOptions) -> CallOptions {
    let idempotent = options.idempotent || R::IDEMPOTENT;
    options.idempotent(idempotent)
}

/// The state.
impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.signals.try_with_value(|signals| signals.state.get());
        write!(f, "Socket({})", state.unwrap_or(GONE))
    }
}

/// The state of a socket that was removed.
const GONE: SocketState = SocketState::Closed(CloseReason::ByApp);
