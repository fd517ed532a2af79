//! The flight recorder: what happened to the drivers of a socket, the present one and those that have retired.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use leptos_socket_core::record::{Recorder, Trace};
use leptos_socket_core::{Client, Instant};

use super::Driver;

/// How many drivers that are gone are remembered.
const MOST_PAST: usize = 4;

pub(crate) struct Recordings {
    recorder: Recorder,
    drivers: RefCell<Vec<Weak<Driver>>>,
    /// Of drivers that are gone, and since when, the oldest first.
    past: RefCell<VecDeque<(Instant, Trace)>>,
}

impl Recordings {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self { recorder, drivers: RefCell::default(), past: RefCell::default() }
    }

    pub(super) fn start(&self, client: &mut Client, now: Instant) {
        client.record(now, self.recorder);
    }

    pub(super) fn add(&self, driver: &Rc<Driver>) {
        let mut drivers = self.drivers.borrow_mut();
        drivers.retain(|driver| driver.strong_count() > 0);
        drivers.push(Rc::downgrade(driver));
    }

    /// All of it, the oldest first.
    pub(crate) fn trace(&self, now: Instant) -> Trace {
        self.forget_old(now);
        let past = self.past.borrow();
        let drivers = self.drivers.borrow();
        let present = drivers.iter().filter_map(|driver| driver.upgrade()?.trace());
        past.iter().map(|(_, trace)| trace.clone()).chain(present).collect()
    }

    fn keep(&self, now: Instant, trace: Trace) {
        self.forget_old(now);
        let mut past = self.past.borrow_mut();
        if past.len() == MOST_PAST {
            past.pop_front();
        }
        past.push_back((now, trace));
    }

    /// Everything that the last person left behind, if it holds payloads: the next one must not see more than lengths.
    pub(super) fn forget_payloads(&self, drivers: &dyn Fn(fn(&Rc<Driver>))) {
        if self.recorder.keeps_payloads() {
            self.past.borrow_mut().clear();
            drivers(|driver| drop(driver.client.borrow_mut().stop_recording()));
        }
    }

    fn forget_old(&self, now: Instant) {
        self.past.borrow_mut().retain(|(since, _)| now - *since <= self.recorder.last());
    }
}

impl Driver {
    fn trace(&self) -> Option<Trace> {
        self.located(self.client.borrow().trace())
    }

    fn located(&self, trace: Option<Trace>) -> Option<Trace> {
        let trace = trace?;
        Some(match &*self.endpoint.borrow() {
            Some(endpoint) => trace.at(endpoint),
            None => trace,
        })
    }

    /// It will do nothing any more.
    pub(super) fn keep_recording(&self) {
        let Some(recordings) = &self.settings.recordings else { return };
        let trace = self.client.borrow_mut().stop_recording();
        if let Some(trace) = self.located(trace) {
            recordings.keep(self.now(), trace);
        }
    }
}
