//! The tests of the client, on a simulated server with virtual time: nothing sleeps, nothing reads a clock.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and helpers are parts of tests")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for what it expects; anything else fails it")]

mod calls;
mod close;
mod close_rules;
mod connect;
mod departing;
mod diagnosis;
mod endpoint;
mod exhaustive;
mod gap;
mod heartbeat;
mod hints;
#[cfg(not(target_arch = "wasm32"))]
mod hostile;
mod idempotent;
mod leaving;
mod malformed;
mod messages;
mod model;
mod pitfalls;
mod push;
mod queue;
mod reconnect;
mod recording;
mod room;
mod secrets;
mod slow;
mod support;
mod time;
mod tokens;
mod transitions;
mod vectors;
