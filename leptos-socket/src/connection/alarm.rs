//! A timer of the transport's that is set again and again.

use std::any::Any;
use std::cell::RefCell;

use leptos_socket_core::Instant;

use crate::transport::Transport;

#[derive(Default)]
pub(crate) struct Alarm(RefCell<Option<(Instant, Box<dyn Any>)>>);

impl Alarm {
    /// Sees to it that `wake` runs at `at`, or earlier. One that would fire too early is left alone: it costs less to be woken
    /// for nothing than to set a timer for each call.
    pub(crate) fn set(&self, transport: &dyn Transport, at: Option<Instant>, wake: impl FnOnce() + 'static) {
        let is_in_time = |at: Instant| self.0.borrow().as_ref().is_some_and(|(armed, _)| *armed <= at);
        match at {
            Some(at) if is_in_time(at) => {}
            Some(at) => drop(self.0.replace(Some((at, transport.wake_at(at, Box::new(wake)))))),
            None => self.stop(),
        }
    }

    /// It has fired, or is not wanted any more.
    pub(crate) fn stop(&self) {
        drop(self.0.take());
    }
}
