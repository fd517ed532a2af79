//! A mixed load over several sockets, and what `e2e/soak/` sees of it.
#![expect(unreachable_pub, reason = "what is exported has to be public")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_socket::{Call, Message, provide_sockets};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::api::{Done, Ends, Work};
use crate::dice::Dice;
use crate::line::{Line, Live, Plan};
use crate::log::{Log, Outcome, judge, not_sent};

const LINES: [Plan; 4] = [
    ("steady", "one", Live::Versioned),
    ("twin", "one", Live::Versioned),
    ("shared", "two", Live::Absolute),
    ("moving", "three", Live::Invalidated),
];
/// How many tasks each line has.
const TASKS: u64 = 6;

struct Load {
    lines: Vec<Rc<Line>>,
    log: Rc<Log>,
    is_running: Rc<Cell<bool>>,
    owner: Owner,
}

thread_local! {
    static LOAD: RefCell<Option<Load>> = const { RefCell::new(None) };
}

pub(crate) fn prepare() {
    std::panic::set_hook(Box::new(|info| leptos::logging::error!("{info}")));
    let _ = any_spawner::Executor::init_wasm_bindgen();
}

fn with_load<T: Default>(use_it: impl FnOnce(&Load) -> T) -> T {
    LOAD.with_borrow(|load| load.as_ref().map(use_it)).unwrap_or_default()
}

/// Opens the sockets, whose calls end after so many milliseconds. The load starts with [`start`].
#[wasm_bindgen]
pub fn open(server: &str, timeout: u32) {
    let (owner, log) = (Owner::new(), Rc::<Log>::default());
    let lines = owner.with(|| {
        let sockets = provide_sockets();
        LINES.map(|plan| Rc::new(Line::new(sockets, (server, timeout), plan, &log))).to_vec()
    });
    lines.iter().for_each(|line| line.show());
    let load = Load { lines, log, is_running: Rc::new(Cell::new(false)), owner };
    LOAD.set(Some(load));
}

#[wasm_bindgen]
pub fn start(seed: u32, pause: u32) {
    with_load(|load| {
        load.is_running.set(true);
        for (line, of_line) in load.lines.iter().zip(1_u64..) {
            for task in 0..TASKS {
                let worker = Worker {
                    line: Rc::clone(line),
                    dice: Dice::new(u64::from(seed) * 1000 + of_line * 100 + task),
                    is_running: Rc::clone(&load.is_running),
                    pause,
                };
                spawn_local(worker.run());
            }
        }
    });
}

/// No more is begun. What is under way ends by itself.
#[wasm_bindgen]
pub fn stop() {
    with_load(|load| {
        load.is_running.set(false);
        load.lines.iter().filter(|line| !line.is_shown()).for_each(|line| line.show());
    });
}

/// Makes so many calls at once on the first line, half of them idempotent.
#[wasm_bindgen]
pub fn burst(calls: u32) {
    with_load(|load| {
        for number in 0..calls {
            let line = Rc::clone(&load.lines[0]);
            spawn_local(async move { call(&line, number.is_multiple_of(2), Ends::Well, 2, |call| call).await });
        }
    });
}

/// What has happened since this was asked last.
#[wasm_bindgen]
pub fn take() -> String {
    with_load(|load| load.log.take())
}

/// What is there now.
#[wasm_bindgen]
pub fn state() -> String {
    with_load(|load| {
        let lines: Vec<_> = load.lines.iter().map(|line| line.state()).collect();
        serde_json::to_string(&lines).unwrap_or_default()
    })
}

/// Once all is quiet.
#[wasm_bindgen]
pub fn settle() {
    with_load(|load| load.lines.iter().for_each(|line| line.settle()));
}

#[wasm_bindgen]
pub fn close() {
    if let Some(load) = LOAD.take() {
        load.owner.cleanup();
    }
}

struct Worker {
    line: Rc<Line>,
    dice: Dice,
    is_running: Rc<Cell<bool>>,
    pause: u32,
}

impl Worker {
    async fn run(self) {
        loop {
            TimeoutFuture::new(self.dice.below(2 * self.pause)).await;
            if !self.is_running.get() {
                return;
            }
            self.act().await;
        }
    }

    async fn act(&self) {
        let Self { line, dice, .. } = self;
        let ms = if dice.one_in(50) { dice.below(1500) } else { dice.below(4) };
        let work = |number| Work { number, ms, ends: Ends::Well };
        match dice.below(100) {
            0..15 => call(line, false, self.ends(), ms, |call| call).await,
            15..30 => call(line, true, self.ends(), ms, |call| call).await,
            30..40 => {
                let timeout = Duration::from_millis(u64::from(50 + dice.below(3000)));
                call(line, dice.one_in(2), Ends::Well, ms, |call| call.timeout(timeout)).await;
            }
            40..45 => call(line, dice.one_in(2), Ends::Well, ms, |call| call.wait_for_link(false)).await,
            45..50 => call(line, dice.one_in(2), Ends::Well, ms, Call::bulk).await,
            50..55 => call(line, false, Ends::Well, ms, |call| call.retry_unauthorized(false)).await,
            55..60 => self.call_and_cancel(ms).await,
            60..68 => line.send(work),
            68..72 => self.flush(work).await,
            72..78 => line.call_back(work),
            78..98 => line.change(dice.below(4) as usize, i64::from(dice.below(9)) - 4),
            _ => self.act_rarely(),
        }
    }

    /// Each of these repairs data that is wrong, so there has to be time for it to be wrong.
    fn act_rarely(&self) {
        let Self { line, dice, .. } = self;
        match dice.below(8) {
            0 => line.refetch(),
            1 => line.hide(),
            2 => line.show(),
            3 => line.socket.reconnect(),
            4 | 5 => self.move_or_sign_in(),
            _ => {}
        }
    }

    fn ends(&self) -> Ends {
        match self.dice.below(10) {
            0 => Ends::Refused,
            1 => Ends::Odd,
            _ => Ends::Well,
        }
    }

    async fn call_and_cancel(&self, ms: u32) {
        let number = self.line.begin("cancelled", false);
        let call = self.line.socket.call(Work { number, ms, ends: Ends::Well });
        let after = TimeoutFuture::new(self.dice.below(40));
        let end = match select(Box::pin(IntoFuture::into_future(call)), after).await {
            Either::Left((outcome, _)) => judge(number, Ends::Well, &outcome),
            Either::Right(_) => (Outcome::Cancelled, String::new()),
        };
        self.line.log.end(number, end);
    }

    async fn flush(&self, work: impl FnOnce(u32) -> Work) {
        let number = self.line.begin("flushed", false);
        let end = match self.line.socket.send_flushed(Message::from(work(number))).await {
            Ok(()) => (Outcome::Sent, String::new()),
            Err(error) => not_sent(&error),
        };
        self.line.log.end(number, end);
    }

    fn move_or_sign_in(&self) {
        let Line { place, person, .. } = &*self.line;
        match place.get_untracked() {
            "two" => person.set(if person.get_untracked() == "alice" { "bob" } else { "alice" }),
            "three" => place.set("four"),
            "four" => place.set("three"),
            _ => {}
        }
    }
}

async fn call(line: &Line, idempotent: bool, ends: Ends, ms: u32, with: impl FnOnce(Call<Done>) -> Call<Done>) {
    let number = line.begin("call", idempotent);
    let outcome = with(line.socket.call(Work { number, ms, ends }).idempotent(idempotent)).await;
    line.log.end(number, judge(number, ends, &outcome));
}
