//! What is done after everything that happens.

use std::rc::Rc;

use leptos_socket_core::{CallId, Client, CloseCode, Endpoint, Event, Hint, Input, Instant, LinkId, Transmit};

#[cfg(feature = "inspector")]
use super::Traffic;
use super::{Driver, Held, SLEPT};
use crate::reactive::Raised;
use crate::trace::{self, LinkSpan};
use crate::transport::LinkInputs;

impl Driver {
    pub(super) fn with_client(self: &Rc<Self>, verb: impl FnOnce(&mut Client, Instant)) {
        let now = self.begin();
        verb(&mut self.client.borrow_mut(), now);
        self.pump();
    }

    /// Something happens now.
    pub(super) fn begin(&self) -> Instant {
        let now = self.settings.transport.now();
        self.now.set(now);
        self.compare_clocks(now);
        now
    }

    /// On most laptops the transport's clock stands still while they sleep, and only the wall clock tells. Somebody may have
    /// set that, so it is a reason to ask the link for a sign of life and nothing more.
    fn compare_clocks(&self, now: Instant) {
        let Some(wall_clock) = self.settings.transport.wall_clock() else { return };
        let lead = wall_clock.saturating_sub(now.since_origin());
        let before = self.wall_clock_lead.replace(Some(lead));
        if before.is_some_and(|before| lead.saturating_sub(before) >= SLEPT) {
            self.client.borrow_mut().handle_hint(now, Hint::Slept);
        }
    }

    pub(super) fn pump(self: &Rc<Self>) {
        self.act();
        self.set_timer();
        self.hand_out();
        self.rest();
    }

    fn act(self: &Rc<Self>) {
        self.transmit();
        if let Some(socket) = self.socket() {
            socket.parts().each(&|part| part.update(&socket));
        }
    }

    /// Does all that the client wants, and hands out no event before the caller has returned.
    pub(super) fn act_silently(self: &Rc<Self>) {
        let dispatching = Raised::new(&self.dispatching);
        self.act();
        // A call may have ended at once, and its caller does not expect to hear of that before it returned.
        if !dispatching.was_up() && self.client.borrow().has_events() {
            self.wake_at(Some(self.now.get()));
        } else {
            self.set_timer();
        }
    }

    fn hand_out(self: &Rc<Self>) {
        let dispatching = Raised::new(&self.dispatching);
        while !dispatching.was_up()
            && let Some(event) = self.next_event()
        {
            self.dispatch(event);
        }
    }

    /// Nothing is further up the stack. A function of the app that panicked has unwound nothing in WebAssembly: what it
    /// interrupted will never go on.
    #[cfg(all(target_arch = "wasm32", not(feature = "ssr")))]
    pub(crate) fn on_fresh_stack(&self) {
        self.dispatching.set(false);
        self.session.on_fresh_stack();
        if let Some(socket) = self.socket() {
            socket.parts().each(&|part| part.on_fresh_stack());
        }
    }

    fn next_event(&self) -> Option<Event> {
        self.client.borrow_mut().poll_event()
    }

    pub(super) fn transmit(self: &Rc<Self>) {
        while let Some(transmit) = self.next_transmit() {
            match transmit {
                Transmit::Resolve { link } => {
                    if self.is_endpoint_fresh.take() {
                        self.resolve_here(link);
                    } else {
                        self.settings.address.source().resolve(self, link);
                    }
                }
                Transmit::Connect { link, endpoint } => self.open(link, &endpoint),
                Transmit::Send { link, text, message } => self.hand_over(link, text, message),
                Transmit::Refresh { number } => self.refresh(number),
                Transmit::Close { link, code } => {
                    if let Some(held) = self.held(link) {
                        held.link.close(code);
                    }
                }
                Transmit::Abandon { link } => {
                    drop(self.resolving.take());
                    self.drop_link(link);
                }
                _ => {}
            }
        }
    }

    fn next_transmit(&self) -> Option<Transmit> {
        // Asked only where it matters: it is the browser that has to say it.
        let waits = self.client.borrow().queued() > 0;
        let held = self.link.borrow().clone().filter(|_| waits);
        let buffered = held.map_or(0, |held| held.link.buffered());
        self.client.borrow_mut().poll_transmit(self.now.get(), buffered)
    }

    /// It connects to where it connected last.
    pub(crate) fn resolve_here(&self, link: LinkId) {
        self.report(link, self.endpoint().map_or(Input::Unresolved, Input::Resolved));
    }

    fn open(self: &Rc<Self>, link: LinkId, endpoint: &Endpoint) {
        self.is_ticket_used.set(true);
        let span = LinkSpan::new(self.name(), link, endpoint);
        let inputs = LinkInputs { driver: Rc::downgrade(self), link };
        let opened = {
            let _inside = span.enter();
            trace::debug(self.name(), format_args!("{link} connects to {endpoint}"));
            self.settings.transport.open(endpoint, inputs)
        };
        match opened {
            Ok(handle) => {
                let held = Held { id: link, link: handle.into(), span };
                drop(self.link.replace(Some(held)));
            }
            Err(error) => {
                trace::warn(self.name(), format_args!("cannot connect to {endpoint}: {error}"));
                self.report(link, Input::Closed(CloseCode::ABNORMAL));
            }
        }
    }

    fn refresh(self: &Rc<Self>, number: u32) {
        // Cloned: the app may drop the socket while it is asked.
        let refresh = self.settings.refresh.clone();
        if !refresh.is_some_and(|refresh| refresh(&self.session, self, number)) {
            self.client.borrow_mut().handle_refreshed(self.now.get(), number, None);
        }
    }

    fn hand_over(self: &Rc<Self>, link: LinkId, text: String, message: Option<CallId>) {
        let sent = self.held(link).map(|held| held.link.send(&text));
        #[cfg(feature = "inspector")]
        if let Some(Ok(())) = sent {
            self.show_traffic(&Traffic::Sent { text: &text, message });
        }
        if let Some(Err(error)) = sent {
            trace::warn(self.name(), format_args!("cannot send: {error}"));
            #[cfg(feature = "inspector")]
            self.show_traffic(&Traffic::NotTaken { link });
            self.report(link, Input::NotTaken { message, text });
            self.drop_link(link);
            self.report(link, Input::Closed(CloseCode::ABNORMAL));
        }
    }

    /// From inside of the pump, which goes on with what comes of it.
    pub(super) fn report(&self, link: LinkId, input: Input) {
        self.client.borrow_mut().handle_input(self.now.get(), link, input);
    }

    pub(super) fn held(&self, link: LinkId) -> Option<Held> {
        self.link.borrow().as_ref().filter(|held| held.id == link).cloned()
    }

    pub(super) fn drop_link(&self, link: LinkId) {
        let held = self.link.borrow_mut().take_if(|held| held.id == link);
        drop(held);
    }

    fn set_timer(self: &Rc<Self>) {
        let at = self.client.borrow().poll_timeout();
        self.wake_at(at);
    }

    fn wake_at(self: &Rc<Self>, at: Option<Instant>) {
        let driver = Rc::downgrade(self);
        self.timer.set(&*self.settings.transport, at, move || {
            if let Some(driver) = driver.upgrade() {
                driver.timer.stop();
                driver.with_client(Client::handle_timeout);
            }
        });
    }
}
