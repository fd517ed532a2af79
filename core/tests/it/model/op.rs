//! Everything that can happen.

use leptos_socket_core::{Hint, Priority};

/// Links, calls and frames are counted from the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    // The app.
    Connect,
    Reconnect,
    Close,
    Leave,
    /// The person who used the socket is gone.
    SignOut,
    /// The same person has another token.
    SetToken,
    Submit(Submit),
    Cancel(usize),
    /// The app answers the last refresh that it was asked for, or an earlier one.
    Refreshed {
        earlier: bool,
        has_token: bool,
    },
    // The driver.
    /// For this many operations nobody asks the client what to do.
    Dawdle(usize),
    /// The link takes no frame any more.
    Refuse,
    /// The link has sent so many quarters of what waits in it.
    Drain(usize),
    // The network, on one of the last links.
    Resolved(usize),
    Unresolved(usize),
    Opened(usize),
    Lost(usize, u16),
    // The server, on one of the last links.
    /// To one of the last frames that left: in time, late, or once more.
    Answer {
        link: usize,
        which: usize,
        status: u16,
    },
    Text(usize, &'static str),
    Binary(usize),
    // The clock.
    Hint(Hint),
    /// This many milliseconds, and then the timers.
    Pass(u64),
    /// This many milliseconds, and nobody looks at the timers.
    Drift(u64),
    /// To the next timer.
    Timer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Submit {
    pub(crate) wants_reply: bool,
    /// In milliseconds.
    pub(crate) timeout: Option<u64>,
    pub(crate) idempotent: bool,
    pub(crate) priority: Priority,
    pub(crate) anonymous: bool,
    pub(crate) retries: bool,
    pub(crate) waits_for_link: bool,
    pub(crate) bounded: bool,
    /// Of the payload, about, in bytes.
    pub(crate) size: usize,
}

impl Submit {
    pub(crate) const CALL: Self = Self {
        wants_reply: true,
        timeout: None,
        idempotent: false,
        priority: Priority::Call,
        anonymous: false,
        retries: true,
        waits_for_link: true,
        bounded: true,
        size: 10,
    };

    fn from_number(number: usize) -> Self {
        let bit = |bit: usize| number >> bit & 1 == 1;
        Self {
            wants_reply: !number.is_multiple_of(3),
            timeout: bit(2).then_some((number >> 10) as u64 % if bit(3) { 60_000 } else { 5_000 }),
            idempotent: bit(3),
            priority: [Priority::Call, Priority::Call, Priority::First, Priority::Bulk][number >> 4 & 3],
            anonymous: bit(6) && bit(7),
            retries: !(bit(8) && bit(9)),
            waits_for_link: !number.is_multiple_of(11),
            bounded: !number.is_multiple_of(7),
            size: if number.is_multiple_of(5) { number >> 6 & 0x1ff } else { 10 },
        }
    }
}

/// A push, two answers to nobody (one in the form of the client's own), two frames that are not messages, and a pong.
const TEXTS: [&str; 6] = [
    r#"{"route": "news", "payload": 1}"#,
    r#"{"uuid": "00000000-0000-4000-8000-000000000000", "status": 200}"#,
    r#"{"uuid": 7, "route": [], "headers": 1, "status": "x", "payload": NaN}"#,
    "[",
    "",
    r#"{"route": "PONG"}"#,
];

pub(crate) const HINTS: [Hint; 6] =
    [Hint::Online, Hint::Offline, Hint::Frozen, Hint::Suspended, Hint::Resumed, Hint::Slept];

const CODES: [u16; 8] = [1006, 1006, 1006, 1011, 1008, 1013, 4000, 4401];

const NIGHT: u64 = 8 * 3_600_000;

impl Op {
    /// Every number is an operation, which is much faster to draw than a tree of choices. Those that make things happen
    /// come more often, and one is several: a link opens.
    pub(crate) fn from_number(number: u32) -> Vec<Self> {
        let (choice, rest) = (number % 64, (number / 64) as usize);
        // Mostly the newest link.
        let link = (rest % 16).saturating_sub(12);
        let rest = rest / 16;
        vec![match choice {
            0..6 => return vec![Self::Connect, Self::Hint(Hint::Online), Self::Resolved(0), Self::Opened(0)],
            6 => Self::Connect,
            7 if rest.is_multiple_of(2) => Self::Reconnect,
            7 if rest % 8 == 1 => Self::Leave,
            7 if rest % 8 == 3 => Self::SignOut,
            7 => Self::SetToken,
            8 => Self::Close,
            9..23 => Self::Submit(Submit::from_number(rest)),
            23 => Self::Cancel(rest % 8),
            24 => Self::SetToken,
            25..28 => Self::Resolved(link),
            28 => Self::Unresolved(link),
            29..32 => Self::Opened(link),
            32..35 => Self::Lost(link, CODES[rest % CODES.len()]),
            35..42 => {
                Self::Answer { link, which: rest / 4 % 6, status: if rest.is_multiple_of(3) { 401 } else { 200 } }
            }
            42..44 => Self::Refreshed { earlier: rest.is_multiple_of(5), has_token: rest % 3 > 0 },
            44 => Self::Dawdle(rest % 5),
            45 => Self::Refuse,
            46 => Self::Drain(rest % 5),
            47..49 => Self::Text(link, TEXTS[rest % TEXTS.len()]),
            49 => Self::Binary(link),
            50..52 => Self::Hint(HINTS[rest % HINTS.len()]),
            52..56 => Self::Pass(some_time(rest)),
            56 => Self::Drift(some_time(rest)),
            _ => Self::Timer,
        }]
    }
}

/// In milliseconds: mostly short, seldom a night.
const fn some_time(number: usize) -> u64 {
    match number % 10 {
        0 => NIGHT,
        1..4 => number as u64 % 4_000,
        _ => number as u64 % 500,
    }
}
