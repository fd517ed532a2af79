//! What the app is asked for: where to connect to, the headers of a message, a new token.

use std::future::Future;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::{AbortHandle, Abortable};
use leptos::task::spawn_local;
use leptos_socket_core::{CallId, Client, Input, Instant, LinkId};

use super::Driver;
use crate::source::{HeadersSource, Resolution};

impl Driver {
    /// Finds out where a link goes to.
    pub(super) fn resolve(self: &Rc<Self>, link: LinkId) {
        match self.sources().url.resolve() {
            Resolution::Known(endpoint) => self.report(link, Input::Resolved(endpoint)),
            Resolution::Failed => self.fail_to_resolve(link),
            Resolution::Asked(endpoint) => {
                let (abort, registration) = AbortHandle::new_pair();
                self.resolving.replace(Some((link, abort)));
                let driver = Rc::downgrade(self);
                let resolve = async move {
                    let endpoint = endpoint.await;
                    let Some(driver) = driver.upgrade() else { return };
                    match endpoint {
                        Some(endpoint) => driver.on_input(link, Input::Resolved(endpoint)),
                        None => {
                            tracing::warn!(socket = driver.name, %link, "the app cannot say where to connect to");
                            driver.on_input(link, Input::Unresolved);
                        }
                    }
                };
                spawn_local(Abortable::new(resolve, registration).map(|_| ()));
            }
        }
    }

    /// From inside of the pump.
    fn fail_to_resolve(&self, link: LinkId) {
        tracing::warn!(socket = self.name, %link, "the URL is none that a link could be opened to");
        self.report(link, Input::Unresolved);
    }

    pub(super) fn stop_resolving(&self, link: LinkId) {
        let resolving = self.resolving.borrow_mut().take_if(|(resolving, _)| *resolving == link);
        if let Some((_, abort)) = resolving {
            abort.abort();
        }
    }

    /// Headers that are a signal are what it is now.
    pub(super) fn update_headers(&self) {
        if let Some(HeadersSource::Signal(headers)) = &self.sources().headers
            && let Some(headers) = headers.get_untracked()
        {
            self.client.borrow_mut().set_global_headers(headers);
        }
    }

    pub(super) fn ask_headers(self: &Rc<Self>, message: CallId) {
        if let Some(HeadersSource::Ask(provider)) = &self.sources().headers {
            self.answer(provider(), move |client, now, headers| client.handle_headers(now, message, headers));
        }
    }

    pub(super) fn refresh(self: &Rc<Self>, number: u32) {
        if let Some(refresh) = &self.sources().refresh {
            tracing::debug!(socket = self.name, "the server says 401: asking the app for a new token");
            let socket = self.name.clone();
            self.answer(refresh(), move |client, now, refreshed| {
                if refreshed.is_none() {
                    tracing::warn!(socket, "the app got no new token");
                }
                client.handle_refreshed(now, number, refreshed.is_some());
            });
        }
    }

    /// Awaits an answer of the app's, and hands it to the client.
    fn answer<T: 'static>(
        self: &Rc<Self>,
        answer: impl Future<Output = Option<T>> + 'static,
        take: impl FnOnce(&mut Client, Instant, Option<T>) + 'static,
    ) {
        let driver = Rc::downgrade(self);
        spawn_local(async move {
            let answer = answer.await;
            if let Some(driver) = driver.upgrade() {
                driver.with_client(|client, now| take(client, now, answer));
            }
        });
    }
}
