//! A timer of the transport's that is set again and again.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use leptos_socket_core::Instant;

use super::Driver;

#[derive(Default)]
pub(super) struct Alarm(RefCell<Option<(Instant, Box<dyn Any>)>>);

impl Driver {
    /// Sets one of the alarms, or stops it. One that is set to that time already is left alone.
    pub(super) fn set_alarm(self: &Rc<Self>, which: fn(&Self) -> &Alarm, at: Option<Instant>, on_wake: fn(&Rc<Self>)) {
        if which(self).0.borrow().as_ref().map(|(armed, _)| *armed) == at {
            return;
        }
        let armed = at.map(|at| {
            let driver = Rc::downgrade(self);
            let wake = move || {
                if let Some(driver) = driver.upgrade() {
                    drop(which(&driver).0.take());
                    on_wake(&driver);
                }
            };
            (at, self.transport.wake_at(at, Box::new(wake)))
        });
        drop(which(self).0.replace(armed));
    }
}
