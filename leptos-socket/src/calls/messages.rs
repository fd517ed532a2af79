//! The verbs of a socket.

use std::rc::Rc;

use leptos_socket_core::{CallError, Incoming, Message, NotSent, Route};
use serde::Serialize;

use super::{Call, CallId, Pending, Sending, Sent};
use crate::Socket;
use crate::connection::{Driver, Outcome, Settle};
use crate::reactive::Owned;
use crate::socket::Inner;

/// Calls and messages.
impl Socket {
    /// Calls a typed route, and awaits the payload of its reply.
    ///
    /// The call is a future: give it to `Action::new`, `LocalResource::new` or `Suspend`, or await it. Before that, its methods set
    /// its options: [`timeout`](Call::timeout), [`header`](Call::header), [`idempotent`](Call::idempotent),
    /// [`wait_for_link`](Call::wait_for_link), [`anonymous`](Call::anonymous), [`retry_unauthorized`](Call::retry_unauthorized).
    ///
    /// ```
    /// use leptos_socket::{CallError, Route, Socket};
    /// use serde::Serialize;
    /// use std::time::Duration;
    ///
    /// #[derive(Serialize, Route)]
    /// #[route("add", response = i32)]
    /// struct Add {
    ///     a: i32,
    ///     b: i32,
    /// }
    ///
    /// async fn add(socket: Socket) -> Result<i32, CallError> {
    ///     let sum = socket.call(Add { a: 2, b: 40 }).await?;
    ///     socket.call(Add { a: sum, b: 1 }).timeout(Duration::from_secs(5)).header("trace", 7).await
    /// }
    /// ```
    ///
    /// The payload is encoded now, and the call belongs to the place and the person that the socket has now. It leaves when it is
    /// first polled; calls leave in the order of their first polls. If there is no link, it is queued. Its deadline counts from
    /// the first poll.
    ///
    /// # Errors
    ///
    /// [`CallError`] says what is certain: not sent, outcome unknown, or replied with a status outside 2xx.
    ///
    /// # Cancellation
    ///
    /// A call lives as long as its future. Dropping the future cancels it: a call that is still queued never leaves. The end of
    /// the reactive owner does not cancel it. For a change that must not depend on a component, use a
    /// mutation or [`send`](Self::send).
    pub fn call<R: Route>(&self, route: R) -> Call<R::Response> {
        self.prepare(Message::from(route), |reply| Ok(reply.into_payload()?))
    }

    /// Sends a message and awaits its reply, whatever its status: see [`Incoming::is_success`].
    ///
    /// ```
    /// use leptos_socket::{CallError, Message, Socket};
    ///
    /// async fn exists(socket: Socket, id: u32) -> Result<bool, CallError> {
    ///     Ok(socket.send_and_wait(Message::new("getArticle", id)).await?.is_success())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`] if no reply came. The original resolves to a failure without a reason.
    ///
    /// # Cancellation
    ///
    /// As [`call`](Self::call).
    pub fn send_and_wait<P: Serialize>(&self, message: Message<P>) -> Call<Incoming> {
        self.prepare(message, Ok)
    }

    /// Sends a message without waiting for a reply. Says at once whether the message was handed to the link, waits for a link
    /// or for room in one, or was refused.
    ///
    /// ```
    /// use leptos_socket::{Message, Sent, Socket};
    ///
    /// fn typing(socket: Socket) {
    ///     match socket.send(Message::new("typing", ())) {
    ///         Ok(Sent::Now) => {}
    ///         Ok(waits) => leptos::logging::log!("{waits:?}"),
    ///         Err(error) => leptos::logging::warn!("{error}"),
    ///     }
    /// }
    /// ```
    ///
    /// A typed route makes a message too, with `Message::from`, here and wherever else a message is taken:
    ///
    /// ```
    /// use leptos_socket::{Message, NotSent, Route, Sent, Socket};
    ///
    /// #[derive(serde::Serialize, Route)]
    /// #[route("typing", response = ())]
    /// struct Typing {
    ///     room: u32,
    /// }
    ///
    /// fn typing_in(socket: Socket, room: u32) -> Result<Sent, NotSent> {
    ///     socket.send(Message::from(Typing { room }))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The message cannot be sent. The original logs that and drops the frame.
    pub fn send<P: Serialize>(&self, message: Message<P>) -> Result<Sent, NotSent> {
        let message = message.into_raw()?;
        self.with_inner(|inner| inner.driver().send(message)).unwrap_or_else(|| Err(self.nothing_behind()))
    }

    /// [`send`](Self::send), as the original calls it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_message<P: Serialize>(&self, message: Message<P>) -> Result<Sent, NotSent> {
        self.send(message)
    }

    /// Sends a message. The future resolves once the message has left the page: once it was handed to an open link that has room.
    /// Awaiting each send in a loop keeps the queue small, because the loop waits for the network:
    ///
    /// ```
    /// use leptos_socket::{Message, NotSent, Socket};
    ///
    /// async fn upload(socket: Socket, chunks: Vec<String>) -> Result<(), NotSent> {
    ///     for chunk in chunks {
    ///         socket.send_flushed(Message::new("chunk", chunk).bulk()).await?;
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
    pub fn send_flushed<P: Serialize>(&self, message: Message<P>) -> Sending {
        Sending(Pending::new(*self, message, Driver::flush))
    }

    /// Sends a message, and calls `callback` once with its reply, or with the reason why there is none.
    ///
    /// The callback runs under the reactive owner in which you call this, and never before this returns. A cleanup of that
    /// owner drops the callback without calling it. The message is still sent; [`cancel`](Self::cancel) takes it out.
    ///
    /// In the original, registering a callback and sending its message are two steps, and the second may never come.
    ///
    /// ```
    /// use leptos_socket::{Message, NotSent, Socket};
    ///
    /// fn greet(socket: Socket) -> Result<(), NotSent> {
    ///     socket.on_response(Message::new("sayHello", "World"), |outcome| match outcome {
    ///         Ok(reply) => leptos::logging::log!("{}", reply.payload()),
    ///         Err(error) => leptos::logging::warn!("{error}"),
    ///     })?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The message cannot be sent. Then the callback is dropped.
    pub fn on_response<P: Serialize>(
        &self,
        message: Message<P>,
        callback: impl FnOnce(Result<Incoming, CallError>) + 'static,
    ) -> Result<CallId, NotSent> {
        let Some(settings) = self.with_inner(|inner| Rc::clone(inner.settings())) else {
            return Err(self.nothing_behind());
        };
        let (callback, route) = (Owned::new(callback), message.route().to_owned());
        let (told, of_route) = (Rc::clone(&settings), route.clone());
        let settle = move |outcome: Outcome| {
            if let Err(error) = &outcome {
                told.report(&of_route, error);
            }
            callback.run_once(|callback| callback(outcome.map(Option::unwrap_or_default)));
        };
        let submitted = self.settle_with(message, settle);
        submitted.inspect_err(|error| settings.report(&route, &error.clone().into()))
    }

    /// Cancels a call of [`on_response`](Self::on_response), whose callback is then dropped, or a [queued](Sent::Queued) message,
    /// which then never leaves.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::{CallId, Message, NotSent, Socket};
    ///
    /// /// Of what is typed, only the last search counts.
    /// fn search(socket: Socket, last: StoredValue<Option<CallId>>, text: &str) -> Result<(), NotSent> {
    ///     if let Some(last) = last.get_value() {
    ///         socket.cancel(last);
    ///     }
    ///     let id = socket.on_response(Message::new("search", text), |found| leptos::logging::log!("{found:?}"))?;
    ///     last.set_value(Some(id));
    ///     Ok(())
    /// }
    /// ```
    pub fn cancel(&self, id: CallId) {
        // A queued message of another place is cancelled there.
        id.cancel();
    }
}

impl Socket {
    fn prepare<P: Serialize, T>(&self, message: Message<P>, decode: fn(Incoming) -> Result<T, CallError>) -> Call<T> {
        Call::new(Pending::new(*self, message, Driver::call), decode)
    }

    /// Submits a message; `settle` gets the outcome, and must do no harm if the caller is gone.
    pub(crate) fn settle_with<P: Serialize>(
        &self,
        message: Message<P>,
        settle: impl FnOnce(Outcome) + 'static,
    ) -> Result<CallId, NotSent> {
        self.with_inner(|inner| inner.submit(message, settle)).unwrap_or_else(|| Err(self.nothing_behind()))
    }

    /// A call failed for good.
    pub(crate) fn report(&self, route: &str, error: &CallError) {
        self.with_inner(|inner| inner.settings().report(route, error));
    }
}

impl Inner {
    pub(crate) fn submit<P: Serialize>(
        &self,
        message: Message<P>,
        settle: impl FnOnce(Outcome) + 'static,
    ) -> Result<CallId, NotSent> {
        let (mut message, driver) = (message.into_raw()?, self.driver());
        driver.call(&mut message, Settle::Callback(Box::new(settle))).map(|id| driver.public(id))
    }
}
