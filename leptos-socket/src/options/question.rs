//! Asynchronous questions to the app.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_socket_core::Headers;

use crate::connection::Driver;

/// Asks the app for something, and hands the answer to the driver. Errors are the app's own to tell: they may hold a token, and
/// are never logged here.
pub(super) fn ask<F, T: 'static, E: 'static>(
    driver: &Rc<Driver>,
    answer: F,
    then: impl FnOnce(&Rc<Driver>, Option<T>) + 'static,
) -> Box<dyn Any>
where
    F: Future<Output = Result<T, E>> + 'static,
{
    let driver = Rc::downgrade(driver);
    let (abort, registration) = AbortHandle::new_pair();
    let run = async move {
        let answer = answer.await.ok();
        if let Some(driver) = driver.upgrade() {
            then(&driver, answer);
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

/// Gets a new token for the refresh of this number.
pub(crate) type Refresh = Rc<dyn Fn(&Rc<Driver>, u32)>;

pub(super) fn refresh_with<F, E>(refresh: impl Fn() -> F + 'static) -> Refresh
where
    F: Future<Output = Result<Headers, E>> + 'static,
    E: 'static,
{
    Rc::new(move |driver, number| {
        // Untracked: a call may be made in an effect.
        let answer = Box::pin(driver.inside_refresh(|| untrack(&refresh)));
        let answer = Refreshing { answer, driver: Rc::downgrade(driver) };
        driver.keep_refreshing(ask(driver, answer, move |driver, headers| driver.on_refreshed(number, headers)));
    })
}

/// Knows a call that is made inside of it: that would wait for itself.
struct Refreshing<F> {
    answer: Pin<Box<F>>,
    driver: Weak<Driver>,
}

impl<F: Future> Future for Refreshing<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        match self.driver.upgrade() {
            Some(driver) => driver.inside_refresh(|| self.answer.as_mut().poll(context)),
            None => self.answer.as_mut().poll(context),
        }
    }
}
