//! What is probably wrong. A browser says little: a handshake that was refused with 401 and a server that is gone are
//! both 1006.

use std::fmt;

use crate::close::{CloseCode, CloseReason};
use crate::event::SocketState;

/// How many times in a row something must happen before it is taken for more than chance.
const MANY: u32 = 3;

/// What is probably wrong with a socket that has no link. It is a guess: show it to the user, but don't base logic on it.
///
/// ```
/// # use leptos_socket_core::{CloseCode, Diagnosis};
/// fn advice(diagnosis: Diagnosis) -> String {
///     match diagnosis {
///         Diagnosis::Offline => "You are offline.".to_owned(),
///         Diagnosis::Restarting(_) => "We are updating. Back in a moment.".to_owned(),
///         Diagnosis::NeverOpened { .. } => "This cannot connect. Are you logged in?".to_owned(),
///         other => format!("Not connected: {other}."),
///     }
/// }
/// let nobody = Diagnosis::Unreachable { attempts: 4 };
/// assert_eq!(advice(nobody), "Not connected: the server cannot be reached.");
/// # assert_eq!(advice(Diagnosis::Restarting(CloseCode::RESTARTING)), "We are updating. Back in a moment.");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Diagnosis {
    /// The browser says that there is no network.
    Offline,
    /// The app's own function for URLs or tokens fails.
    NoEndpoint,
    /// The server closed the link with a code that is final.
    Refused(CloseCode),
    /// No link ever opened in this many attempts, though there may be a server: a wrong address, a missing session, a
    /// refused origin.
    NeverOpened {
        /// How many attempts failed in a row.
        attempts: u32,
    },
    /// Links open and are lost again at once.
    Flapping {
        /// How many links in a row were lost young.
        links: u32,
    },
    /// The server said that it goes away or restarts.
    Restarting(CloseCode),
    /// Nobody answers.
    Unreachable {
        /// How many attempts failed in a row.
        attempts: u32,
    },
    /// The link was lost, and no attempt was made yet.
    Lost(CloseCode),
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline => f.write_str("there is no network"),
            Self::NoEndpoint => f.write_str("the address of the server could not be found out"),
            Self::Refused(code) => write!(f, "the server refuses this client with code {code}"),
            Self::NeverOpened { .. } => {
                f.write_str("the server could never be reached: is the address right, and access granted?")
            }
            Self::Flapping { .. } => f.write_str("the server accepts connections and drops them at once"),
            Self::Restarting(_) => f.write_str("the server is restarting"),
            Self::Unreachable { .. } => f.write_str("the server cannot be reached"),
            Self::Lost(_) => f.write_str("the connection was lost"),
        }
    }
}

/// Why a link, or an attempt at one, came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Loss {
    /// The link said so.
    Closed(CloseCode),
    /// It gave no sign of life, or did not open in time.
    Silent,
    /// Nobody could say where to open it to.
    NoEndpoint,
}

impl Loss {
    pub(crate) const fn code(self) -> CloseCode {
        match self {
            Self::Closed(code) => code,
            Self::Silent | Self::NoEndpoint => CloseCode::ABNORMAL,
        }
    }
}

/// What the attempts of a socket came to so far.
#[derive(Debug)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
pub(crate) struct Record {
    ever_opened: bool,
    /// Attempts in a row that opened no link.
    failures: u32,
    /// Links in a row that opened and were lost young.
    flaps: u32,
    /// Whether the token was refreshed since there was a link.
    refreshed: bool,
    last: Option<Loss>,
    /// How the last link that was open ended.
    last_link: Option<CloseCode>,
    /// How the last link, open or not, ended.
    last_close_code: CloseCode,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            ever_opened: false,
            failures: 0,
            flaps: 0,
            refreshed: false,
            last: None,
            last_link: None,
            last_close_code: CloseCode::ABNORMAL,
        }
    }
}

impl Record {
    /// The app says so: what was before does not count.
    pub(crate) const fn start_afresh(&mut self) {
        (self.failures, self.flaps) = (0, 0);
        (self.last, self.last_link) = (None, None);
    }

    pub(crate) const fn opened(&mut self) {
        (self.ever_opened, self.refreshed) = (true, false);
        self.failures = 0;
        self.last = None;
    }

    pub(crate) fn attempt_failed(&mut self, loss: Loss) {
        self.failures = self.failures.saturating_add(1);
        self.last = Some(loss);
        self.last_close_code = loss.code();
    }

    pub(crate) fn link_lost(&mut self, loss: Loss, was_young: bool) {
        self.flaps = if was_young { self.flaps.saturating_add(1) } else { 0 };
        self.last = Some(loss);
        self.last_link = Some(loss.code());
        self.last_close_code = loss.code();
    }

    /// Whether so many attempts in a row opened no link that a dead token may be the reason, and no new one was tried.
    pub(crate) const fn may_be_unauthorized(&self) -> bool {
        self.failures >= MANY && !self.refreshed
    }

    /// The attempts to come have a new token.
    pub(crate) const fn refreshed(&mut self) {
        self.refreshed = true;
    }

    /// The page is put away: that says nothing about the server.
    pub(crate) const fn suspended(&mut self) {
        self.last_close_code = CloseCode::NORMAL;
    }

    pub(crate) const fn last_close_code(&self) -> CloseCode {
        self.last_close_code
    }

    /// What is likely wrong, if there is no link though the app wants one.
    pub(crate) fn diagnosis(&self, state: SocketState, online: bool) -> Option<Diagnosis> {
        let refused = match state {
            SocketState::Connecting { .. }
            | SocketState::Backoff { .. }
            | SocketState::Closed(CloseReason::GaveUp { .. }) => None,
            SocketState::Closed(CloseReason::Refused(code)) => Some(code),
            SocketState::Idle
            | SocketState::Open
            | SocketState::Slow
            | SocketState::Closed(
                CloseReason::ByApp
                | CloseReason::InvalidUrl(_)
                | CloseReason::InvalidConfig
                | CloseReason::Left
                | CloseReason::SignedOut,
            ) => return None,
        };
        let last = self.last?;
        let attempts = self.failures;
        if let Some(code) = refused {
            return Some(Diagnosis::Refused(code));
        }
        let restart = self.last_link.filter(|code| attempts < MANY && is_restart(*code));
        Some(match restart {
            _ if !online => Diagnosis::Offline,
            _ if last == Loss::NoEndpoint => Diagnosis::NoEndpoint,
            _ if !self.ever_opened && attempts >= MANY => Diagnosis::NeverOpened { attempts },
            Some(code) => Diagnosis::Restarting(code),
            None if attempts > 0 => Diagnosis::Unreachable { attempts },
            None if self.flaps >= MANY => Diagnosis::Flapping { links: self.flaps },
            None => Diagnosis::Lost(last.code()),
        })
    }
}

fn is_restart(code: CloseCode) -> bool {
    [CloseCode::GOING_AWAY, CloseCode::RESTARTING].contains(&code)
}
