//! The tests of the client, on a simulated server with virtual time: nothing sleeps, nothing reads a clock.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and helpers are parts of tests")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for what it expects; anything else fails it")]

mod calls;
mod close;
mod connect;
mod heartbeat;
mod malformed;
mod messages;
mod pitfalls;
mod push;
mod queue;
mod random;
mod reconnect;
mod secrets;
mod support;
mod time;
mod transitions;
mod vectors;
