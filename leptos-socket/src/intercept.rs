//! One place to see, or change, all that leaves and all that is answered.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{CallOptions, Headers, Incoming, Message, NotSent, Payload};
use serde::Serialize;

/// A message that is about to leave, as an interceptor sees it.
///
/// ```
/// use leptos_socket::{Outgoing, SocketOptions};
///
/// fn trace(message: &mut Outgoing) {
///     if message.route() != "telemetry" {
///         leptos::logging::log!("{}: {}", message.route(), message.payload());
///         message.headers_mut().insert("trace", 7);
///     }
/// }
/// let options = SocketOptions::new().on_request(trace);
/// ```
pub type Outgoing = Message<Payload>;

/// What a reply answers.
///
/// ```
/// use leptos_socket::{Answered, Incoming, SocketOptions};
///
/// fn log(call: &Answered<'_>, reply: &mut Incoming) {
///     let (trace, status) = (call.headers.get("trace"), reply.status());
///     leptos::logging::log!("{} of trace {trace:?}: {status:?} after {:?}", call.route, call.took);
/// }
/// let options = SocketOptions::new().on_reply(log);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Answered<'a> {
    /// The route of the call.
    pub route: &'a str,
    /// The headers of the call, but for the global ones: what [`on_request`](crate::SocketOptions::on_request) set is among them.
    pub headers: &'a Headers,
    /// The time from the call to its reply, the time in the queue included.
    pub took: Duration,
}

pub(crate) type OnRequest = Rc<dyn Fn(&mut Outgoing)>;
pub(crate) type OnReply = Rc<dyn Fn(&Answered<'_>, &mut Incoming)>;

/// Functions, in the order in which they were given.
#[derive(Clone, Default)]
pub(crate) struct Interceptors {
    pub(crate) requests: Vec<OnRequest>,
    pub(crate) replies: Vec<OnReply>,
}

/// What is kept of a call for those who see its reply.
pub(crate) struct Request {
    pub(crate) route: String,
    pub(crate) headers: Headers,
}

impl Interceptors {
    /// The message as the interceptors want it to leave, with the headers of its options; `None` where nobody wants to see it.
    pub(crate) fn request<P: Serialize>(
        &self,
        message: &Message<P>,
        options: &CallOptions,
    ) -> Result<Option<Outgoing>, NotSent> {
        if self.requests.is_empty() {
            return Ok(None);
        }
        let mut outgoing = message.to_raw().map_err(|error| NotSent::Unserialisable(error.to_string()))?;
        outgoing.headers_mut().insert_all(&options.headers);
        // Untracked: an effect, or a resource, may be the one that sends, and it reads nothing here.
        untrack(|| self.requests.iter().for_each(|intercept| intercept(&mut outgoing)));
        Ok(Some(outgoing))
    }

    /// What is kept of a call until its reply, where anybody wants to see that.
    pub(crate) fn keep<P>(
        &self,
        message: &Message<P>,
        outgoing: Option<&Outgoing>,
        options: &CallOptions,
    ) -> Option<Box<Request>> {
        if self.replies.is_empty() {
            return None;
        }
        let headers = match outgoing {
            Some(outgoing) => outgoing.headers().clone(),
            None => {
                let mut headers = message.headers().clone();
                headers.insert_all(&options.headers);
                headers
            }
        };
        Some(Box::new(Request { route: message.route().to_owned(), headers }))
    }

    pub(crate) fn reply(&self, answered: &Answered<'_>, reply: &mut Incoming) {
        untrack(|| self.replies.iter().for_each(|intercept| intercept(answered, reply)));
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of requests, {} of replies", self.requests.len(), self.replies.len())
    }
}
