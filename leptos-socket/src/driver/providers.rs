//! What the app is asked for: where to connect to, the headers of a message, a new token.

use std::rc::Rc;

use futures::FutureExt;
use futures::future::{AbortHandle, Abortable};
use leptos::task::spawn_local;
use leptos_socket_core::{Input, LinkId};

use super::{Driver, Refreshing};
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

    /// Headers that are a signal are what it is now. One that did not change says nothing: a refresh may have named others.
    pub(super) fn update_headers(&self) {
        if let Some(HeadersSource::Signal(headers)) = &self.sources().headers {
            let headers = headers.get_untracked();
            if headers.is_some() && *self.named_headers.borrow() != headers {
                self.named_headers.replace(headers.clone());
                self.client.borrow_mut().set_global_headers(headers.unwrap_or_default());
            }
        }
    }

    pub(super) fn refresh(self: &Rc<Self>, number: u32) {
        let Some(refresh) = self.sources().refresh.clone() else { return };
        tracing::debug!(socket = self.name, "asking the app for a new token");
        // An earlier one that still runs ends first.
        drop(self.refreshing.take());
        let (abort, registration) = AbortHandle::new_pair();
        self.refreshing.replace(Some(Refreshing(abort)));
        let driver = Rc::downgrade(self);
        let answer = refresh();
        let run = async move {
            let headers = answer.await;
            let Some(driver) = driver.upgrade() else { return };
            if headers.is_none() {
                tracing::warn!(socket = driver.name, "the app got no new token");
            }
            driver.with_client(|client, now| client.handle_refreshed(now, number, headers));
        };
        spawn_local(Abortable::new(run, registration).map(|_| ()));
    }
}
