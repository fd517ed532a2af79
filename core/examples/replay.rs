//! Plays a trace of the flight recorder again, and says in words what happened.
//!
//! ```text
//! cargo run -p leptos-socket-core --example replay trace.json
//! ```
//!
//! Times count from the first operation. With several clients each line has the number of its own. The exit code is 1 if the replay
//! differs from what was recorded, which is marked where it begins.
#![allow(clippy::print_stdout, reason = "a program that says what happened")]

use std::error::Error;
use std::process::ExitCode;

use leptos_socket_core::record::{Replay, Step, replay};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: replay TRACE.json")?;
    let replay = replay(&std::fs::read_to_string(path)?)?;
    introduce(&replay);
    let has_several = replay.clients() > 1;
    let (mut began, mut steps, mut different) = (None, 0, 0);
    for step in replay {
        let since = step.at() - *began.get_or_insert_with(|| step.at());
        steps += 1;
        if !step.is_same() {
            different += 1;
        }
        if different == 1 && !step.is_same() {
            println!("HERE THE REPLAY DIFFERS from what was recorded:");
        }
        if !step.is_quiet() || !step.is_same() {
            tell(&step, since.as_secs_f64(), has_several);
        }
    }
    match different {
        0 => println!("{steps} operations: the replay is the same as what was recorded."),
        _ => println!("{steps} operations, of which {different} differ from what was recorded."),
    }
    Ok(if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn introduce(replay: &Replay) {
    for nth in 0..replay.clients() {
        let place = replay.place(nth).unwrap_or("an unknown place");
        if let Some(client) = replay.client(nth) {
            let (state, in_flight, queued) = (client.state(), client.in_flight(), client.queued());
            println!("client {nth}, at {place}: {state}, {in_flight} calls in flight, {queued} messages queued");
        }
    }
}

fn tell(step: &Step, since: f64, has_several: bool) {
    let client = if has_several { format!("{} ", step.client()) } else { String::new() };
    for (nth, line) in step.to_string().lines().enumerate() {
        let time = if nth == 0 { format!("{since:9.3} s") } else { " ".repeat(11) };
        println!("{time}  {client}{line}");
    }
}
