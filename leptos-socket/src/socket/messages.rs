//! Calls and messages.

use std::rc::Rc;
use std::sync::Arc;

use leptos_socket_core::{CallError, CallId, CallOptions, Incoming, Message, NotSent, Priority, Route};
use serde::Serialize;

use super::Socket;
use crate::Sent;
use crate::call::{Call, Pending, Sending};
use crate::driver::{Driver, Outcome, Promise, Settle};
use crate::intercept::Outgoing;
use crate::owned::Owned;

/// What it does.
impl Socket {
    /// Calls a typed route, and awaits the payload of its reply.
    ///
    /// The message leaves now, and not when the future is first polled. Without a link it is queued. Calls leave in the order
    /// in which you make them.
    ///
    /// ```
    /// use leptos_socket::{CallError, Route, Socket};
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize)]
    /// struct Add {
    ///     a: i32,
    ///     b: i32,
    /// }
    ///
    /// impl Route for Add {
    ///     const ROUTE: &'static str = "add";
    ///     type Response = i32;
    /// }
    ///
    /// async fn add(socket: Socket) -> Result<i32, CallError> {
    ///     socket.call(Add { a: 2, b: 40 }).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`] says what is certain: not sent, outcome unknown, or replied with a status outside 2xx.
    ///
    /// # Cancellation
    ///
    /// A call lives as long as its future. Dropping the future cancels it: a call that is still queued never leaves. The end of
    /// the reactive owner does not cancel it. If a message must not depend on a
    /// future, use [`send_message`](Self::send_message).
    ///
    /// ```
    /// # use leptos_socket::{Message, Socket};
    /// use leptos::prelude::*;
    /// use leptos::task::spawn_local;
    ///
    /// # fn example(socket: Socket) {
    /// spawn_local(async move {
    ///     if let Ok(report) = socket.send_and_wait(Message::new("report", ())).await {
    ///         leptos::logging::log!("{}", report.payload());
    ///     }
    /// });
    ///
    /// let report = Action::new(move |id: &u32| socket.send_and_wait(Message::new("report", *id)));
    /// report.dispatch(7);
    /// # }
    /// ```
    pub fn call<R: Route>(&self, route: R) -> Call<R::Response> {
        self.call_with(route, CallOptions::new())
    }

    /// [`call`](Self::call) with options: a deadline or headers of its own, for instance. See [`CallOptions`].
    ///
    /// ```
    /// use leptos_socket::{CallError, CallOptions, Socket};
    /// use std::time::Duration;
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize)] struct MakeReport { year: u16 }
    /// # impl Route for MakeReport { const ROUTE: &'static str = "makeReport"; type Response = String; }
    ///
    /// async fn report(socket: Socket) -> Result<String, CallError> {
    ///     let patient = CallOptions::new().timeout(Duration::from_secs(120)).idempotent(true);
    ///     socket.call_with(MakeReport { year: 2026 }, patient).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn call_with<R: Route>(&self, route: R, options: CallOptions) -> Call<R::Response> {
        let options = of_route::<R>(options);
        self.submit(&Message::from(route), options, |reply| Ok(reply.into_payload()?))
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
        self.send_and_wait_with(message, CallOptions::new())
    }

    /// [`send_and_wait`](Self::send_and_wait) with a deadline of its own, for instance: see [`CallOptions`].
    ///
    /// ```
    /// use leptos_socket::{CallError, CallOptions, Incoming, Message, Socket};
    ///
    /// /// Now or never: without a link it fails at once.
    /// async fn buy(socket: Socket, share: &str) -> Result<Incoming, CallError> {
    ///     let at_once = CallOptions::new().wait_for_link(false);
    ///     socket.send_and_wait_with(Message::new("buy", share), at_once).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send_and_wait`](Self::send_and_wait).
    pub fn send_and_wait_with<P: Serialize>(&self, message: Message<P>, options: CallOptions) -> Call<Incoming> {
        self.submit(&message, options, Ok)
    }

    /// Sends a message without waiting for a reply. Says at once whether the message was handed to the link, waits for a link
    /// or for room in one, or was refused.
    ///
    /// ```
    /// use leptos_socket::{Message, Sent, Socket};
    ///
    /// fn typing(socket: Socket) {
    ///     match socket.send_message(Message::new("typing", ())) {
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
    /// # #[derive(serde::Serialize)]
    /// # struct Typing { room: u32 }
    ///
    /// impl Route for Typing {
    ///     const ROUTE: &'static str = "typing";
    ///     type Response = ();
    /// }
    ///
    /// fn typing_in(socket: Socket, room: u32) -> Result<Sent, NotSent> {
    ///     socket.send_message(Message::from(Typing { room }))
    /// }
    /// ```
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
    /// ```
    /// use leptos_socket::{CallOptions, Message, NotSent, Priority, Sent, Socket};
    ///
    /// fn seen(socket: Socket, page: &str) -> Result<Sent, NotSent> {
    ///     let bulk = CallOptions::new().priority(Priority::Bulk).header("trace", 7);
    ///     socket.send_message_with(Message::new("seen", page), bulk)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send_message`](Self::send_message).
    pub fn send_message_with<P: Serialize>(&self, message: Message<P>, options: CallOptions) -> Result<Sent, NotSent> {
        let message = encoded(&message)?;
        self.with_driver(|driver| driver.send(message, options)).unwrap_or_else(|| Err(self.no_driver()))
    }

    /// Sends a message. The future resolves once the message was handed to an open link that has room. So a loop that sends a
    /// lot goes no faster than the network, and the queue stays small:
    ///
    /// ```
    /// use leptos_socket::{Message, NotSent, Socket};
    ///
    /// async fn upload(socket: Socket, chunks: Vec<String>) -> Result<(), NotSent> {
    ///     for chunk in chunks {
    ///         socket.send_when_ready(Message::new("chunk", chunk)).await?;
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
    pub fn send_when_ready<P: Serialize>(&self, message: Message<P>) -> Sending {
        self.send_when_ready_with(message, CallOptions::new())
    }

    /// [`send_when_ready`](Self::send_when_ready) with options: as [bulk](crate::Priority::Bulk), for instance, which lets
    /// calls overtake it.
    ///
    /// ```
    /// use leptos_socket::{CallOptions, Message, NotSent, Priority, Socket};
    ///
    /// async fn upload(socket: Socket, chunks: Vec<String>) -> Result<(), NotSent> {
    ///     for chunk in chunks {
    ///         let bulk = CallOptions::new().priority(Priority::Bulk);
    ///         socket.send_when_ready_with(Message::new("chunk", chunk), bulk).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send_when_ready`](Self::send_when_ready).
    pub fn send_when_ready_with<P: Serialize>(&self, message: Message<P>, options: CallOptions) -> Sending {
        Sending(self.begin(encoded(&message), options, Driver::flush))
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
        let callback = Owned::new(callback);
        let settle = move |outcome: Outcome| {
            callback.run_once(|callback| callback(outcome.map(Option::unwrap_or_default)));
        };
        self.settle_with(&message, CallOptions::new(), settle)
    }

    /// Forgets a call of [`on_response`](Self::on_response), whose callback is dropped, or a message that is
    /// [queued](Sent::Queued), which then never leaves.
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
        self.with_driver(|driver| driver.cancel(id));
    }
}

impl Socket {
    fn submit<P: Serialize, T>(
        &self,
        message: &Message<P>,
        options: CallOptions,
        decode: fn(Incoming) -> Result<T, CallError>,
    ) -> Call<T> {
        Call::new(self.begin(encoded(message), options, Driver::call), decode)
    }

    /// Hands over a message; `settle` gets the outcome, and must do no harm if the caller is gone.
    pub(crate) fn settle_with<P: Serialize>(
        &self,
        message: &Message<P>,
        options: CallOptions,
        settle: impl FnOnce(Outcome) + 'static,
    ) -> Result<CallId, NotSent> {
        let message = encoded(message)?;
        self.with_driver(|driver| driver.call(message, options, Settle::Callback(Box::new(settle))))
            .unwrap_or_else(|| Err(self.no_driver()))
    }

    /// Hands over a message whose outcome a future awaits.
    fn begin(&self, message: Result<Outgoing, NotSent>, options: CallOptions, verb: Verb) -> Pending {
        let promise = Arc::new(Promise::default());
        let settle = Settle::Future(Arc::clone(&promise));
        let submitted = message.and_then(|message| {
            let submit = |driver: &Rc<Driver>| verb(driver, message, options, settle);
            self.with_driver(submit).unwrap_or_else(|| Err(self.no_driver()))
        });
        Pending::new(promise, *self, submitted)
    }
}

type Verb = fn(&Rc<Driver>, Outgoing, CallOptions, Settle) -> Result<CallId, NotSent>;

fn encoded<P: Serialize>(message: &Message<P>) -> Result<Outgoing, NotSent> {
    message.to_raw().map_err(|error| NotSent::Unserialisable(error.to_string()))
}

/// The options for a call of this route. An option that is not the default wins over what the route says.
pub(crate) fn of_route<R: Route>(options: CallOptions) -> CallOptions {
    let idempotent = options.idempotent || R::IDEMPOTENT;
    let priority = if options.priority == Priority::default() { R::PRIORITY } else { options.priority };
    options.idempotent(idempotent).priority(priority)
}
