//! Tells the model what happens on a socket, and the views that there is something new.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos_socket_core::{CallError, Client, Event, Incoming, Input, NotSent, OutcomeUnknown, Replied, StatusCode};

use super::model::calls::Ending;
use super::model::export::{About, Query, millis};
use super::model::log::Limits;
use super::model::redaction::SecretKeys;
use super::model::{Model, Submitted};
use crate::connection::{Driver, Traffic};
use crate::queries::{Inspected, inspect};
use crate::socket::{Inner, Part};

type Tell = Rc<dyn Fn()>;

pub(crate) struct Inspector {
    pub(super) model: RefCell<Model>,
    /// How many want it to look.
    wanted: Cell<usize>,
    /// Whether the app is among them, for good.
    is_kept_on: Cell<bool>,
    /// Whom to tell that there is something new.
    views: RefCell<Vec<(u32, Tell)>>,
    last_view: Cell<u32>,
    person: RefCell<Option<String>>,
    /// Whether a pong came whose latency is not known yet.
    was_ponged: Cell<bool>,
}

impl Inspector {
    pub(super) fn of(socket: &Rc<Inner>) -> Rc<Self> {
        socket.parts().get(|| Self {
            model: RefCell::default(),
            wanted: Cell::new(0),
            is_kept_on: Cell::new(false),
            views: RefCell::default(),
            last_view: Cell::new(0),
            person: RefCell::new(socket.person()),
            was_ponged: Cell::new(false),
        })
    }

    /// It looks until it was [stopped](Self::stop) as often.
    pub(super) fn start(&self, socket: &Inner) {
        if self.wanted.replace(self.wanted.get() + 1) == 0 {
            self.model.borrow_mut().note_state(socket.now(), socket.state());
        }
    }

    /// It looks from now on.
    pub(super) fn keep_on(&self, socket: &Inner) {
        if !self.is_kept_on.replace(true) {
            self.start(socket);
        }
    }

    pub(super) fn stop(&self) {
        self.wanted.set(self.wanted.get().saturating_sub(1));
        if !self.is_wanted() {
            drop(self.model.take());
        }
    }

    fn is_wanted(&self) -> bool {
        self.wanted.get() > 0
    }

    pub(super) fn set_limits(&self, limits: Limits, secrets: SecretKeys) {
        self.model.borrow_mut().set_limits(limits, secrets);
    }

    /// Calls this whenever there is something new, until [`forget_view`](Self::forget_view).
    pub(super) fn add_view(&self, tell: impl Fn() + 'static) -> u32 {
        let view = self.last_view.get() + 1;
        self.last_view.set(view);
        self.views.borrow_mut().push((view, Rc::new(tell)));
        view
    }

    pub(super) fn forget_view(&self, view: u32) {
        self.views.borrow_mut().retain(|(known, _)| *known != view);
    }

    fn tell_views(&self) {
        let views = self.views.borrow().clone();
        views.iter().for_each(|(_, tell)| tell());
    }

    pub(super) fn export(&self, socket: &Inner) -> String {
        let endpoint = socket.driver().endpoint();
        let about = About {
            socket: socket.settings().name.clone(),
            endpoint: endpoint.map(|endpoint| endpoint.to_string()),
            state: socket.state().to_string(),
            diagnosis: socket.with_client(Client::diagnosis).map(|diagnosis| diagnosis.to_string()),
            queries: inspect(socket).iter().map(query).collect(),
        };
        self.model.borrow().export(socket.now(), &about)
    }

    fn on_input(&self, socket: &Inner, driver: &Driver, traffic: (leptos_socket_core::LinkId, &Input)) {
        let (now, mut model) = (socket.now(), self.model.borrow_mut());
        match traffic {
            (_, Input::Text(text)) => {
                let is_pong = model.received(now, text, |uuid| driver.with_state_of(|client| client.is_own(uuid)));
                if is_pong && socket.is_driven_by(driver) {
                    self.was_ponged.set(true);
                }
            }
            (_, Input::Binary(bytes)) => model.binary(now, *bytes),
            (link, Input::Opened) => model.opened(now, link),
            (link, Input::Closed(code)) => model.closed(now, link, *code),
            _ => {}
        }
    }

    fn on_client_event(&self, socket: &Inner, driver: &Driver, event: &Event) {
        let (now, mut model) = (socket.now(), self.model.borrow_mut());
        let uuid = |id| driver.with_state_of(|client| client.uuid(id));
        match event {
            Event::StateChanged(state) if socket.is_driven_by(driver) => model.state_changed(now, *state),
            Event::Gap { lasted, .. } if socket.is_driven_by(driver) => model.gap(now, *lasted),
            Event::Notice { notice, .. } => model.notice(now, notice),
            Event::Settled { call, outcome } => model.ended(now, uuid(*call), ending(outcome)),
            Event::Sent { message } => model.ended(now, uuid(*message), Ending::Left),
            Event::Unsent { message, error } => model.ended(now, uuid(*message), Ending::Failed(not_sent(error))),
            // What a retired driver says of its state and its gaps, and what the frames have told already.
            Event::StateChanged(_)
            | Event::Gap { .. }
            | Event::LateReply { .. }
            | Event::Unanswered { .. }
            | Event::Push(_)
            | _ => {}
        }
    }
}

impl Part for Inspector {
    fn on_traffic(&self, socket: &Rc<Inner>, driver: &Rc<Driver>, traffic: &Traffic<'_>) {
        if !self.is_wanted() {
            return;
        }
        let now = socket.now();
        let uuid = |id| driver.with_state_of(|client| client.uuid(id));
        match traffic {
            Traffic::Submitted { id, at, message } => {
                let submitted = driver.with_state_of(|client| Submitted {
                    uuid: client.uuid(*id),
                    wants_reply: client.awaits_reply(*id),
                    deadline: client.deadline(*id),
                });
                self.model.borrow_mut().submitted(*at, message, submitted);
            }
            Traffic::Sent { text, message } => self.model.borrow_mut().sent(now, text, message.map(uuid)),
            Traffic::NotTaken { link } => self.model.borrow_mut().not_taken(now, *link),
            Traffic::Input { link, input } => self.on_input(socket, driver, (*link, input)),
            Traffic::Event(event) => self.on_client_event(socket, driver, event),
            Traffic::Cancelled { id } => self.model.borrow_mut().ended(now, uuid(*id), Ending::Cancelled),
        }
        self.tell_views();
    }

    fn update(self: Rc<Self>, socket: &Rc<Inner>) {
        if !self.is_wanted() {
            return;
        }
        let mut model = self.model.borrow_mut();
        model.note_state(socket.now(), socket.state());
        if self.was_ponged.take()
            && let Some(took) = socket.with_client(Client::latency)
        {
            model.ponged(took);
        }
        drop(model);
        self.tell_views();
    }

    fn on_moved(self: Rc<Self>, socket: &Rc<Inner>) {
        let before = self.person.replace(socket.person());
        // Who signs in may see what was there before anybody did.
        if before.is_some() && *self.person.borrow() != before {
            self.model.borrow_mut().forget_payloads();
        }
        self.update(socket);
    }
}

fn ending(outcome: &Result<Incoming, CallError>) -> Ending {
    match outcome {
        Ok(reply) => Ending::Replied(reply.status().map(StatusCode::as_u16)),
        Err(error) => Ending::Failed(explain(error)),
    }
}

/// What went wrong, without what was asked or answered: that may be a secret.
pub(super) fn explain(error: &CallError) -> String {
    if let CallError::NotSent(why) = error {
        format!("not sent: {}", not_sent(why))
    } else if let CallError::OutcomeUnknown(OutcomeUnknown::NotSentAgain(why)) = error {
        format!("not sent again: {}", not_sent(why))
    } else if let CallError::Replied(Replied::Undecodable { reply, .. }) = error {
        format!("the server answered {}, but the payload is unexpected", reply.status().unwrap_or_default())
    } else {
        error.to_string()
    }
}

fn not_sent(error: &NotSent) -> String {
    if let NotSent::Unserialisable(_) = error {
        "the payload cannot be encoded as JSON".to_owned()
    } else {
        error.to_string()
    }
}

pub(super) const fn query_state(query: &Inspected) -> &'static str {
    match query {
        Inspected { is_fetching: true, has_data: false, .. } => "loading",
        Inspected { is_fetching: true, .. } => "fetching",
        Inspected { error: Some(_), .. } => "error",
        Inspected { is_stale: true, .. } => "stale",
        Inspected { has_data: true, .. } => "fresh",
        _ => "empty",
    }
}

fn query(query: &Inspected) -> Query {
    Query {
        route: query.route,
        state: query_state(query),
        users: query.users,
        asked_bytes: query.asked_bytes,
        fetched_ms: query.fetched_at.map(millis),
        unconfirmed_changes: query.layers,
        error: query.error.as_deref().map(explain),
    }
}
