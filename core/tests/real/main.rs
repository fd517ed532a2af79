//! The client against the three real backends, over the native driver of the examples.
//!
//! ```text
//! scripts/setup.sh backend
//! cargo test -p leptos-socket-core --test real
//! ```
//!
//! A plain `cargo test` leaves them out, because they need Python.

#![allow(clippy::wildcard_enum_match_arm, reason = "what a test does not expect is all the same to it")]

#[path = "../../examples/native.rs"]
#[allow(dead_code, reason = "the example is also a program of its own")]
mod native;

// Clippy allows tests to unwrap, and knows them by this.
#[cfg(test)]
mod quirks;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod server;
#[cfg(test)]
mod socket;
