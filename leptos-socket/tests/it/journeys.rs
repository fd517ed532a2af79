//! Whatever places, persons, tokens and links there are, in whatever order: each message reaches the place that it was made for,
//! as the person who made it, or nobody.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::FutureExt;
use futures::channel::oneshot;
use leptos::prelude::*;
use leptos_socket::{Call, CallId, Headers, Incoming, Message, Sending, Socket, SocketOptions};
use leptos_socket_core::Input;

use crate::identity::{Who, person, token};
use crate::network::{Frame, Network};
use crate::places::{Mounted, provide_with};
use crate::support::{Page, message, millis, secs, settle, with_effects};

mod server;

use server::{Counts, Made, PERSONS, Place, id_of, whose};

const SEEDS: u64 = 150;
const STEPS: usize = 300;
const CODES: [u16; 5] = [1000, 1006, 1008, 1011, 4401];

#[derive(Default)]
struct Told {
    times: Cell<u32>,
    is_cancelled: Cell<bool>,
}

struct Journey {
    page: Page,
    network: Network,
    random: Cell<u64>,
    depth: Cell<usize>,
    is_changing: Cell<bool>,
    place: RwSignal<Place>,
    ticket: RwSignal<u64>,
    who: Who,
    provider: RefCell<Option<Mounted>>,
    socket: Cell<Socket>,
    made: RefCell<Vec<Made>>,
    calls: RefCell<Vec<Call<Incoming>>>,
    sendings: RefCell<Vec<Sending>>,
    asked: RefCell<Vec<(CallId, Rc<Told>)>>,
    told: RefCell<Vec<Rc<Told>>>,
    refreshes: Rc<RefCell<Vec<Refresh>>>,
    arrived: RefCell<Vec<Frame>>,
    counts: Counts,
    /// Held by each socket, and each of its drivers.
    alive: Rc<()>,
}

type Refresh = (Option<&'static str>, oneshot::Sender<Result<Headers, ()>>);

impl Journey {
    fn new(seed: u64) -> Rc<Self> {
        let page = Page::new();
        let network = Network::new(&page.world);
        let (place, ticket, who) = (RwSignal::new(Place::Room(1)), RwSignal::new(0), RwSignal::new(None));
        let (first, socket) = provide_with(&page, None::<&str>, SocketOptions::new().transport(network.clone()));
        drop(first);
        let journey = Rc::new(Self {
            page,
            network,
            random: Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            depth: Cell::new(0),
            is_changing: Cell::new(false),
            place,
            ticket,
            who,
            provider: RefCell::default(),
            socket: Cell::new(socket),
            made: RefCell::default(),
            calls: RefCell::default(),
            sendings: RefCell::default(),
            asked: RefCell::default(),
            told: RefCell::default(),
            refreshes: Rc::default(),
            arrived: RefCell::default(),
            counts: Counts::default(),
            alive: Rc::new(()),
        });
        journey.mount();
        journey
    }

    /// From zero to below `bound`.
    fn draw(&self, bound: usize) -> usize {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.set(x);
        (x >> 33) as usize % bound.max(1)
    }

    fn mount(self: &Rc<Self>) {
        let (place, ticket, who) = (self.place, self.ticket, self.who);
        let url = move || match (place.get(), who.get()) {
            (Place::Lost, _) => None,
            (Place::Nowhere { is_nonsense }, _) => is_nonsense.then(|| "nonsense".to_owned()),
            (Place::Room(room), None) => Some(format!("ws://server/{room}")),
            (Place::Room(room), Some(who)) => Some(format!("ws://server/{room}?token={}.{}", who.id(), ticket.get())),
        };
        let (refreshes, alive, this) = (Rc::clone(&self.refreshes), Rc::clone(&self.alive), Rc::downgrade(self));
        let refresh = move || {
            let refreshes = Rc::clone(&refreshes);
            async move {
                let (answer, future) = oneshot::channel();
                refreshes.borrow_mut().push((id_of(who.get_untracked()), answer));
                future.await.unwrap_or(Err(()))
            }
        };
        let on_message = move |push: Incoming| {
            let Some(this) = this.upgrade() else { return };
            let (room, person): (usize, Option<String>) = push.payload().decode().unwrap();
            assert_eq!(Place::Room(room), this.place.get_untracked(), "a push of another place");
            assert_eq!(person.as_deref(), id_of(this.who.get_untracked()), "a push of another person");
            this.interfere();
        };
        let options = SocketOptions::new().transport(self.network.clone()).identity(who).refresh(refresh);
        let options = options.on_request(move |_| _ = &alive).on_message(on_message);
        let (mounted, socket) = provide_with(&self.page, url, options);
        let before = self.provider.replace(Some(mounted));
        self.socket.set(socket);
        drop(before);
    }

    fn remount(self: &Rc<Self>) {
        let before = self.provider.take();
        self.found(&Place::Lost);
        // The router builds the next view first, or not.
        if self.draw(2) == 0 {
            self.provider.replace(before);
            self.mount();
        } else {
            drop(before);
            self.mount();
        }
    }

    fn go(&self, to: Place) {
        if let Place::Room(_) = to {
            self.found(&to);
        }
        self.change(|| self.place.set(to));
    }

    /// What was made nowhere goes there.
    fn found(&self, place: &Place) {
        for made in self.made.borrow_mut().iter_mut() {
            if let Place::Nowhere { .. } = made.place {
                made.place = place.clone();
            }
        }
    }

    fn change(&self, change: impl FnOnce()) {
        let before = self.is_changing.replace(true);
        change();
        self.is_changing.set(before);
    }

    fn nowhere(&self) {
        let is_nonsense = self.draw(2) == 0;
        self.change(|| self.place.set(Place::Nowhere { is_nonsense }));
    }

    fn log_in(&self) {
        let id = PERSONS[self.draw(PERSONS.len())];
        let next = id.and_then(|id| person(id, &format!("{id}.{}", self.draw(1_000))));
        self.change(|| self.who.set(next));
    }

    fn make(&self) -> Message<()> {
        let number = self.made.borrow().len();
        let [is_anonymous, is_idempotent, retries] = [8, 3, 4].map(|odds| self.draw(odds) == 0);
        let (place, person) = (self.place.get_untracked(), id_of(self.who.get_untracked()));
        self.made.borrow_mut().push(Made { place, person, is_anonymous, is_idempotent, retries: !retries });
        let message = message(&number.to_string()).idempotent(is_idempotent).retry_unauthorized(!retries);
        if is_anonymous { message.anonymous() } else { message }
    }

    fn call(&self) {
        let mut call = self.socket.get().send_and_wait(self.make());
        if self.draw(3) > 0 && (&mut call).now_or_never().is_some() {
            return;
        }
        self.calls.borrow_mut().push(call);
    }

    fn poll_or_drop(&self) {
        let count = self.calls.borrow().len();
        if count == 0 {
            return;
        }
        let index = self.draw(count);
        let mut call = self.calls.borrow_mut().swap_remove(index);
        if self.draw(2) == 0 && (&mut call).now_or_never().is_none() {
            self.calls.borrow_mut().push(call);
        }
    }

    fn ask(self: &Rc<Self>) {
        let told = Rc::new(Told::default());
        let (this, mine) = (Rc::downgrade(self), Rc::clone(&told));
        // Of no owner, so that it outlives the provider.
        let owner = Owner::current();
        if let Some(owner) = owner.clone() {
            owner.unset();
        }
        let message = self.make();
        let asked = self.socket.get().on_response(message, move |_| {
            mine.times.set(mine.times.get() + 1);
            this.upgrade().iter().for_each(Self::interfere);
        });
        if let Some(owner) = owner {
            owner.set();
        }
        assert_eq!(told.times.get(), 0, "never before it returned");
        if let Ok(id) = asked {
            self.told.borrow_mut().push(Rc::clone(&told));
            self.asked.borrow_mut().push((id, told));
        }
    }

    fn cancel(&self) {
        let count = self.asked.borrow().len();
        if count > 0 {
            let (id, told) = self.asked.borrow_mut().swap_remove(self.draw(count));
            if told.times.get() == 0 {
                told.is_cancelled.set(true);
            }
            self.socket.get().cancel(id);
        }
    }

    /// What callbacks do, now and then, and not without end.
    fn interfere(self: &Rc<Self>) {
        if self.depth.get() < 2 && self.draw(3) == 0 {
            self.depth.set(self.depth.get() + 1);
            self.step();
            self.depth.set(self.depth.get() - 1);
        }
    }

    fn step(self: &Rc<Self>) {
        let what = self.draw(40);
        match what {
            // While a signal changes, some sockets know of that already and others do not, and nothing comes from outside.
            12.. if self.is_changing.get() => {}
            0..=2 => self.go(Place::Room(self.draw(3))),
            3 => self.nowhere(),
            4 | 5 => self.change(|| self.ticket.update(|ticket| *ticket += 1)),
            6 | 7 => self.log_in(),
            8 if !self.is_changing.get() => self.remount(),
            9 => self.socket.get().close(),
            10 | 11 => self.socket.get().reconnect(),
            12..=16 => self.call(),
            17 | 18 => self.poll_or_drop(),
            19 | 20 => drop(self.socket.get().send(self.make())),
            21 | 22 => self.ask(),
            23 => self.cancel(),
            24 => {
                let mut sending = self.socket.get().send_flushed(self.make());
                if (&mut sending).now_or_never().is_none() {
                    self.sendings.borrow_mut().push(sending);
                }
            }
            25..=30 => self.happen(|_| Input::Opened),
            31 => self.happen(|journey| Input::Closed(CODES[journey.draw(CODES.len())].into())),
            32 | 33 => self.push(),
            34 => self.page.world.advance(millis(self.draw(9_000) as u64)),
            35 => self.refreshed(),
            _ => self.answer(),
        }
        self.look();
    }

    /// The server looks at what came.
    fn look(&self) {
        for frame in self.network.take("") {
            self.counts.came(&frame, &self.made.borrow());
            self.arrived.borrow_mut().push(frame);
        }
    }

    /// On a link that is held.
    fn happen(&self, input: impl FnOnce(&Self) -> Input) {
        let held: Vec<_> = (0..self.network.links().len()).filter(|link| self.network.links()[*link].is_held).collect();
        if !held.is_empty() {
            let input = input(self);
            self.page.world.report_on(held[self.draw(held.len())], input);
        }
    }

    /// It says of which place and which person it is.
    fn push(&self) {
        let links = self.network.links();
        if links.is_empty() {
            return;
        }
        let link = self.draw(links.len());
        let (room, person) = whose(&links[link].url);
        let payload = serde_json::json!([room, person]);
        self.page.world.report_on(link, Input::Text(format!(r#"{{"route":"push","payload":{payload}}}"#)));
    }

    fn answer(&self) {
        let count = self.arrived.borrow().len();
        if count == 0 {
            return;
        }
        let frame = self.arrived.borrow_mut().swap_remove(self.draw(count));
        let status = [200, 200, 500, 401][self.draw(4)];
        if status == 401 {
            self.counts.refused(&frame);
        }
        self.network.answer_to(&frame, status, "null");
    }

    fn refreshed(&self) {
        if let Some((id, answer)) = self.refreshes.borrow_mut().pop() {
            let next = format!("{}.r{}", id.unwrap_or("nobody"), self.draw(1_000));
            let _ = answer.send(if self.draw(3) == 0 { Err(()) } else { Ok(token(&next)) });
        }
    }

    fn end(&self) {
        // The signals are gone, so callbacks do nothing more.
        self.depth.set(usize::MAX);
        self.page.leave();
        drop(self.provider.take());
        self.page.world.advance(secs(3_600));
        self.look();
        self.page.assert_silent();
        for call in self.calls.take() {
            assert!(call.now_or_never().is_some(), "a call never settled");
        }
        for sending in self.sendings.take() {
            assert!(sending.now_or_never().is_some(), "a message never left, and never failed");
        }
        for told in self.told.borrow().iter() {
            let times = if told.is_cancelled.get() { 0 } else { 1 };
            assert_eq!(told.times.get(), times, "cancelled: {}", told.is_cancelled.get());
        }
        assert_eq!(Rc::strong_count(&self.alive), 1, "drivers are left");
        assert!(self.network.held().is_empty());
    }
}

#[test]
fn each_message_reaches_its_own_place_as_its_own_person_or_nobody() {
    with_effects(async || {
        let (mut came, mut again, mut told) = (0, 0, 0);
        for seed in 0..SEEDS {
            let journey = Journey::new(seed);
            let name = scope(seed);
            for _ in 0..STEPS {
                journey.step();
                settle().await;
            }
            journey.end();
            name.done();
            let totals = journey.counts.totals();
            (came, again) = (came + totals.0, again + totals.1);
            told += journey.told.borrow().len();
        }
        assert!(came > 2_000 && again > 50 && told > 500, "too few to tell: {came}, {again}, {told}");
    });
}

/// Says which seed it was if something fails.
struct Scope(u64);

fn scope(seed: u64) -> Scope {
    Scope(seed)
}

impl Scope {
    fn done(self) {
        std::mem::forget(self);
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        eprintln!("in the journey of seed {}", self.0);
    }
}
