//! What the driver makes of a transport that misbehaves.

use crate::support::Start as _;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::FutureExt;
use leptos::prelude::*;
use leptos::reactive::effect::ImmediateEffect;
use leptos_socket::transport::scripted::Scripted;
use leptos_socket::transport::{Link, LinkInputs, Transport, TransportError};
use leptos_socket::{
    CallError, CloseCode, CloseReason, Endpoint, NotSent, OutcomeUnknown, Sent, SocketOptions, SocketState,
};
use leptos_socket_core::{Input, Instant};

use crate::support::{Log, Page, SayHello, URL, config, message, millis, outcome, routes, secs};

#[derive(Clone, Copy, Default, PartialEq)]
enum Fault {
    #[default]
    None,
    /// No link can be opened.
    Open,
    /// No frame is taken.
    Send,
    /// Frames are answered, and closes confirmed, before the link's own methods return.
    Synchronous,
    /// Timers fire when half of their time is over.
    EarlyTimers,
}

/// The scripted world, with faults.
#[derive(Clone, Default)]
struct Faulty {
    world: Scripted,
    fault: Rc<Cell<Fault>>,
}

impl Faulty {
    fn with(fault: Fault) -> Self {
        let faulty = Self::default();
        faulty.fault.set(fault);
        faulty
    }

    fn options(&self) -> SocketOptions {
        SocketOptions::new().transport(self.clone())
    }
}

impl Transport for Faulty {
    fn open(&self, endpoint: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
        if self.fault.get() == Fault::Open {
            return Err(TransportError("no".to_owned()));
        }
        let link = self.world.open(endpoint, inputs.clone())?;
        Ok(Box::new(FaultyLink { link, inputs, fault: Rc::clone(&self.fault) }))
    }

    fn now(&self) -> Instant {
        self.world.now()
    }

    fn wake_at(&self, at: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
        let early = self.now() + (at - self.now()) / 2;
        let at = if self.fault.get() == Fault::EarlyTimers && early > self.now() { early } else { at };
        self.world.wake_at(at, wake)
    }
}

struct FaultyLink {
    link: Box<dyn Link>,
    inputs: LinkInputs,
    fault: Rc<Cell<Fault>>,
}

impl Link for FaultyLink {
    fn send(&self, text: &str) -> Result<(), TransportError> {
        match self.fault.get() {
            Fault::Send => return Err(TransportError("no".to_owned())),
            Fault::Synchronous => {
                let frame: serde_json::Value = serde_json::from_str(text).unwrap();
                self.inputs.report(match frame["route"].as_str() {
                    Some("hang up") => Input::Closed(CloseCode::GOING_AWAY),
                    _ => Input::Text(format!(r#"{{"uuid":{},"payload":"pong"}}"#, frame["uuid"])),
                });
            }
            Fault::None | Fault::Open | Fault::EarlyTimers => {}
        }
        self.link.send(text)
    }

    fn close(&self, code: CloseCode) {
        if self.fault.get() == Fault::Synchronous {
            self.inputs.report(Input::Closed(code));
        }
        self.link.close(code);
    }
}

#[test]
fn a_link_that_cannot_be_opened_is_tried_again_until_the_attempts_are_spent() {
    let page = Page::new();
    let faulty = Faulty::with(Fault::Open);
    let limited = config(|config| config.max_reconnect_attempts(Some(5)));
    let socket = page.add_with("app", faulty.options().config(limited));
    let mut call = socket.call(SayHello { name: "World" }).start();
    faulty.world.advance(millis(0));
    assert!(matches!(socket.state().get_untracked(), SocketState::Backoff { attempt: 1, .. }));
    faulty.world.advance(secs(60));
    assert_eq!(socket.state().get_untracked(), SocketState::Closed(CloseReason::GaveUp { attempts: 5 }));
    assert!(matches!(outcome(&mut call), Some(Err(error)) if error.is_safe_to_retry()));
    assert_eq!((faulty.world.link_count(), faulty.world.timer_count()), (0, 0));

    faulty.fault.set(Fault::None);
    socket.reconnect();
    faulty.world.accept();
    assert!(socket.connected().get_untracked());
}

#[test]
fn a_link_that_takes_no_frame_is_given_up_and_the_call_that_it_did_not_take_waits() {
    let page = Page::new();
    let faulty = Faulty::default();
    let socket = page.add_with("app", faulty.options());
    faulty.world.accept();
    let mut taken = socket.send_and_wait(message("taken")).start();
    faulty.fault.set(Fault::Send);
    let mut call = socket.send_and_wait(message("refused")).start();
    faulty.world.advance(millis(0));
    assert!(matches!(socket.state().get_untracked(), SocketState::Backoff { attempt: 1, .. }));
    assert_eq!(faulty.world.alive_count(), 0);
    let error = outcome(&mut taken).unwrap().unwrap_err();
    assert!(matches!(error, CallError::OutcomeUnknown(OutcomeUnknown::LinkLost(_))), "{error}");

    faulty.fault.set(Fault::None);
    assert!(outcome(&mut call).is_none());
    faulty.world.advance(secs(1));
    faulty.world.accept();
    assert!(faulty.world.reply_to("refused", 200, "1"));
    assert!(outcome(&mut call).unwrap().is_ok());
}

#[test]
fn a_message_that_the_link_does_not_take_waits_for_the_next_one() {
    let page = Page::new();
    let faulty = Faulty::default();
    let socket = page.add_with("app", faulty.options());
    faulty.world.accept();
    faulty.fault.set(Fault::Send);
    assert!(matches!(socket.send(message("kept")), Ok(Sent::Queued(_))));
    faulty.fault.set(Fault::None);
    faulty.world.advance(secs(1));
    faulty.world.accept();
    assert_eq!(socket.send(message("next")), Ok(Sent::Now));
    assert_eq!(routes(&faulty.world.take_sent()), ["kept", "next"]);
}

#[test]
fn a_message_that_the_link_does_not_take_waits_though_an_effect_sends_too() {
    let page = Page::new();
    let faulty = Faulty::default();
    let socket = page.add_with("app", faulty.options());
    faulty.world.accept();
    faulty.fault.set(Fault::Send);
    let _effect = ImmediateEffect::new(move || {
        if matches!(socket.state().get(), SocketState::Backoff { .. }) {
            untrack(|| socket.send(message("lost"))).unwrap();
        }
    });
    assert!(matches!(socket.send(message("hi")), Ok(Sent::Queued(_))));
}

#[test]
fn a_message_that_the_last_link_does_not_take_has_not_left() {
    let page = Page::new();
    let faulty = Faulty::default();
    let limited = config(|config| config.max_reconnect_attempts(Some(0)));
    let socket = page.add_with("app", faulty.options().config(limited));
    faulty.world.accept();
    faulty.fault.set(Fault::Send);
    let mut sending = socket.send_flushed(message("a")).start();
    faulty.world.advance(millis(0));
    assert!(matches!(socket.state().get_untracked(), SocketState::Closed(CloseReason::GaveUp { .. })));
    assert!(matches!((&mut sending).now_or_never(), Some(Err(NotSent::Closed(_)))));
}

#[test]
fn a_call_that_no_link_takes_ends_unsent_at_its_deadline() {
    let page = Page::new();
    let faulty = Faulty::default();
    let socket = page.add_with("app", faulty.options());
    faulty.world.accept();
    faulty.fault.set(Fault::Send);
    let outcomes = Log::new();
    socket.on_response(message("hi"), outcomes.of_outcomes()).unwrap();
    faulty.world.advance(millis(0));
    assert_eq!(outcomes.len(), 0);
    faulty.world.advance(secs(30));
    assert!(matches!(outcomes.take()[..], [Err(CallError::NotSent(_))]));
}

#[test]
fn a_link_that_is_given_up_does_not_harm_the_one_that_was_opened_meanwhile() {
    let page = Page::new();
    let faulty = Faulty::default();
    let socket = page.add_with("app", faulty.options());
    faulty.world.accept();
    faulty.fault.set(Fault::Send);
    socket.send(message("hi")).unwrap();
    faulty.fault.set(Fault::None);
    socket.reconnect();
    faulty.world.accept();
    faulty.world.advance(millis(0));
    assert!(socket.connected().get_untracked());
}

#[test]
fn a_transport_that_answers_synchronously_is_borne() {
    let page = Page::new();
    let faulty = Faulty::with(Fault::Synchronous);
    let socket = page.add_with("app", faulty.options());
    let mut queued: Vec<_> = (0..3).map(|_| socket.send_and_wait(message("queued")).start()).collect();
    faulty.world.accept();
    queued.push(socket.send_and_wait(message("sent")).start());
    faulty.world.advance(millis(0));
    for call in &mut queued {
        assert_eq!(outcome(call).unwrap().unwrap().payload().as_str(), r#""pong""#);
    }

    let outcomes = Log::new();
    socket.on_response(message("sent"), outcomes.of_outcomes()).unwrap();
    assert_eq!(outcomes.len(), 0, "never before it returned");
    faulty.world.advance(millis(0));
    assert_eq!(outcomes.len(), 1);

    let mut call = socket.send_and_wait(message("hang up")).start();
    faulty.world.advance(millis(0));
    assert!(outcome(&mut call).unwrap().is_err());
    assert!(matches!(socket.state().get_untracked(), SocketState::Backoff { .. }));
    socket.reconnect();
    faulty.world.accept();
    socket.close();
    assert!(socket.state().get_untracked().is_closed());
    assert_eq!((faulty.world.alive_count(), faulty.world.timer_count()), (0, 0));
}

#[test]
fn a_timer_that_fires_early_judges_nothing() {
    let page = Page::new();
    let faulty = Faulty::with(Fault::EarlyTimers);
    let socket = page.add_with("app", faulty.options());
    faulty.world.accept();
    let mut call = socket.send_and_wait(message("slow")).start();
    faulty.world.advance(millis(29_999));
    assert!(outcome(&mut call).is_none());
    faulty.world.advance(millis(1));
    assert!(outcome(&mut call).unwrap().is_err());
    assert!(socket.connected().get_untracked());
}

/// Its `open` reports from within, which the trait forbids: nothing may panic.
struct Hasty(RefCell<Option<LinkInputs>>);

impl Transport for Hasty {
    fn open(&self, _: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
        inputs.report(Input::Opened);
        inputs.report(Input::Closed(CloseCode::ABNORMAL));
        self.0.replace(Some(inputs));
        Err(TransportError("gone already".to_owned()))
    }

    fn now(&self) -> Instant {
        Instant::ZERO
    }

    fn wake_at(&self, _: Instant, _: Box<dyn FnOnce()>) -> Box<dyn Any> {
        Box::new(())
    }
}

#[test]
fn a_transport_that_reports_from_within_open_panics_nowhere() {
    let page = Page::new();
    let options = SocketOptions::new().transport(Hasty(RefCell::default()));
    let socket = page.sockets.add_socket("app", URL, options).unwrap();
    assert!(!socket.connected().get_untracked());
    socket.close();
    assert!(socket.state().get_untracked().is_closed());
}
