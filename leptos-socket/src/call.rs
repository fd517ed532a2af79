//! The future of a call.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::channel::oneshot;
use leptos_socket_core::{CallError, CallId, Incoming, NotSent, OutcomeUnknown};

use crate::Socket;
use crate::driver::Outcome;

/// A call that is under way: a future of its reply. The message left, or was queued, when the call was made.
///
/// Dropping it cancels the call: what is queued never leaves, and a reply that comes reaches nobody.
#[must_use = "a call is cancelled when its future is dropped"]
pub struct Call<T> {
    stage: Stage,
    decode: fn(Incoming) -> Result<T, CallError>,
}

enum Stage {
    Refused(NotSent),
    Pending { socket: Socket, id: CallId, outcome: oneshot::Receiver<Outcome> },
    Done,
}

impl<T> Call<T> {
    pub(crate) const fn refused(error: NotSent, decode: fn(Incoming) -> Result<T, CallError>) -> Self {
        Self { stage: Stage::Refused(error), decode }
    }

    pub(crate) const fn pending(
        socket: Socket,
        id: CallId,
        outcome: oneshot::Receiver<Outcome>,
        decode: fn(Incoming) -> Result<T, CallError>,
    ) -> Self {
        Self { stage: Stage::Pending { socket, id, outcome }, decode }
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T, CallError>;

    /// # Panics
    ///
    /// Polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = match &mut self.stage {
            Stage::Refused(error) => Err(error.clone().into()),
            // The driver settles all calls before it goes; this is for one that was dropped without.
            Stage::Pending { outcome, .. } => {
                ready!(Pin::new(outcome).poll(context)).unwrap_or_else(|_| Err(OutcomeUnknown::Closed.into()))
            }
            Stage::Done => panic!("a `Call` was polled after it was ready"),
        };
        self.stage = Stage::Done;
        Poll::Ready(outcome.and_then(self.decode))
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        if let Stage::Pending { socket, id, .. } = &self.stage {
            socket.cancel(*id);
        }
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.stage {
            Stage::Refused(_) => "Call(refused)",
            Stage::Pending { .. } => "Call(pending)",
            Stage::Done => "Call(done)",
        })
    }
}
