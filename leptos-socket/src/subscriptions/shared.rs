//! The subscriptions of one socket: equal ones are one for the server.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use leptos_socket_core::{CallError, Event, OutcomeUnknown, StatusCode};
use serde::de::IgnoredAny;

use super::{Key, SubscriptionState, Wanted};
use crate::calls::CallId;
use crate::connection::{Driver, Outcome, Settle};
use crate::socket::{Inner, Part, Work};

#[derive(Default)]
pub(super) struct Subscriptions {
    all: RefCell<Vec<Rc<Shared>>>,
    work: Work,
}

pub(super) struct Shared {
    key: Key,
    wanted: Wanted,
    state: RefCell<SubscriptionState>,
    /// Of what is pending.
    call: RefCell<Option<CallId>>,
    users: RefCell<Vec<ArcRwSignal<SubscriptionState>>>,
}

impl Subscriptions {
    /// Does something, as soon as nothing else is being done.
    pub(super) fn run(socket: &Rc<Inner>, task: impl FnOnce(&Self, &Rc<Inner>) + 'static) {
        let this = socket.parts().get(Self::default);
        let all = Rc::clone(&this);
        this.work.run(socket, Box::new(move |socket| task(&all, socket)));
    }

    pub(super) fn join(&self, socket: &Rc<Inner>, key: Key, user: &ArcRwSignal<SubscriptionState>, wanted: Wanted) {
        let known = self.find(&key);
        let is_new = known.is_none();
        let shared = known.unwrap_or_else(|| {
            let shared = Rc::new(Shared {
                key,
                wanted,
                state: RefCell::default(),
                call: RefCell::default(),
                users: RefCell::default(),
            });
            self.all.borrow_mut().push(Rc::clone(&shared));
            shared
        });
        shared.users.borrow_mut().push(user.clone());
        if is_new {
            shared.start(socket);
        } else {
            user.set(shared.state());
        }
    }

    pub(super) fn leave(&self, socket: &Rc<Inner>, key: &Key, user: &ArcRwSignal<SubscriptionState>) {
        let Some(shared) = self.find(key) else { return };
        let mut users = shared.users.borrow_mut();
        if let Some(index) = users.iter().position(|known| known == user) {
            users.swap_remove(index);
        }
        let is_last = users.is_empty();
        drop(users);
        if is_last {
            self.all.borrow_mut().retain(|known| !Rc::ptr_eq(known, &shared));
            shared.stop(socket);
        }
    }

    fn find(&self, key: &Key) -> Option<Rc<Shared>> {
        self.all.borrow().iter().find(|shared| shared.key == *key).cloned()
    }

    fn each(socket: &Rc<Inner>, what: fn(&Rc<Shared>, &Rc<Inner>)) {
        Self::run(socket, move |all, socket| {
            let all = all.all.borrow().clone();
            all.iter().for_each(|shared| what(shared, socket));
        });
    }
}

impl Part for Subscriptions {
    fn on_event(&self, socket: &Rc<Inner>, driver: &Rc<Driver>, event: &Event) {
        if let Event::StateChanged(state) = event {
            if !state.is_open() {
                Self::each(socket, Shared::on_link_lost);
            }
        } else if let Event::LateReply { call, outcome } = event {
            let (call, outcome) = (driver.public(*call), outcome.clone());
            Self::run(socket, move |all, socket| {
                let late = all.all.borrow().iter().find(|shared| *shared.call.borrow() == Some(call)).cloned();
                if let Some(shared) = late {
                    shared.on_outcome(socket, outcome.map(Some));
                }
            });
        }
    }

    fn on_new_headers(&self, socket: &Rc<Inner>) {
        Self::each(socket, Shared::on_new_headers);
    }

    fn on_moved(self: Rc<Self>, socket: &Rc<Inner>) {
        Self::each(socket, |shared, socket| {
            shared.forget_call();
            shared.start(socket);
        });
    }

    fn on_fresh_stack(&self) {
        self.work.on_fresh_stack();
    }
}

impl Shared {
    pub(super) fn state(&self) -> SubscriptionState {
        self.state.borrow().clone()
    }

    /// Sends it; without a link it waits for one.
    fn start(self: &Rc<Self>, socket: &Rc<Inner>) {
        self.set(SubscriptionState::Pending);
        let (shared, inner) = (Rc::downgrade(self), Rc::downgrade(socket));
        let settle = move |outcome: Outcome| {
            if let (Some(shared), Some(socket)) = (shared.upgrade(), inner.upgrade()) {
                Subscriptions::run(&socket, move |_, socket| shared.on_outcome(socket, outcome));
            }
        };
        let driver = socket.driver();
        let start = self.wanted.start.clone();
        let call = start.and_then(|mut start| driver.call(&mut start, Settle::Callback(Box::new(settle))));
        match call {
            Ok(call) => drop(self.call.replace(Some(driver.public(call)))),
            Err(error) => self.set(SubscriptionState::Failed(error.into())),
        }
    }

    fn on_outcome(self: &Rc<Self>, socket: &Rc<Inner>, outcome: Outcome) {
        let outcome = outcome.and_then(|reply| Ok(reply.unwrap_or_default().into_payload::<IgnoredAny>()?));
        match outcome {
            Ok(_) => self.set(SubscriptionState::Active),
            // It waits for a link, however long that takes.
            Err(error) if error.reply().is_none() && !socket.state().is_open() => self.start(socket),
            Err(error) => {
                socket.settings().report(self.route(), &error);
                self.set(SubscriptionState::Failed(error));
            }
        }
    }

    /// What was confirmed counts no more. What is under way is sent on the next link anyway.
    fn on_link_lost(self: &Rc<Self>, socket: &Rc<Inner>) {
        let is_pending = matches!(self.state(), SubscriptionState::Pending);
        if !is_pending {
            self.start(socket);
        }
    }

    /// What was refused for the old token is asked for again.
    fn on_new_headers(self: &Rc<Self>, socket: &Rc<Inner>) {
        if let SubscriptionState::Failed(error) = self.state()
            && error.status() == Some(StatusCode::UNAUTHORIZED)
        {
            self.start(socket);
        }
    }

    /// Nobody wants it any more.
    fn stop(&self, socket: &Rc<Inner>) {
        let has_left = match self.state() {
            SubscriptionState::Active => true,
            SubscriptionState::Pending => self.call.borrow().is_some_and(|call| !call.is_queued()),
            SubscriptionState::Failed(CallError::OutcomeUnknown(OutcomeUnknown::TimedOut { .. })) => true,
            SubscriptionState::Failed(_) | SubscriptionState::Idle => false,
        };
        self.forget_call();
        if let Ok(stop) = (self.wanted.stop)()
            && has_left
        {
            // Without a link there is nothing to stop.
            let _ = socket.driver().send(stop);
        }
    }

    fn forget_call(&self) {
        if let Some(call) = self.call.take() {
            call.cancel();
        }
    }

    fn route(&self) -> &str {
        self.wanted.start.as_ref().map_or("", |start| start.route())
    }

    fn set(&self, state: SubscriptionState) {
        drop(self.state.replace(state.clone()));
        let users = self.users.borrow().clone();
        users.iter().for_each(|user| user.set(state.clone()));
    }
}
