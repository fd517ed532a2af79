//! The flight recorder: what happened to a client in the last minute, to be played again.
//!
//! A client is a pure function of what it is told. So a trace holds the state that the client had at first, without secrets, and
//! each operation since then: [`replay()`] restores the client and does it all again, with the same outputs. A report of a bug that
//! comes with a trace is a test.
//!
//! ```
//! use leptos_socket_core::record::{Recorder, replay};
//! use leptos_socket_core::{Client, Instant, SocketConfig};
//! use std::time::Duration;
//!
//! let mut client = Client::new(SocketConfig::default(), 42);
//! client.record(Instant::ZERO, Recorder::new(Duration::from_secs(60)));
//! client.connect(Instant::ZERO);
//! client.handle_timeout(Instant::from_millis(10_000));
//!
//! let json = client.trace().expect("it is recorded").to_string();
//! for step in replay(&json)? {
//!     println!("{} {step}", step.at());
//!     assert!(step.is_same());
//! }
//! # Ok::<(), leptos_socket_core::record::TraceError>(())
//! ```
//!
//! # What is recorded
//!
//! - **Payloads and header values are recorded as their lengths**, so that a replay meets the same limits. Payloads are
//!   recorded if [`Recorder::payloads`] asks for them; header values and the queries of URLs never are.
//! - Routes, uuids, statuses, names of headers, close codes, times, and the options of the client are recorded as they are.
//! - Of a frame that came in, what the client read in it is recorded, or why it could not be read.
//! - The last two windows are kept, each as long as asked for and each with a checkpoint, in bounded memory
//!   ([`Recorder::max_bytes`]).

mod heard;
mod op;
mod outcome;
mod redact;
mod replay;
mod snapshot;
mod tape;
mod trace;
mod words;

#[doc(no_inline)]
pub use crate::event::{Event, Transmit};
pub use outcome::Output;
pub use replay::{Replay, Step, replay};
pub use tape::Recorder;
pub use trace::{Trace, TraceError};

pub(crate) use op::{Happened, Op, Submitted};
pub(crate) use redact::{HeaderLengths, KeptReply, Text};
pub(crate) use snapshot::{SavedConfig, SavedDeparting, Snapshot};
pub(crate) use tape::Tape;
pub(crate) use trace::{count, endpoint, hex, hex_pair, uuid};
