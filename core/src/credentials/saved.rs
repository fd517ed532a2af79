//! The gate in a recording: headers as their names and lengths.

use serde::{Deserialize, Serialize};

use super::{Credentials, Driver};
use crate::record::{HeaderLengths, count};
use crate::time::Instant;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedCredentials {
    headers: HeaderLengths,
    anonymous: HeaderLengths,
    #[serde(deserialize_with = "count")]
    epoch: u32,
    can_refresh: bool,
    waits_until: Option<Instant>,
    not_before: Instant,
    is_refused: bool,
    since: Instant,
    driver: Driver,
}

impl SavedCredentials {
    /// How many bytes a replay has to hold for it.
    pub(crate) fn total(&self) -> usize {
        self.headers.total().saturating_add(self.anonymous.total())
    }

    pub(crate) fn restore(self) -> Credentials {
        Credentials {
            headers: self.headers.into_headers(0),
            anonymous: self.anonymous.into_headers(0),
            epoch: self.epoch,
            can_refresh: self.can_refresh,
            waits_until: self.waits_until,
            not_before: self.not_before,
            is_refused: self.is_refused,
            since: self.since,
            driver: self.driver,
        }
    }
}

impl Credentials {
    pub(crate) fn save(&self) -> SavedCredentials {
        SavedCredentials {
            headers: HeaderLengths::of(&self.headers),
            anonymous: HeaderLengths::of(&self.anonymous),
            epoch: self.epoch,
            can_refresh: self.can_refresh,
            waits_until: self.waits_until,
            not_before: self.not_before,
            is_refused: self.is_refused,
            since: self.since,
            driver: self.driver.clone(),
        }
    }
}
