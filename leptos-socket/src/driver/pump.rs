//! What is done after everything that happens.

use std::rc::Rc;

use leptos_socket_core::{CallId, Client, CloseCode, Endpoint, Event, Input, Instant, LinkId, Transmit};

use super::{Driver, Held};
use crate::trace::LinkSpan;
use crate::transport::LinkInputs;

impl Driver {
    pub(super) fn with_client<T>(self: &Rc<Self>, verb: impl FnOnce(&mut Client, Instant) -> T) -> T {
        self.update_headers();
        let now = self.transport.now();
        let out = verb(&mut self.client.borrow_mut(), now);
        self.pump();
        out
    }

    fn pump(self: &Rc<Self>) {
        self.act();
        self.finish();
    }

    pub(super) fn act(self: &Rc<Self>) {
        self.transmit();
        self.signals.update(&self.client);
        self.watch();
    }

    pub(super) fn finish(self: &Rc<Self>) {
        self.set_timer(self.next_wake());
        self.hand_out();
    }

    /// Does all that the client wants, and hands out no event before the caller has returned.
    pub(super) fn act_silently(self: &Rc<Self>, now: Instant) {
        let dispatching = self.dispatching.replace(true);
        self.act();
        self.dispatching.set(dispatching);
        self.set_timer(if self.holds_events_back() { Some(now) } else { self.next_wake() });
    }

    fn hand_out(&self) {
        if self.dispatching.replace(true) {
            return;
        }
        while let Some(event) = self.next_event() {
            self.dispatch(event);
        }
        self.dispatching.set(false);
    }

    fn next_event(&self) -> Option<Event> {
        self.collect_events();
        self.events.borrow_mut().pop_front()
    }

    fn collect_events(&self) {
        let mut client = self.client.borrow_mut();
        self.events.borrow_mut().extend(std::iter::from_fn(|| client.poll_event()));
    }

    /// Whether there are events that nobody hands out unless woken: a call may have ended at once, and its caller does not
    /// expect to hear of that before it returned.
    fn holds_events_back(&self) -> bool {
        self.collect_events();
        !self.dispatching.get() && !self.events.borrow().is_empty()
    }

    pub(super) fn transmit(self: &Rc<Self>) {
        while let Some(transmit) = self.next_transmit() {
            match transmit {
                Transmit::Resolve { link } => self.resolve(link),
                Transmit::Connect { link, endpoint } => self.open(link, &endpoint),
                Transmit::Send { link, text, message } => self.hand_over(link, text, message),
                Transmit::Refresh { number } => self.refresh(number),
                Transmit::StopRefresh => drop(self.refreshing.take()),
                Transmit::Close { link, code } => {
                    if let Some(held) = self.held(link) {
                        held.link.close(code);
                    }
                }
                Transmit::Abandon { link } => {
                    self.stop_resolving(link);
                    self.drop_link(link);
                }
                _ => {}
            }
        }
    }

    fn next_transmit(&self) -> Option<Transmit> {
        // There is at most one.
        let held = self.links.borrow().values().next().cloned();
        let buffered = held.map_or(0, |held| held.link.buffered());
        let now = self.transport.now();
        self.client.borrow_mut().poll_transmit(now, buffered)
    }

    fn open(self: &Rc<Self>, link: LinkId, endpoint: &Endpoint) {
        let span = LinkSpan::new(&self.name, link, endpoint);
        let inputs = LinkInputs { driver: Rc::downgrade(self), link };
        let opened = span.in_scope(|| {
            tracing::debug!(socket = self.name, %link, %endpoint, "connecting");
            self.transport.open(endpoint, inputs)
        });
        match opened {
            Ok(handle) => {
                self.links.borrow_mut().insert(link, Held { link: handle.into(), span: Rc::new(span) });
            }
            Err(error) => {
                tracing::warn!(socket = self.name, %link, %endpoint, %error, "cannot connect");
                self.report(link, Input::Closed(CloseCode::ABNORMAL));
            }
        }
    }

    fn hand_over(self: &Rc<Self>, link: LinkId, text: String, message: Option<CallId>) {
        let sent = self.held(link).map(|held| held.link.send(&text));
        if let Some(Err(error)) = sent {
            tracing::warn!(socket = self.name, %link, %error, "cannot send");
            self.report(link, Input::NotTaken { message, text });
            self.drop_link(link);
            self.report(link, Input::Closed(CloseCode::ABNORMAL));
        }
    }

    /// From inside of the pump, which goes on with what comes of it.
    pub(super) fn report(&self, link: LinkId, input: Input) {
        let now = self.transport.now();
        self.client.borrow_mut().handle_input(now, link, input);
    }

    pub(super) fn held(&self, link: LinkId) -> Option<Held> {
        self.links.borrow().get(&link).cloned()
    }

    pub(super) fn drop_link(&self, link: LinkId) {
        let held = self.links.borrow_mut().remove(&link);
        drop(held);
    }

    fn next_wake(&self) -> Option<Instant> {
        self.client.borrow().poll_timeout()
    }

    fn set_timer(self: &Rc<Self>, at: Option<Instant>) {
        self.set_alarm(|driver| &driver.timer, at, |driver| driver.with_client(Client::handle_timeout));
    }
}
