//! Close codes, and why a socket is closed.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::config::millis;
use crate::endpoint::InvalidUrl;
use crate::error::Seconds;

/// The close code of a link.
///
/// What a browser reports is less than what the server said: 1006 is anything from a refused handshake to a killed
/// server, and neither `wasClean` nor a reason can be relied on.
///
/// ```
/// # use leptos_socket_core::CloseCode;
/// assert_eq!(CloseCode::RESTARTING.to_string(), "1012 (server restarting)");
/// assert_eq!(CloseCode::from(1006), CloseCode::ABNORMAL);
///
/// // Codes from 4000 on belong to the server:
/// const ROOM_DELETED: CloseCode = CloseCode::new(4404);
/// assert_eq!(ROOM_DELETED.meaning(), None);
/// assert_eq!(ROOM_DELETED.to_string(), "4404");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
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
    /// 1013: the server is overloaded.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 4401: by convention, the token is missing or has expired.
    pub const UNAUTHORIZED: Self = Self(4401);

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
            1013 => Some("try again later"),
            4401 => Some("unauthorized"),
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

/// What follows when a server closes a link.
///
/// ```
/// # use leptos_socket_core::{AfterClose, CloseCode, CloseRules};
/// use std::time::Duration;
///
/// // All four, as options:
/// let rules: CloseRules = serde_json::from_str(
///     r#"{ "4403": "stop", "4429": { "retryAfter": 60000 }, "1008": "retry", "4001": "refresh" }"#,
/// )?;
/// assert_eq!(rules.after(CloseCode::new(4403)), AfterClose::Stop);
/// assert_eq!(rules.after(CloseCode::new(4001)), AfterClose::Refresh);
/// assert_eq!(rules.after(CloseCode::new(4429)), AfterClose::RetryAfter(Duration::from_secs(60)));
/// assert_eq!(rules.after(CloseCode::POLICY), AfterClose::Retry);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub enum AfterClose {
    /// Another link is tried, after the usual backoff.
    Retry,
    /// Another link is tried, after this delay and the usual backoff.
    RetryAfter(Duration),
    /// The app gets a new token, and another link is tried. Without a refresh, or if that fails, as [`Stop`](Self::Stop).
    Refresh,
    /// The socket is closed until the app opens it again.
    Stop,
}

impl fmt::Display for AfterClose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry => f.write_str("retried"),
            Self::RetryAfter(delay) => write!(f, "retried after {}", Seconds(*delay)),
            Self::Refresh => f.write_str("retried with a new token"),
            Self::Stop => f.write_str("final"),
        }
    }
}

/// Which close codes are final, and which are retried when.
///
/// By default 1008 (policy) is final, because the server would say the same again; 1013 (try again later) is retried after
/// 10 s; 4401 (by convention: unauthorized) refreshes the token; and everything else is retried after the usual backoff, also
/// 1000, with which Channels ends a link without a reason, and 1011, which is one exception in a handler.
///
/// As JSON it is an object of codes and ranges:
/// `{ "4400-4499": "stop", "4429": { "retryAfter": 60000 }, "1008": "retry" }`.
///
/// ```
/// # use leptos_socket_core::{AfterClose, CloseCode, CloseRules};
/// use std::time::Duration;
///
/// let rules = CloseRules::default()
///     .on(4400..=4499, AfterClose::Stop)
///     .on(4429..=4429, AfterClose::RetryAfter(Duration::from_secs(60)));
/// assert_eq!(rules.after(CloseCode::new(4403)), AfterClose::Stop);
/// assert_eq!(rules.after(CloseCode::new(4429)), AfterClose::RetryAfter(Duration::from_secs(60)));
/// assert_eq!(rules.after(CloseCode::INTERNAL_ERROR), AfterClose::Retry);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloseRules(Vec<(RangeInclusive<u16>, AfterClose)>);

impl CloseRules {
    /// Adds a rule for a range of codes. Of all rules for a code the last one that was added counts.
    #[must_use]
    pub fn on(mut self, codes: RangeInclusive<u16>, then: AfterClose) -> Self {
        self.0.push((codes, then));
        self
    }

    #[cfg(feature = "record")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(RangeInclusive<u16>, AfterClose)> {
        self.0.iter()
    }

    /// What follows a code.
    #[must_use]
    pub fn after(&self, code: CloseCode) -> AfterClose {
        let rule = self.0.iter().rev().find(|(codes, _)| codes.contains(&code.as_u16()));
        match (rule, code) {
            (Some((_, then)), _) => *then,
            (None, CloseCode::POLICY) => AfterClose::Stop,
            (None, CloseCode::TRY_AGAIN_LATER) => AfterClose::RetryAfter(Duration::from_secs(10)),
            (None, CloseCode::UNAUTHORIZED) => AfterClose::Refresh,
            (None, _) => AfterClose::Retry,
        }
    }
}

/// Adds to the defaults. A narrower range wins over a wider one, because an object has no order.
impl<'de> Deserialize<'de> for CloseRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rules = BTreeMap::<String, Rule>::deserialize(deserializer)?;
        let mut rules = rules
            .into_iter()
            .map(|(codes, then)| Some((parse_codes(&codes)?, then.into())))
            .collect::<Option<Vec<(RangeInclusive<u16>, AfterClose)>>>()
            .ok_or_else(|| {
                D::Error::custom("a close code is a number such as \"4403\", or a range such as \"4400-4499\"")
            })?;
        rules.sort_by_key(|(codes, _)| std::cmp::Reverse(codes.len()));
        Ok(rules.into_iter().fold(Self::default(), |all, (codes, then)| all.on(codes, then)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Rule {
    Retry,
    RetryAfter(#[serde(deserialize_with = "millis")] Duration),
    Refresh,
    Stop,
}

impl From<Rule> for AfterClose {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Retry => Self::Retry,
            Rule::RetryAfter(delay) => Self::RetryAfter(delay),
            Rule::Refresh => Self::Refresh,
            Rule::Stop => Self::Stop,
        }
    }
}

fn parse_codes(codes: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = codes.split_once('-').unwrap_or((codes, codes));
    Some(first.parse().ok()?..=last.parse().ok()?).filter(|codes| !codes.is_empty())
}

/// Why a socket is closed for good: until the app tells it to reconnect, with `Socket::reconnect` in leptos-socket, with
/// [`Client::reconnect`](crate::Client::reconnect) or [`Client::connect`](crate::Client::connect) here.
///
/// ```
/// # use leptos_socket_core::{CloseCode, CloseReason};
/// /// What the user is told, if anything.
/// fn banner(reason: CloseReason) -> Option<String> {
///     match reason {
///         CloseReason::ByApp => None, // it was meant so
///         CloseReason::Refused(CloseCode::POLICY) => Some("Please log in again.".to_owned()),
///         reason => Some(format!("Not connected: {reason}.")),
///     }
/// }
/// let gave_up = banner(CloseReason::GaveUp { attempts: 5 });
/// assert_eq!(gave_up.as_deref(), Some("Not connected: gave up after 5 attempts to reconnect."));
/// # assert_eq!(banner(CloseReason::ByApp), None);
/// # assert_eq!(banner(CloseReason::Refused(CloseCode::POLICY)).as_deref(), Some("Please log in again."));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "record", derive(serde::Serialize, serde::Deserialize))]
pub enum CloseReason {
    /// The app closed it, or removed it.
    ByApp,
    /// No link could be kept in this many attempts to reconnect (`max_reconnect_attempts`).
    GaveUp {
        /// How many attempts were spent.
        attempts: u32,
    },
    /// The server closed the link with a code that is final (`close_rules`).
    Refused(CloseCode),
    /// The app gave a URL that cannot be connected to.
    InvalidUrl(InvalidUrl),
    /// The app gave a config that makes no sense.
    InvalidConfig,
    /// The socket left this address, and everything that was under way there has ended: see
    /// [`Client::leave`](crate::Client::leave).
    Left,
    /// The person who used the socket has signed out: see [`Client::sign_out`](crate::Client::sign_out).
    SignedOut,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByApp => f.write_str("closed by the app"),
            Self::GaveUp { attempts: 0 } => f.write_str("the connection was lost"),
            Self::GaveUp { attempts: 1 } => f.write_str("gave up after 1 attempt to reconnect"),
            Self::GaveUp { attempts } => write!(f, "gave up after {attempts} attempts to reconnect"),
            Self::Refused(code) => write!(f, "refused by the server with code {code}"),
            Self::InvalidUrl(error) => fmt::Display::fmt(error, f),
            Self::InvalidConfig => f.write_str("the config makes no sense"),
            Self::Left => f.write_str("left for another address"),
            Self::SignedOut => f.write_str("the user has signed out"),
        }
    }
}
