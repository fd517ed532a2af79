//! Calls and messages of an app.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use leptos::prelude::GetValue;
use leptos_socket_core::{CallError, CallId as Id, CloseReason, HeaderValue, Incoming, Message, NotSent, Payload};
use serde::Serialize;

use crate::Socket;
use crate::connection::{Driver, DriverHandle, Outcome, Promise, Settle};

mod intercept;
mod messages;

pub use intercept::{Answered, FailedCall, Outgoing};
pub(crate) use intercept::{Interceptors, OnCallError, Reaction};

/// What happened to a message when it was submitted. Returned by [`Socket::send`].
///
/// ```
/// use leptos_socket::Sent;
///
/// fn note(sent: Sent) -> &'static str {
///     match sent {
///         Sent::Now => "Sent.",
///         Sent::Queued(_) => "It leaves when the connection is back.",
///         _ => "",
///     }
/// }
/// assert_eq!(note(Sent::Now), "Sent.");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sent {
    /// It was handed to an open link.
    Now,
    /// It waits: for a link, for room in one, or for a new token. If it never leaves,
    /// [`on_dropped`](crate::SocketOptions::on_dropped) says so.
    Queued(CallId),
}

/// Names a message that was submitted, for [`Socket::cancel`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CallId {
    /// `None` if all has ended there.
    driver: Option<DriverHandle>,
    id: Id,
}

impl CallId {
    pub(crate) const fn new(driver: Option<DriverHandle>, id: Id) -> Self {
        Self { driver, id }
    }

    pub(crate) const fn id(self) -> Id {
        self.id
    }

    pub(crate) fn cancel(self) {
        if let Some(driver) = self.driver() {
            driver.cancel(self.id);
        }
    }

    pub(crate) fn is_queued(self) -> bool {
        self.driver().is_some_and(|driver| driver.with_state_of(|client| client.is_queued(self.id)))
    }

    fn driver(self) -> Option<Rc<Driver>> {
        self.driver?.try_get_value()
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.id, f)
    }
}

/// A call, as a future of its outcome. Made by [`Socket::call`] and [`Socket::send_and_wait`].
///
/// Its methods set the options of this call, before you await it. The call belongs to the place and the person that the socket had
/// when you made it, and it leaves when it is first polled. Dropping it cancels it: see
/// [`Socket::call`].
///
/// ```
/// use futures::future::try_join_all;
/// use leptos_socket::{Call, CallError, Route, Socket};
/// # #[derive(serde::Serialize, Route)] #[route("getTitle", response = String)] struct GetTitle { id: u32 }
///
/// /// All of them leave at once. If one fails, the others are cancelled.
/// async fn titles(socket: Socket, ids: &[u32]) -> Result<Vec<String>, CallError> {
///     let calls: Vec<Call<String>> = ids.iter().map(|id| socket.call(GetTitle { id: *id })).collect();
///     try_join_all(calls).await
/// }
/// ```
#[must_use = "a call leaves when it is awaited, and is cancelled when it is dropped"]
pub struct Call<T> {
    pending: Pending,
    decode: fn(Incoming) -> Result<T, CallError>,
}

impl<T> Call<T> {
    pub(crate) const fn new(pending: Pending, decode: fn(Incoming) -> Result<T, CallError>) -> Self {
        Self { pending, decode }
    }

    /// Sets how long to wait for the reply. Default: the socket's `request_timeout`.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|message| message.timeout(timeout))
    }

    /// Adds one header. It wins over a global header of the same name.
    pub fn header(self, name: impl Into<String>, value: impl Into<HeaderValue>) -> Self {
        self.with(|message| message.header(name, value))
    }

    /// Sets whether the call may be sent again if its link is lost: see [`Route::IDEMPOTENT`](crate::Route::IDEMPOTENT).
    pub fn idempotent(self, idempotent: bool) -> Self {
        self.with(|message| message.idempotent(idempotent))
    }

    /// Sets whether to wait if no link is open. Otherwise it fails at once, as [`NotSent::NotConnected`]. Default: true.
    pub fn wait_for_link(self, wait: bool) -> Self {
        self.with(|message| message.wait_for_link(wait))
    }

    /// Lets other calls overtake it while it waits: see [`Priority::Bulk`](crate::Priority::Bulk).
    pub fn bulk(self) -> Self {
        self.with(Outgoing::bulk)
    }

    /// Sends it without the headers of the [identity](crate::SocketOptions::identity): for a login, or to get a new token over the
    /// same socket. It does not wait for a refresh, and its own 401 does not start one. In an app that sets no identity, the global
    /// headers may hold the token, so it is sent without those too.
    pub fn anonymous(self) -> Self {
        self.with(Outgoing::anonymous)
    }

    /// Sets whether a 401 sends it once more, after a [refresh](crate::SocketOptions::refresh). Default: true.
    pub fn retry_unauthorized(self, retry: bool) -> Self {
        self.with(|message| message.retry_unauthorized(retry))
    }

    fn with(mut self, change: impl FnOnce(Outgoing) -> Outgoing) -> Self {
        self.pending.change(change);
        self
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T, CallError>;

    /// # Panics
    ///
    /// Polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(self.pending.poll(context));
        let outcome = outcome.and_then(|reply| (self.decode)(reply.unwrap_or_default()));
        self.pending.finish(outcome.as_ref().err());
        Poll::Ready(outcome)
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.pending.name())
    }
}

/// A future that resolves once a message has left the page. Made by [`Socket::send_flushed`].
///
/// Dropping it cancels it: a message that waits never leaves.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Message, Sending, Socket};
///
/// #[component]
/// fn Save(socket: Socket, text: RwSignal<String>) -> impl IntoView {
///     let draft = move || Message::new("draft", text.get_untracked());
///     let save = Action::new(move |(): &()| -> Sending { socket.send_flushed(draft()) });
///     let click = move |_| {
///         save.dispatch(());
///     };
///     view! { <button disabled=save.pending() on:click=click>"Save"</button> }
/// }
/// ```
#[must_use = "a message leaves when it is awaited, and is cancelled when it is dropped"]
pub struct Sending(Pending);

impl Future for Sending {
    type Output = Result<(), NotSent>;

    /// # Panics
    ///
    /// Polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(self.0.poll(context));
        self.0.finish(None);
        Poll::Ready(match outcome {
            Err(CallError::NotSent(error)) => Err(error),
            // It awaits no reply, so that is all that can go wrong.
            Ok(_) | Err(_) => Ok(()),
        })
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sending({})", self.0.name())
    }
}

/// What a future awaits. Dropping it cancels the message.
pub(crate) struct Pending {
    socket: Socket,
    route: String,
    stage: Stage,
}

enum Stage {
    /// It leaves when it is polled.
    Made {
        message: Result<Outgoing, NotSent>,
        driver: Option<DriverHandle>,
        verb: Verb,
    },
    Submitted {
        promise: Arc<Promise>,
        id: CallId,
    },
    /// Its driver is still held, because that knows whom a failure concerns.
    Settled {
        id: CallId,
    },
    Done,
}

pub(crate) type Verb = fn(&Rc<Driver>, &mut Outgoing, Settle) -> Result<Id, NotSent>;

impl Pending {
    pub(crate) fn new<P: Serialize>(socket: Socket, message: Message<P>, verb: Verb) -> Self {
        match Payload::encode(message.payload()) {
            Ok(payload) => Self::made(socket, Ok(message.with_payload(payload)), String::new(), verb),
            Err(error) => {
                let error = NotSent::Unserialisable(error.to_string());
                Self::made(socket, Err(error), message.into_route(), verb)
            }
        }
    }

    fn made(socket: Socket, message: Result<Outgoing, NotSent>, route: String, verb: Verb) -> Self {
        // Of the place and the person of now.
        let driver = socket.with_inner(|inner| inner.driver().handle()).flatten();
        Self { socket, route, stage: Stage::Made { message, driver, verb } }
    }

    fn change(&mut self, change: impl FnOnce(Outgoing) -> Outgoing) {
        if let Stage::Made { message, .. } = &mut self.stage {
            let unchanged = std::mem::replace(message, Err(NotSent::NoRoute));
            *message = unchanged.map(change);
        }
    }

    fn poll(&mut self, context: &Context<'_>) -> Poll<Outcome> {
        let made = std::mem::replace(&mut self.stage, Stage::Done);
        self.stage = match made {
            Stage::Made { message, driver, verb } => {
                match message.and_then(|message| self.submit(message, driver, verb)) {
                    Ok(submitted) => submitted,
                    Err(error) => return Poll::Ready(Err(error.into())),
                }
            }
            submitted @ (Stage::Submitted { .. } | Stage::Settled { .. } | Stage::Done) => submitted,
        };
        let Stage::Submitted { promise, id } = &self.stage else { panic!("a future was polled after it was ready") };
        let outcome = ready!(promise.poll(context));
        self.stage = Stage::Settled { id: *id };
        Poll::Ready(outcome)
    }

    fn submit(&mut self, mut message: Outgoing, driver: Option<DriverHandle>, verb: Verb) -> Result<Stage, NotSent> {
        let Some(driver) = driver else { return Err(self.socket.nothing_behind()) };
        let promise = Arc::new(Promise::default());
        let settle = Settle::Future(Arc::clone(&promise));
        let submitted = match driver.try_get_value() {
            Some(driver) => verb(&driver, &mut message, settle).inspect(|_| driver.hold()),
            // The socket has moved on since then, and everything has ended there.
            None => Err(NotSent::Closed(CloseReason::Left)),
        };
        self.route = message.into_route();
        Ok(Stage::Submitted { promise, id: CallId::new(Some(driver), submitted?) })
    }

    /// All has been said about it. The socket may be gone by now, but not its driver.
    fn finish(&mut self, error: Option<&CallError>) {
        let driver = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Settled { id } => id.driver(),
            Stage::Made { .. } | Stage::Submitted { .. } | Stage::Done => None,
        };
        match (&driver, error) {
            (Some(driver), Some(error)) => driver.settings().report(&self.route, error),
            (None, Some(error)) => self.socket.report(&self.route, error),
            (_, None) => {}
        }
        if let Some(driver) = driver {
            driver.release();
        }
    }

    const fn name(&self) -> &'static str {
        match self.stage {
            Stage::Made { .. } => "not sent yet",
            Stage::Submitted { .. } => "pending",
            Stage::Settled { .. } | Stage::Done => "done",
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let (Stage::Submitted { id, .. } | Stage::Settled { id }) = self.stage else { return };
        // Nothing is left to cancel of one that is settled.
        id.cancel();
        if let Some(driver) = id.driver() {
            driver.release();
        }
    }
}
