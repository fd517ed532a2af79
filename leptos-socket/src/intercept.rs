//! One place to see, or change, all that leaves and all that is answered.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{Incoming, Message, NotSent, Payload};
use serde::Serialize;

/// A message that is about to leave, as an interceptor sees it.
pub type Outgoing = Message<Payload>;

/// What a reply answers.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Answered<'a> {
    /// The route of the call.
    pub route: &'a str,
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

impl Interceptors {
    pub(crate) const fn wants_requests(&self) -> bool {
        !self.requests.is_empty()
    }

    pub(crate) const fn wants_replies(&self) -> bool {
        !self.replies.is_empty()
    }

    /// The message as the interceptors want it to leave.
    pub(crate) fn request<P: Serialize>(&self, message: &Message<P>) -> Result<Outgoing, NotSent> {
        let mut outgoing = message.to_raw().map_err(|error| NotSent::Unserialisable(error.to_string()))?;
        for intercept in &self.requests {
            intercept(&mut outgoing);
        }
        Ok(outgoing)
    }

    pub(crate) fn reply(&self, answered: &Answered<'_>, reply: &mut Incoming) {
        for intercept in &self.replies {
            intercept(answered, reply);
        }
    }
}

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of requests, {} of replies", self.requests.len(), self.replies.len())
    }
}
