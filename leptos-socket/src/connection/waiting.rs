//! Who awaits what became of a message.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use leptos_socket_core::{CallError, CallId, Incoming};

use crate::calls::Reaction;
use crate::trace::CallSpan;

/// The reply; or nothing more than that it left, for a message without one.
pub(crate) type Outcome = Result<Option<Incoming>, CallError>;

/// Whom to tell.
pub(crate) enum Settle {
    Future(Arc<Promise>),
    Callback(Box<dyn FnOnce(Outcome)>),
}

impl Settle {
    fn settle(self, outcome: Outcome) {
        match self {
            Self::Future(promise) => promise.settle(outcome),
            Self::Callback(callback) => callback(outcome),
        }
    }
}

/// What a future awaits.
#[derive(Default)]
pub(crate) struct Promise(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Pending,
    Awaited(Waker),
    Settled(Outcome),
    Taken,
}

impl Promise {
    pub(crate) fn settle(&self, outcome: Outcome) {
        let state = self.replace(State::Settled(outcome));
        if let State::Awaited(waker) = state {
            waker.wake();
        }
    }

    /// # Panics
    ///
    /// Polled again after it was ready.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Outcome> {
        match self.replace(State::Taken) {
            State::Settled(outcome) => Poll::Ready(outcome),
            State::Taken => panic!("a future was polled after it was ready"),
            State::Pending | State::Awaited(_) => {
                self.replace(State::Awaited(context.waker().clone()));
                Poll::Pending
            }
        }
    }

    fn replace(&self, state: State) -> State {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut current, state)
    }
}

/// One message that somebody awaits something of.
pub(crate) struct Waiter {
    pub(crate) settle: Settle,
    /// Tells those who want to see the reply, or change it, before the others.
    pub(crate) on_reply: Option<Reaction>,
    pub(crate) span: CallSpan,
}

impl Waiter {
    pub(crate) fn settle(self, mut outcome: Outcome) {
        if let (Ok(Some(reply)), Some(on_reply)) = (&mut outcome, self.on_reply) {
            on_reply(reply);
        }
        self.span.close(Some(&outcome));
        self.settle.settle(outcome);
    }

    pub(crate) fn cancel(self) {
        self.span.close(None);
    }
}

/// At the places that the ids name. One that ended and was not told yet is elsewhere if its place is that of another one by now.
#[derive(Default)]
pub(crate) struct Waiting(RefCell<Vec<Place>>);

type Place = Option<(CallId, Waiter)>;

impl Waiting {
    pub(crate) fn insert(&self, id: CallId, waiter: Waiter) {
        let mut places = self.0.borrow_mut();
        if places.len() <= id.slot() {
            places.resize_with(id.slot() + 1, || None);
        }
        let displaced = places[id.slot()].replace((id, waiter));
        if displaced.is_some() {
            match places.iter_mut().find(|place| place.is_none()) {
                Some(place) => *place = displaced,
                None => places.push(displaced),
            }
        }
    }

    pub(crate) fn remove(&self, id: CallId) -> Option<Waiter> {
        let mut places = self.0.borrow_mut();
        let is_here = |place: &Place| place.as_ref().is_some_and(|(known, _)| *known == id);
        let place = match places.get(id.slot()).is_some_and(is_here) {
            true => id.slot(),
            false => places.iter().position(is_here)?,
        };
        places[place].take().map(|(_, waiter)| waiter)
    }
}
