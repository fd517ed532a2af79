//! Close codes, and why a socket is closed.

use std::fmt;

/// The close code of a link.
///
/// What a browser reports is less than what the server said: 1006 is anything from a refused handshake to a killed
/// server, and neither `wasClean` nor a reason can be relied on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: closed on purpose.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the server goes away, or the page does.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1005: the peer named no code.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: no close frame came; the network, a refused handshake, or a server that died.
    pub const ABNORMAL: Self = Self(1006);
    /// 1008: the server refuses this client.
    pub const POLICY: Self = Self(1008);
    /// 1009: a message was too big.
    pub const TOO_BIG: Self = Self(1009);
    /// 1011: a handler of the server crashed.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the server restarts.
    pub const RESTARTING: Self = Self(1012);

    /// The code `code`, named or not.
    #[must_use]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// What the code means in a few words; `None` for a code that belongs to the application.
    #[must_use]
    pub const fn meaning(self) -> Option<&'static str> {
        match self.0 {
            1000 => Some("closed normally"),
            1001 => Some("going away"),
            1005 => Some("no code given"),
            1006 => Some("connection lost"),
            1008 => Some("refused by policy"),
            1009 => Some("message too big"),
            1011 => Some("internal server error"),
            1012 => Some("server restarting"),
            _ => None,
        }
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meaning() {
            Some(meaning) => write!(f, "{} ({meaning})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({self})")
    }
}

/// Why a socket is closed for good, until [`reconnect`](crate::Client::reconnect).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// The app closed it, or removed it.
    ByApp,
    /// No link could be kept in this many attempts to reconnect (`max_reconnect_attempts`).
    GaveUp {
        /// How many attempts were spent.
        attempts: u32,
    },
    /// The server closed the link with a code that is final (`final_close_codes`).
    Refused(CloseCode),
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByApp => f.write_str("closed by the app"),
            Self::GaveUp { attempts: 0 } => f.write_str("the connection was lost"),
            Self::GaveUp { attempts: 1 } => f.write_str("gave up after 1 attempt to reconnect"),
            Self::GaveUp { attempts } => write!(f, "gave up after {attempts} attempts to reconnect"),
            Self::Refused(code) => write!(f, "refused by the server with code {code}"),
        }
    }
}
