//! Plays a trace again.

use std::collections::VecDeque;
use std::fmt;

use super::op::{Fillers, Op};
use super::outcome::{Digest, Output};
use super::trace::{ReadClient, TraceError, read};
use super::words::InWords;
use crate::client::Client;
use crate::event::CallId;
use crate::time::Instant;

/// Plays a trace again, step by step: an iterator of [`Step`]s. Natively and in WebAssembly it gives the same.
///
/// Payloads and header values that were recorded as lengths are fillers that are as long.
///
/// # Errors
///
/// The text is not a trace, or one of another version of this crate.
///
/// # Examples
///
/// A trace as a test, of a socket that should not have given up, say:
///
/// ```
/// use leptos_socket_core::record::{Output, Step, replay};
/// use leptos_socket_core::{Event, SocketState};
/// # use leptos_socket_core::{Client, Instant, SocketConfig, record::{Recorder, TraceError}};
/// # let mut client = Client::new(SocketConfig::default(), 42);
/// # client.record(Instant::ZERO, Recorder::new(std::time::Duration::from_secs(60)));
/// # client.connect(Instant::ZERO);
/// # client.handle_timeout(Instant::from_millis(10_000));
/// # let json = &client.trace().expect("it is recorded").to_string();
///
/// let steps: Vec<Step> = replay(json)?.collect(); // of `include_str!("traces/it-gave-up.json")`
/// assert!(steps.iter().all(Step::is_same)); // until the bug is fixed
/// let mut outputs = steps.iter().flat_map(Step::outputs);
/// assert!(!outputs.any(|output| matches!(output, Output::Event(Event::StateChanged(SocketState::Closed(_))))));
/// # Ok::<(), TraceError>(())
/// ```
pub fn replay(json: &str) -> Result<Replay, TraceError> {
    let players = read(json)?.into_iter().map(Player::new).collect::<Result<_, _>>()?;
    Ok(Replay { players })
}

/// A trace that is played again. The clients take turns, in the order of time.
#[derive(Debug)]
#[must_use = "a replay does nothing until it is iterated over"]
pub struct Replay {
    players: Vec<Player>,
}

#[derive(Debug)]
struct Player {
    place: Option<String>,
    client: Client,
    ops: VecDeque<(Instant, Op<'static>, u32)>,
    fillers: Fillers,
}

impl Replay {
    /// How many clients were recorded.
    #[must_use]
    pub const fn clients(&self) -> usize {
        self.players.len()
    }

    /// Where this client connects to, without the query, if that is known.
    #[must_use]
    pub fn place(&self, client: usize) -> Option<&str> {
        self.players.get(client)?.place.as_deref()
    }

    /// The client as it is after the last step: at first, as it was when the recording begins.
    #[must_use]
    pub fn client(&self, client: usize) -> Option<&Client> {
        self.players.get(client).map(|player| &player.client)
    }

    /// The clients as they are after the last step: a test can go on from there.
    #[must_use]
    pub fn into_clients(self) -> Vec<Client> {
        self.players.into_iter().map(|player| player.client).collect()
    }
}

impl Iterator for Replay {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let next = |(nth, player): (usize, &Player)| player.ops.front().map(|(at, ..)| (*at, nth));
        let (_, nth) = self.players.iter().enumerate().filter_map(next).min()?;
        let player = self.players.get_mut(nth)?;
        let (at, op, expected) = player.ops.pop_front()?;
        let answers = op.answers(&player.client);
        let outputs = op.clone().apply(&mut player.client, at, &mut player.fillers);
        let mut digest = Digest::default();
        outputs.iter().for_each(|output| digest.output(output));
        Some(Step { client: nth, at, op, answers, outputs, is_same: digest.finish() == expected })
    }
}

impl Player {
    fn new(ReadClient { place, start, ops }: ReadClient) -> Result<Self, TraceError> {
        Ok(Self { place, client: Client::restore(start)?, ops: ops.into(), fillers: Fillers::default() })
    }
}

/// One operation of a trace, and what it brought in the replay. `Display` says it in words, one line for each output.
#[derive(Clone, Debug)]
pub struct Step {
    client: usize,
    at: Instant,
    op: Op<'static>,
    /// The call that it answers.
    answers: Option<CallId>,
    outputs: Vec<Output>,
    is_same: bool,
}

impl Step {
    /// Which of the recorded clients it happened to, from 0 on.
    #[must_use]
    pub const fn client(&self) -> usize {
        self.client
    }

    /// When it happened, by the clock of the driver.
    #[must_use]
    pub const fn at(&self) -> Instant {
        self.at
    }

    /// What it brought.
    #[must_use]
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Whether it brought the same when it was recorded. After the first step that did not, the others may differ only because
    /// of that.
    #[must_use]
    pub const fn is_same(&self) -> bool {
        self.is_same
    }

    /// Whether nothing is worth telling: the client was polled and had nothing to do.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.outputs.is_empty() && matches!(self.op, Op::Poll(..))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", InWords(&self.op, self.answers))?;
        self.outputs.iter().try_for_each(|output| write!(f, "\n  {output}"))
    }
}
