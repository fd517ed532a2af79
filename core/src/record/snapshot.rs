//! The whole state of a client, without secrets.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::redact::KeptReply;
use super::trace::{TraceError, count};
use crate::calls::SavedCalls;
use crate::close::{AfterClose, CloseRules};
use crate::config::SocketConfig;
use crate::connection::Connection;
use crate::credentials::SavedCredentials;
use crate::event::{CallId, SocketState};
use crate::notice::Notice;
use crate::rng::Uuids;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Snapshot {
    pub(crate) config: SavedConfig,
    pub(crate) uuids: Uuids,
    pub(crate) connection: Connection,
    pub(crate) credentials: SavedCredentials,
    pub(crate) calls: SavedCalls,
    pub(crate) departing: Option<SavedDeparting>,
    pub(crate) shown: SocketState,
    pub(crate) is_final: bool,
    #[serde(deserialize_with = "count")]
    pub(crate) pings: u64,
    pub(crate) notices: [u32; Notice::KINDS],
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedDeparting {
    pub(crate) id: CallId,
    pub(crate) draft_len: usize,
    pub(crate) refused: Option<KeptReply>,
    pub(crate) was_sent: bool,
}

impl Snapshot {
    /// How many bytes a replay has to hold for it.
    pub(crate) fn total(&self) -> usize {
        let departing = self.departing.as_ref().and_then(|departing| departing.refused.as_ref());
        let parts = [self.credentials.total(), self.calls.total(), departing.map_or(0, KeptReply::total)];
        parts.into_iter().fold(0, usize::saturating_add)
    }
}

/// A duration in nanoseconds, as exact as an [`Instant`](crate::Instant), where it saturates.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Nanos(u64);

impl From<Duration> for Nanos {
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl From<Nanos> for Duration {
    fn from(Nanos(nanos): Nanos) -> Self {
        Self::from_nanos(nanos)
    }
}

fn saved_rule((codes, then): &(RangeInclusive<u16>, AfterClose)) -> (u16, u16, AfterClose) {
    (*codes.start(), *codes.end(), *then)
}

/// Each option with the type that is written. Global headers belong to the credentials.
macro_rules! saved_config {
    ($($name:ident: $type:ty),+ $(,)?) => {
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct SavedConfig {
            request_timeout: Option<Nanos>,
            close_rules: Vec<(u16, u16, AfterClose)>,
            $($name: $type,)+
        }

        impl SavedConfig {
            pub(crate) fn of(config: &SocketConfig) -> Self {
                Self {
                    request_timeout: config.request_timeout().map(Into::into),
                    close_rules: config.close_rules().iter().map(saved_rule).collect(),
                    $($name: config.$name().into(),)+
                }
            }

            pub(crate) fn into_config(self) -> Result<SocketConfig, TraceError> {
                let rules = self.close_rules.into_iter();
                let rules = rules.fold(CloseRules::default(), |rules, (first, last, then)| rules.on(first..=last, then));
                let config = SocketConfig::builder()
                    .request_timeout(self.request_timeout.map(Into::into))
                    .close_rules(rules)
                    $(.$name(self.$name.into()))+;
                config.build().map_err(|_| TraceError::Impossible("its config makes no sense"))
            }
        }
    };
}

saved_config! {
    heartbeat_rate: Nanos,
    heartbeat_timeout_duration: Nanos,
    busy_timeout: Nanos,
    max_reconnect_attempts: Option<u32>,
    connect_timeout: Nanos,
    close_timeout: Nanos,
    backoff_base: Nanos,
    backoff_max: Nanos,
    min_uptime: Nanos,
    queue_capacity: usize,
    queue_bytes: usize,
    high_water_mark: usize,
    refresh_cooldown: Nanos,
    max_request_size: usize,
    max_message_size: usize,
}
