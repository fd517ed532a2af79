//! Everything that can happen.

use leptos_socket_core::Hint;

/// Links and frames are counted from the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    // The app.
    Connect,
    Reconnect,
    Close,
    Call {
        /// In milliseconds.
        timeout: Option<u64>,
        idempotent: bool,
    },
    Send,
    /// The nth call that is open.
    Cancel(usize),
    // The network, on one of the last links.
    Resolved(usize),
    Unresolved(usize),
    Opened(usize),
    Lost(usize, u16),
    // The server, on one of the last links.
    /// To one of the last frames that left: in time, late, or once more.
    Answer(usize, usize),
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

/// A push, two answers to nobody (one in the form of the client's own), two frames that are no message, and a pong.
const TEXTS: [&str; 6] = [
    r#"{"route": "news", "payload": 1}"#,
    r#"{"uuid": "00000000-0000-4000-8000-000000000000", "status": 200}"#,
    r#"{"uuid": 7, "route": [], "headers": 1, "status": "x", "payload": NaN}"#,
    "[",
    "",
    r#"{"route": "PONG"}"#,
];

const HINTS: [Hint; 5] = [Hint::Online, Hint::Offline, Hint::Frozen, Hint::Suspended, Hint::Resumed];

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
            7 => Self::Reconnect,
            8 => Self::Close,
            9..21 => Self::Call {
                timeout: rest.is_multiple_of(4).then_some((rest / 8) as u64 % 5_000),
                idempotent: rest % 8 < 4,
            },
            21..23 => Self::Send,
            23..25 => Self::Cancel(rest % 8),
            25..29 => Self::Resolved(link),
            29 => Self::Unresolved(link),
            30..34 => Self::Opened(link),
            34..38 => Self::Lost(link, [1006, 1006, 1006, 1011, 1008, 1013, 4000][rest % 7]),
            38..46 => Self::Answer(link, rest % 6),
            46..49 => Self::Text(link, TEXTS[rest % TEXTS.len()]),
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
