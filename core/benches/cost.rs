//! What a call costs beside the work that nobody can avoid, and whether that grows with the calls in flight.
//!
//! `cargo bench -p leptos-socket-core --bench cost`; docs/COST.md says what came out.

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod payloads;
mod world;

use payloads::{Body, Order, ROUTE, answer, orders, text};
use world::{call, open, settle, uuid};

criterion_group!(benches, there_and_back, in_flight);
criterion_main!(benches);

/// Calls of one sample: few enough for their answers to be warm in the cache, many enough for the clock.
const CALLS: usize = 32;

fn there_and_back(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("there_and_back");
    group.throughput(Throughput::Elements(CALLS as u64));
    compare(&mut group, "100B", &Order::new(1));
    compare(&mut group, "10KB", &orders());
    compare(&mut group, "10KB_text", &text());
}

/// A client that calls and gets its reply decoded, beside serde_json with the same structs and nothing else.
fn compare<P: Body>(group: &mut BenchmarkGroup<'_, WallTime>, size: &str, payload: &P) {
    // Equal seeds draw equal uuids, so the answers are known beforehand.
    let (mut client, link) = open();
    let mut known = || {
        let uuid = uuid(&call(&mut client, payload.clone())).to_owned();
        let answer = answer(&uuid, payload);
        settle(&mut client, link, answer.clone());
        (uuid, answer)
    };
    let (uuids, answers): (Vec<_>, Vec<_>) = (0..CALLS).map(|_| known()).unzip();
    let payloads = vec![payload.clone(); CALLS];

    group.bench_function(format!("{size}/floor"), |bencher| {
        bencher.iter_batched(
            || (payloads.clone(), answers.clone()),
            |(payloads, answers)| {
                for ((uuid, payload), answer) in uuids.iter().zip(payloads).zip(answers) {
                    black_box(encode(uuid, &payload));
                    black_box(decode::<P>(&answer));
                }
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function(format!("{size}/client"), |bencher| {
        bencher.iter_batched(
            || (open(), payloads.clone(), answers.clone()),
            |((mut client, link), payloads, answers)| {
                for (payload, answer) in payloads.into_iter().zip(answers) {
                    black_box(call(&mut client, payload));
                    let reply = settle(&mut client, link, answer);
                    black_box(reply.into_payload::<P>().expect("a payload"));
                }
                client
            },
            BatchSize::PerIteration,
        );
    });
}

#[derive(Serialize)]
struct Request<'a, P> {
    uuid: &'a str,
    route: &'a str,
    headers: Empty,
    payload: &'a P,
    status: u16,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Reply<P> {
    uuid: Option<String>,
    route: Option<String>,
    headers: Option<Value>,
    payload: P,
    status: Option<u16>,
}

fn encode<P: Body>(uuid: &str, payload: &P) -> String {
    serde_json::to_string(&Request { uuid, route: ROUTE, headers: Empty {}, payload, status: 200 }).expect("JSON")
}

fn decode<P: Body>(answer: &str) -> Reply<P> {
    serde_json::from_str(answer).expect("a reply")
}

/// A call of 100 bytes there and back, with so many others in flight.
fn in_flight(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("in_flight");
    for others in [10, 1_000, 100_000] {
        let mut crowd = None;
        group.bench_function(format!("{others}/in_order"), |bencher| {
            bencher.iter_custom(|calls| crowd.get_or_insert_with(|| Crowd::new(others)).exchange(calls, |_| 0));
        });
        group.bench_function(format!("{others}/any_order"), |bencher| {
            bencher.iter_custom(|calls| {
                crowd.get_or_insert_with(|| Crowd::new(others)).exchange(calls, |random| random as usize % others)
            });
        });
    }
}

/// A client with calls in flight, and what would answer them.
struct Crowd {
    client: leptos_socket_core::Client,
    link: leptos_socket_core::LinkId,
    waiting: VecDeque<String>,
    random: u64,
}

impl Crowd {
    fn new(size: usize) -> Self {
        let (mut client, link) = open();
        let waiting = (0..size).map(|_| uuid(&call(&mut client, Order::new(1))).to_owned()).collect();
        Self { client, link, waiting, random: 1 }
    }

    /// The time that so many calls take, each with the answer to one that is in flight. What the server does is not timed.
    fn exchange(&mut self, calls: u64, choose: impl Fn(u64) -> usize) -> Duration {
        const BATCH: u64 = 8;
        let mut elapsed = Duration::ZERO;
        for batch in (0..calls).step_by(BATCH as usize) {
            let answers: Vec<_> = (batch..calls.min(batch + BATCH)).map(|_| self.answer(&choose)).collect();
            let mut frames = Vec::with_capacity(answers.len());
            let start = Instant::now();
            for answer in answers {
                frames.push(call(&mut self.client, Order::new(1)));
                let reply = settle(&mut self.client, self.link, answer);
                black_box(reply.into_payload::<Order>().expect("a payload"));
            }
            elapsed += start.elapsed();
            self.waiting.extend(frames.iter().map(|frame| uuid(frame).to_owned()));
        }
        elapsed
    }

    fn answer(&mut self, choose: impl Fn(u64) -> usize) -> String {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chosen = choose(self.random >> 33) % self.waiting.len();
        let uuid = self.waiting.swap_remove_front(chosen).expect("a call in flight");
        answer(&uuid, &Order::new(1))
    }
}
