//! All short orders of events, from each state: no order breaks what [`World`] checks, and what follows what is the table
//! and the picture of `docs/STATES.md`.
//!
//! `EXHAUSTIVE_DEPTH` makes the orders longer. The page must stay the same: no order of that length does what a shorter one
//! from some state does not.

use std::fmt::Write as _;
use std::thread;

use leptos_socket_core::{Hint, SocketState};

use crate::model::{Op, Phase, Submit, World};
use crate::support::assert_page;

const STATES: [&str; 8] = ["Idle", "Resolving", "Connecting", "Open", "Slow", "Backoff", "Closing", "Closed"];

const CALL: Op = Op::Submit(Submit::CALL);
const IDEMPOTENT_CALL: Op = Op::Submit(Submit { idempotent: true, ..Submit::CALL });
/// It keeps the server busy until after the next ping.
const LONG_CALL: Op = Op::Submit(Submit { timeout: Some(9_000), ..Submit::CALL });
/// Its deadline is the next timer.
const SHORT_CALL: Op = Op::Submit(Submit { timeout: Some(1), ..Submit::CALL });
const PONG: Op = Op::Text(0, r#"{"route": "PONG"}"#);
const LOST: Op = Op::Lost(0, 1006);

/// What can happen, as the page calls it.
const EVENTS: [(&str, Op); 21] = [
    ("connect()", Op::Connect),
    ("reconnect()", Op::Reconnect),
    ("close()", Op::Close),
    ("leave()", Op::Leave),
    ("sign_out()", Op::SignOut),
    ("call()", CALL),
    ("idempotent call()", IDEMPOTENT_CALL),
    ("cancel()", Op::Cancel(0)),
    ("resolved", Op::Resolved(0)),
    ("unresolved", Op::Unresolved(0)),
    ("opened", Op::Opened(0)),
    ("frame", Op::Answer { link: 0, which: 0, status: 200 }),
    ("lost", LOST),
    ("refused", Op::Lost(0, 1008)),
    ("old link", Op::Lost(1, 1006)),
    ("timer", Op::Timer),
    ("night", Op::Pass(8 * 3_600_000)),
    ("online", Op::Hint(Hint::Online)),
    ("offline", Op::Hint(Hint::Offline)),
    ("suspended", Op::Hint(Hint::Suspended)),
    ("resumed", Op::Hint(Hint::Resumed)),
];

/// From where the orders start: each state, those in which no attempt is left, and those in which a call ends first.
const STARTS: [&[Op]; 23] = [
    &[],
    &[Op::Connect],
    &[Op::Connect, Op::Resolved(0)],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0)],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0), PONG],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0), PONG, LONG_CALL, Op::Timer, Op::Timer],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0), IDEMPOTENT_CALL, LOST],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0), CALL, Op::Close],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0), Op::Close, LOST],
    &[Op::Connect, LOST, Op::Timer, LOST, Op::Timer],
    &[Op::Connect, LOST, Op::Timer, LOST, Op::Timer, Op::Resolved(0)],
    &[Op::Connect, LOST, Op::Timer, LOST, Op::Timer, Op::Resolved(0), Op::Opened(0)],
    &[
        Op::Connect,
        LOST,
        Op::Timer,
        LOST,
        Op::Timer,
        Op::Resolved(0),
        Op::Opened(0),
        PONG,
        LONG_CALL,
        Op::Timer,
        Op::Timer,
    ],
    &[Op::Connect, LOST, Op::Timer, LOST],
    &[SHORT_CALL],
    &[Op::Connect, SHORT_CALL],
    &[Op::Connect, Op::Resolved(0), SHORT_CALL],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0), PONG, LONG_CALL, Op::Timer, Op::Timer, SHORT_CALL],
    &[Op::Connect, LOST, SHORT_CALL],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0), CALL, Op::Leave],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0), PONG, LONG_CALL, Op::Timer],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0), PONG, SHORT_CALL, Op::Leave],
    &[Op::Connect, Op::Resolved(0), Op::Opened(0), PONG, CALL, Op::Timer, Op::Timer, Op::Timer, CALL, Op::Leave],
];

/// Enough for the whole page, and short enough for every run of the tests.
const DEPTH: u32 = 2;

/// For each state and event, the states that followed: a bit each.
type Table = [[u8; EVENTS.len()]; STATES.len()];

fn place(world: &World) -> usize {
    let name = match (world.client.state(), world.link) {
        (SocketState::Idle, _) => "Idle",
        (SocketState::Connecting { .. }, Some((_, Phase::Resolving))) => "Resolving",
        (SocketState::Connecting { .. }, _) => "Connecting",
        (SocketState::Open, _) => "Open",
        (SocketState::Slow, _) => "Slow",
        (SocketState::Backoff { .. }, _) => "Backoff",
        (SocketState::Closed(_), Some(_)) => "Closing",
        _ => "Closed",
    };
    STATES.iter().position(|state| *state == name).unwrap()
}

/// Runs every order of `depth` events from every start.
fn explore(depth: u32) -> Table {
    let tables: Vec<_> = thread::scope(|scope| {
        let walks = STARTS.map(|start| scope.spawn(move || explore_from(start, depth)));
        walks.into_iter().map(|walk| walk.join().expect("no order that breaks a promise")).collect()
    });
    let mut all = Table::default();
    for table in tables {
        all.iter_mut().flatten().zip(table.iter().flatten()).for_each(|(all, states)| *all |= states);
    }
    all
}

fn explore_from(start: &[Op], depth: u32) -> Table {
    let mut table = Table::default();
    for mut order in 0..EVENTS.len().pow(depth) {
        let mut world = World::new(0);
        world.run_all(start);
        for _ in 0..depth {
            let (event, from) = (order % EVENTS.len(), place(&world));
            world.run(EVENTS[event].1);
            table[from][event] |= 1 << place(&world);
            order /= EVENTS.len();
        }
        world.end();
    }
    table
}

fn names(states: u8) -> Vec<&'static str> {
    STATES.iter().enumerate().filter(|(state, _)| states & (1 << state) != 0).map(|(_, name)| *name).collect()
}

fn diagram(table: &Table) -> String {
    let mut diagram = "stateDiagram-v2\n    [*] --> Idle\n".to_owned();
    for (from, row) in table.iter().enumerate() {
        for to in (0..STATES.len()).filter(|to| *to != from) {
            let events = EVENTS.iter().zip(row).filter(|(_, states)| **states & (1 << to) != 0);
            let events: Vec<_> = events.map(|((name, _), _)| *name).collect();
            if !events.is_empty() {
                writeln!(diagram, "    {} --> {}: {}", STATES[from], STATES[to], events.join(", ")).unwrap();
            }
        }
    }
    diagram
}

fn rows(table: &Table) -> String {
    let mut rows = format!("| | {} |\n|---|{}\n", STATES.join(" | "), "---|".repeat(STATES.len()));
    for (event, (name, _)) in EVENTS.iter().enumerate() {
        let cells = table.iter().enumerate().map(|(from, row)| match row[event] {
            states if states == 1 << from => "·".to_owned(),
            states => names(states).join(", "),
        });
        writeln!(rows, "| {name} | {} |", cells.collect::<Vec<_>>().join(" | ")).unwrap();
    }
    rows
}

fn page(table: &Table) -> String {
    format!(
        "\
# The states of a socket

Generated by `core/tests/it/exhaustive.rs` from what happened in all short orders of events from each state, and compared
with that by every run of the tests. `UPDATE_DOCS=1 cargo test -p leptos-socket-core` writes it anew.

```mermaid
{}```

| state | what there is | `SocketState` |
|---|---|---|
| Idle | nothing yet | `Idle` |
| Resolving | a link that does not know yet where to go | `Connecting` |
| Connecting | a handshake | `Connecting` |
| Open | a link | `Open` |
| Slow | a link that is silent for long, whose server owes answers | `Slow` |
| Backoff | no link, and a time for the next attempt | `Backoff` |
| Closing | the socket is closed, and its link was asked to close | `Closed` |
| Closed | nothing, until the app says otherwise | `Closed` |

What follows what. A dot says that the state stays as it is; several states, that it depends on the time, the calls in
flight and the attempts that are left.

{}
- *leave()*: the client delivers what it has and then closes; *sign_out()*: everything ends at once, and for good
- *resolved*, *unresolved*: it is known where the link goes to, or cannot be found out
- *frame*: anything that comes on the link
- *lost*: the link is gone, with a code that is retried; *refused*: with a code that is final
- *old link*: a link from before the present one says that it is gone
- *timer*: the next timer fires; *night*: all timers fire 8 hours late
- *online*, *offline*: what the page knows of the network; *suspended*, *resumed*: it is put away, it is back
",
        diagram(table),
        rows(table)
    )
}

#[test]
fn all_short_orders_of_events_keep_every_promise_and_make_the_page_of_states() {
    let depth = std::env::var("EXHAUSTIVE_DEPTH").ok().map_or(DEPTH, |depth| depth.parse().unwrap());
    let table = explore(depth);
    assert!(table.iter().flatten().all(|states| *states != 0), "an event that some state never met");
    assert_page("STATES.md", &page(&table));
}

#[test]
fn each_start_is_the_state_that_it_is_there_for() {
    let places = STARTS.map(|start| {
        let mut world = World::new(0);
        world.run_all(start);
        STATES[place(&world)]
    });
    let first = ["Idle", "Resolving", "Connecting", "Open", "Open", "Slow", "Backoff", "Closing", "Closed"];
    assert_eq!(places[..9], first);
    assert_eq!(places[9..14], ["Resolving", "Connecting", "Open", "Slow", "Backoff"]);
    assert_eq!(places[14..], ["Idle", "Resolving", "Connecting", "Slow", "Backoff", "Open", "Open", "Open", "Slow"]);
}
