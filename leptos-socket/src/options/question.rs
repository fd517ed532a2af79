//! Asynchronous questions to the app.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::{AbortHandle, Abortable};
use leptos::prelude::Owner;
use leptos::task::spawn_local;
use leptos_socket_core::Headers;

use crate::Socket;
use crate::connection::{Driver, Session};
use crate::provider::make_nearest;
use crate::reactive::in_no_context;

/// Asks the app for something, and hands the answer to `asker`, if that is still there. Errors are the app's own to tell: they may hold a token, and
/// are never logged here.
pub(super) fn ask<A: 'static, F, T: 'static, E: 'static>(
    asker: &Rc<A>,
    answer: F,
    then: impl FnOnce(&Rc<A>, Option<T>) + 'static,
) -> Box<dyn Any>
where
    F: Future<Output = Result<T, E>> + 'static,
{
    let asker = Rc::downgrade(asker);
    let (abort, registration) = AbortHandle::new_pair();
    let run = async move {
        let answer = answer.await.ok();
        if let Some(asker) = asker.upgrade() {
            then(&asker, answer);
        }
    };
    spawn_local(Abortable::new(run, registration).map(|_| ()));
    Box::new(Question(abort))
}

/// Dropping it ends the question.
struct Question(AbortHandle);

impl Drop for Question {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Gets a driver of the session a new token, and answers to this number. Returns whether there will be an answer.
///
/// All of a refresh is behind it, so that a page without one has no code for it.
pub(crate) type Refresh = Rc<dyn Fn(&Rc<Session>, &Rc<Driver>, u32) -> bool>;

/// Asks the app. Dropping what is returned ends that.
pub(crate) type Ask<'a> = &'a dyn Fn(&Rc<Session>) -> Box<dyn Any>;

pub(super) fn refresh_with<F, E>(refresh: impl Fn() -> F + 'static) -> Refresh
where
    F: Future<Output = Result<Headers, E>> + 'static,
    E: 'static,
{
    let ask = move |session: &Rc<Session>| {
        let socket = session.socket();
        let answer = Box::pin(session.inside_refresh(|| in_no_context(|| with_nearest(socket, &refresh))));
        let answer = Refreshing { answer, session: Rc::downgrade(session) };
        ask(session, answer, |session, headers| session.on_refreshed(headers.as_ref()))
    };
    Rc::new(move |session, driver, number| session.refresh(driver, number, &ask))
}

/// Asks for a token where `use_socket` finds the socket that needs it: an app often has only that one.
fn with_nearest<T>(socket: Option<Socket>, ask: impl FnOnce() -> T) -> T {
    Owner::new().with(|| {
        if let Some(socket) = socket {
            make_nearest(socket);
        }
        ask()
    })
}

/// Knows a call that is made inside of it: that would wait for itself.
struct Refreshing<F> {
    answer: Pin<Box<F>>,
    session: Weak<Session>,
}

impl<F: Future> Future for Refreshing<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        match self.session.upgrade() {
            Some(session) => session.inside_refresh(|| self.answer.as_mut().poll(context)),
            None => self.answer.as_mut().poll(context),
        }
    }
}
