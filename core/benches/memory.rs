//! What a call holds while it is in flight, in bytes that were asked of the allocator.
//!
//! `cargo bench -p leptos-socket-core --bench memory`; docs/COST.md says what came out.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use allocation_counter::measure;

mod payloads;
mod world;

use payloads::{Order, orders};
use world::{call, open};

fn main() {
    println!("{:>10} {:>22} {:>22}", "in flight", "bytes a call, 100 B", "bytes a call, 10 KB");
    for calls in [1, 10, 100, 1_000, 10_000, 100_000] {
        let small = held(calls, || Order::new(1));
        let large = held(calls.min(10_000), orders);
        println!("{calls:>10} {small:>22.0} {large:>22.0}");
    }
    let (mut client, link) = open();
    let frame = call(&mut client, Order::new(1));
    let answer = payloads::answer(world::uuid(&frame), &Order::new(1));
    let there = measure(|| drop(call(&mut client, Order::new(1))));
    let back = measure(|| drop(world::settle(&mut client, link, answer)));
    println!("allocations of a call of 100 B: {} there, {} back", there.count_total, back.count_total);
}

/// The bytes that a client holds for each of so many calls, once their frames have left.
fn held<P: payloads::Body>(calls: usize, payload: impl Fn() -> P) -> f64 {
    let (mut client, _) = open();
    let info = measure(|| (0..calls).for_each(|_| drop(call(&mut client, payload()))));
    info.bytes_current as f64 / calls as f64
}
