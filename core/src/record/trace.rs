//! The document that a recording is exported as.

use std::fmt;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;
use serde_json::value::RawValue;

use super::op::Op;
use super::snapshot::Snapshot;
use crate::endpoint::Endpoint;
use crate::time::Instant;

/// A change of the format, or of what a digest is made of, is a new version.
const VERSION: u64 = 1;

/// More than a replay may have to hold.
const MOST_TOTAL: usize = 1024 * 1024 * 1024;

/// What was recorded of one client, or of several: one JSON document, which [`replay`](super::replay()) takes.
///
/// `Display` and `Serialize` write it.
///
/// ```
/// use leptos_socket_core::record::{Recorder, Trace, replay};
/// use leptos_socket_core::{Client, Instant, SocketConfig};
/// use std::time::Duration;
///
/// let (now, mut client) = (Instant::ZERO, Client::new(SocketConfig::default(), 42));
/// client.record(now, Recorder::new(Duration::from_secs(60)));
/// client.connect(now);
/// let trace: Option<Trace> = client.trace();
/// let json = trace.map(|trace| trace.to_string()).unwrap_or_default();
/// assert_eq!(replay(&json)?.count(), 1);
/// # Ok::<(), leptos_socket_core::record::TraceError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    clients: Vec<ClientTrace>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientTrace {
    place: Option<String>,
    start: String,
    /// With a comma after each.
    ops: String,
}

impl ClientTrace {
    pub(crate) const fn new(start: String, ops: String) -> Self {
        Self { place: None, start, ops }
    }
}

impl Trace {
    pub(crate) fn of(client: ClientTrace) -> Self {
        Self { clients: vec![client] }
    }

    /// Adds where the client connects to, without query and credentials.
    #[must_use]
    pub fn at(mut self, endpoint: &Endpoint) -> Self {
        for client in &mut self.clients {
            client.place = Some(endpoint.to_string());
        }
        self
    }
}

/// One document of several.
impl FromIterator<Self> for Trace {
    fn from_iter<I: IntoIterator<Item = Self>>(traces: I) -> Self {
        Self { clients: traces.into_iter().flat_map(|trace| trace.clients).collect() }
    }
}

/// One line for each operation.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"{{"version":{VERSION},"crate":"{}","clients":["#, env!("CARGO_PKG_VERSION"))?;
        for (nth, ClientTrace { place, start, ops }) in self.clients.iter().enumerate() {
            let place = serde_json::to_string(place).map_err(|_| fmt::Error)?;
            let ops = ops.strip_suffix(',').unwrap_or(ops);
            let comma = if nth > 0 { "," } else { "" };
            write!(f, "{comma}\n{{\"place\":{place},\"start\":{start},\"ops\":[{ops}]}}")?;
        }
        f.write_str("]}")
    }
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// Why a text is not a trace that can be replayed.
///
/// ```
/// use leptos_socket_core::record::{TraceError, replay};
///
/// assert!(matches!(replay("[]"), Err(TraceError::Unreadable(_))));
/// assert!(matches!(replay(r#"{"version": 9}"#), Err(TraceError::Version(9))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// It is not JSON, or not a trace. With what is wrong, and where.
    #[error("this is not a trace: {0}")]
    Unreadable(String),
    /// It was recorded by a version of this crate with another format.
    #[error("the trace has format {0}, and this version of the crate reads format {VERSION}")]
    Version(u64),
    /// It starts with a state that no client has, or one that contradicts itself.
    #[error("the trace starts with an impossible state: {0}")]
    Impossible(&'static str),
    /// A replay would need more than 1 GiB.
    #[error("the messages of the trace are too large to replay")]
    TooLarge,
}

impl From<serde_json::Error> for TraceError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

#[derive(Deserialize)]
struct Document {
    clients: Vec<ReadClient>,
}

#[derive(Deserialize)]
pub(super) struct ReadClient {
    #[serde(default)]
    pub(super) place: Option<String>,
    pub(super) start: Snapshot,
    pub(super) ops: Vec<(Instant, Op<'static>, u32)>,
}

pub(super) fn read(json: &str) -> Result<Vec<ReadClient>, TraceError> {
    let Versioned { version } = serde_json::from_str(json)?;
    if version != VERSION {
        return Err(TraceError::Version(version));
    }
    let Document { clients } = serde_json::from_str(json)?;
    let totals = clients.iter().flat_map(|client| {
        let ops = client.ops.iter().map(|(_, op, _)| op.total());
        ops.chain([client.start.total()])
    });
    let total = totals.fold(0, usize::saturating_add);
    if total > MOST_TOTAL { Err(TraceError::TooLarge) } else { Ok(clients) }
}

/// Nanoseconds; -1 for the end of time, of which JavaScript would round the number.
impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::END { (-1_i64).serialize(serializer) } else { self.as_nanos().serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let nanos = Number::deserialize(deserializer)?.as_u64();
        Ok(nanos.map_or(Self::END, Self::from_nanos))
    }
}

/// The numbers of calls, links and pings: so small that no count of them runs over in a replay.
pub(crate) fn count<'de, D: Deserializer<'de>, N: TryFrom<u64>>(deserializer: D) -> Result<N, D::Error> {
    let count = u64::deserialize(deserializer)?;
    let small = Some(count).filter(|count| *count < 1 << 31).and_then(|count| N::try_from(count).ok());
    small.ok_or_else(|| D::Error::custom("too large a count"))
}

/// An endpoint without what may be secret in it.
pub(crate) mod endpoint {
    use super::{Deserialize, Deserializer, Endpoint, Serialize, Serializer};
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(endpoint: &Endpoint, serializer: S) -> Result<S::Ok, S::Error> {
        endpoint.to_string().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Endpoint, D::Error> {
        Endpoint::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

pub(crate) mod uuid {
    use super::{Deserialize, Deserializer, Serialize, Serializer};
    use ::uuid::Uuid;
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(uuid: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
        uuid.to_string().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
        Uuid::parse_str(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Numbers that JavaScript would round.
pub(crate) mod hex {
    use super::{Deserialize, Deserializer, Serialize, Serializer};
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        format!("{number:x}").serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        u64::from_str_radix(&String::deserialize(deserializer)?, 16).map_err(D::Error::custom)
    }
}

/// Two of them.
pub(crate) mod hex_pair {
    use super::{Deserialize, Deserializer, Serialize, Serializer};
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>([first, second]: &[u64; 2], serializer: S) -> Result<S::Ok, S::Error> {
        [format!("{first:x}"), format!("{second:x}")].serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u64; 2], D::Error> {
        let [first, second] = <[String; 2]>::deserialize(deserializer)?;
        let number = |text: &str| u64::from_str_radix(text, 16).map_err(D::Error::custom);
        Ok([number(&first)?, number(&second)?])
    }
}
