//! One place to see, or change, all that leaves and all that is answered.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{CallError, Headers, Incoming, Message, Payload};

use crate::connection::Driver;
use crate::reactive::in_no_context;

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
    /// The headers of the call, including those that [`on_request`](crate::SocketOptions::on_request) set. The global headers and those
    /// of the person are not among them.
    pub headers: &'a Headers,
    /// The time from the call to its reply, including its time in the queue.
    pub took: Duration,
}

/// A call that failed for good, as [`on_call_error`](crate::SocketOptions::on_call_error) sees it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FailedCall<'a> {
    /// The route of the call.
    pub route: &'a str,
}

pub(crate) type OnCallError = Rc<dyn Fn(&FailedCall<'_>, &CallError)>;
pub(crate) type OnRequest = Rc<dyn Fn(&mut Outgoing)>;
pub(crate) type OnReply = Rc<dyn Fn(&Answered<'_>, &mut Incoming)>;
/// What a waiter does with the reply first.
pub(crate) type Reaction = Box<dyn FnOnce(&mut Incoming)>;

/// Functions, in the order in which they were given.
#[derive(Clone)]
pub(crate) struct Interceptors {
    pub(crate) requests: Vec<OnRequest>,
    pub(crate) replies: Vec<OnReply>,
    /// A pointer, so that only a page with interceptors has the code.
    run: fn(&Self, &Rc<Driver>, &mut Outgoing) -> Option<Reaction>,
}

impl Default for Interceptors {
    fn default() -> Self {
        Self { requests: Vec::new(), replies: Vec::new(), run: Self::run }
    }
}

impl Interceptors {
    /// Hands a message to those who want to see it. Returns what has to be done with the reply.
    pub(crate) fn intercept(&self, driver: &Rc<Driver>, message: &mut Outgoing) -> Option<Reaction> {
        (self.run)(self, driver, message)
    }

    fn run(&self, driver: &Rc<Driver>, message: &mut Outgoing) -> Option<Reaction> {
        in_no_context(|| self.requests.iter().for_each(|intercept| intercept(message)));
        if self.replies.is_empty() {
            return None;
        }
        let (route, headers, since) = (message.route().to_owned(), message.headers().clone(), driver.now());
        let driver = Rc::downgrade(driver);
        Some(Box::new(move |reply| {
            let Some(driver) = driver.upgrade() else { return };
            let answered = Answered { route: &route, headers: &headers, took: driver.now() - since };
            if let Some(interceptors) = driver.interceptors() {
                in_no_context(|| interceptors.replies.iter().for_each(|intercept| intercept(&answered, reply)));
            }
        }))
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of requests, {} of replies", self.requests.len(), self.replies.len())
    }
}
