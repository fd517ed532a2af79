//! Whatever happens, in whatever order, also from within callbacks: each call settles exactly once, and nothing is left.

use crate::support::Start as _;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;
use leptos_socket::{Call, CallId, Incoming, Socket};
use leptos_socket_core::{CloseCode, Input};

use crate::support::{Page, Started, URL, message, millis, outcome};

const RUNS: u64 = 60;
const STEPS: usize = 400;
const NAMES: [&str; 3] = ["a", "b", "c"];
const CODES: [u16; 4] = [1000, 1006, 1008, 1011];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Open,
    Called,
    Cancelled,
}

/// A callback of `on_response`.
struct Asked {
    socket: Socket,
    id: CallId,
    fate: Rc<Cell<Fate>>,
}

struct Chaos {
    page: Page,
    random: Cell<u64>,
    /// How many callbacks are running.
    depth: Cell<usize>,
    handles: RefCell<Vec<Socket>>,
    calls: RefCell<Vec<Started<Call<Incoming>>>>,
    asked: RefCell<Vec<Asked>>,
}

impl Chaos {
    fn new(seed: u64) -> Rc<Self> {
        Rc::new(Self {
            page: Page::new(),
            random: Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            depth: Cell::new(0),
            handles: RefCell::default(),
            calls: RefCell::default(),
            asked: RefCell::default(),
        })
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

    fn name(&self) -> &'static str {
        NAMES[self.draw(NAMES.len())]
    }

    /// Any handle that there ever was, rather a late one.
    fn socket(&self) -> Option<Socket> {
        let handles = self.handles.borrow();
        let among = if self.draw(4) == 0 { handles.len() } else { handles.len().min(NAMES.len()) };
        let age = self.draw(among);
        handles.iter().rev().nth(age).copied()
    }

    fn step(self: &Rc<Self>) {
        let world = &self.page.world;
        match self.draw(25) {
            0 => self.add(),
            1 => drop(self.page.sockets.remove_socket(self.name())),
            2..=6 => world.accept(),
            7 => world.close(CODES[self.draw(CODES.len())]),
            8..=10 => drop(world.reply_to("x", 200, "1")),
            11 => world.push("tick", "1"),
            12 => world.advance(millis(self.draw(40_000) as u64)),
            13 => {
                let link = self.draw(world.link_count());
                let input = if self.draw(2) == 0 { Input::Opened } else { Input::Closed(CloseCode::POLICY) };
                world.report_on(link, input);
            }
            _ => self.use_a_socket(),
        }
    }

    fn add(self: &Rc<Self>) {
        let chaos = Rc::downgrade(self);
        let on_message = move |_| chaos.upgrade().iter().for_each(Self::interfere);
        let options = self.page.options().force(self.draw(2) == 0).on_message(on_message);
        if let Ok(socket) = self.page.sockets.add_socket(self.name(), URL, options) {
            self.handles.borrow_mut().push(socket);
        }
    }

    fn use_a_socket(self: &Rc<Self>) {
        let Some(socket) = self.socket() else { return };
        match self.draw(12) {
            0 => socket.reconnect(),
            1 => socket.close(),
            2 => drop(socket.send(message("x"))),
            3 | 4 => {
                let call = socket.send_and_wait(message("x")).start();
                self.calls.borrow_mut().push(call);
            }
            5 => {
                let count = self.calls.borrow().len();
                let index = self.draw(count);
                let call = (count > 0).then(|| self.calls.borrow_mut().swap_remove(index));
                drop(call);
            }
            6 => self.cancel(),
            _ => self.ask(socket),
        }
    }

    fn ask(self: &Rc<Self>, socket: Socket) {
        let fate = Rc::new(Cell::new(Fate::Open));
        let (chaos, mine) = (Rc::downgrade(self), Rc::clone(&fate));
        // Of no owner: so it hears also of what is delivered after the provider is gone.
        let owner = Owner::current();
        self.page.owner.clone().unset();
        let asked = socket.on_response(message("x"), move |_| {
            assert_eq!(mine.replace(Fate::Called), Fate::Open);
            chaos.upgrade().iter().for_each(Self::interfere);
        });
        if let Some(owner) = owner {
            owner.set();
        }
        assert_eq!(fate.get(), Fate::Open, "never before it returned");
        if let Ok(id) = asked {
            self.asked.borrow_mut().push(Asked { socket, id, fate });
        }
    }

    fn cancel(&self) {
        let asked = self.asked.borrow();
        let Some(Asked { socket, id, fate }) = asked.get(self.draw(asked.len())) else { return };
        let (socket, id, fate) = (*socket, *id, Rc::clone(fate));
        drop(asked);
        let was_open = fate.get() == Fate::Open;
        socket.cancel(id);
        // Held by the list and here: the callback is dropped. A handle whose socket is gone cancels nothing.
        if was_open && fate.get() == Fate::Open && Rc::strong_count(&fate) == 2 {
            fate.set(Fate::Cancelled);
        }
    }

    /// What callbacks do, now and then, and not without end.
    fn interfere(self: &Rc<Self>) {
        if self.depth.get() < 3 && self.draw(2) == 0 {
            self.depth.set(self.depth.get() + 1);
            self.step();
            self.depth.set(self.depth.get() - 1);
        }
    }

    fn assert_sound(&self) {
        for socket in self.handles.borrow().iter() {
            let state = socket.state().get_untracked();
            assert_eq!(state.is_open(), socket.connected().get_untracked());
            assert_eq!(socket.retry_in().is_some(), matches!(state, leptos_socket::SocketState::Backoff { .. }));
            if state.is_closed() {
                assert_eq!((socket.in_flight().get_untracked(), socket.queued().get_untracked()), (0, 0));
            }
        }
    }
}

#[test]
fn whatever_happens_each_call_settles_exactly_once_and_nothing_is_left() {
    let mut called = 0;
    for seed in 0..RUNS {
        let chaos = Chaos::new(seed);
        for _ in 0..STEPS {
            chaos.step();
            chaos.assert_sound();
        }
        chaos.page.leave_for_good();
        for call in chaos.calls.borrow_mut().iter_mut() {
            assert!(outcome(call).is_some(), "seed {seed}");
        }
        for asked in chaos.asked.borrow().iter() {
            assert_ne!(asked.fate.get(), Fate::Open, "seed {seed}");
            called += usize::from(asked.fate.get() == Fate::Called);
        }
    }
    assert!(called > 200, "{called} callbacks are too few to tell");
}
