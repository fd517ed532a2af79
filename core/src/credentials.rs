//! The gate for tokens: one refresh at a time, asked once for everyone who needs it.

use std::time::Duration;

use crate::event::Transmit;
use crate::headers::Headers;
use crate::time::Instant;

#[cfg(feature = "record")]
mod saved;
#[cfg(feature = "record")]
pub(crate) use saved::SavedCredentials;

/// The headers of the person who uses the socket, and how the app gets new ones.
#[derive(Debug)]
pub(crate) struct Credentials {
    headers: Headers,
    /// Those of anonymous messages.
    anonymous: Headers,
    /// How often the headers were replaced.
    epoch: u32,
    can_refresh: bool,
    /// Until when calls wait for a new token, if they do.
    waits_until: Option<Instant>,
    /// No refresh is asked for before this.
    not_before: Instant,
    /// Whether the last refresh brought nothing, or a token that the server refuses too.
    is_refused: bool,
    /// When the last refresh ended.
    since: Instant,
    driver: Driver,
}

/// How long no other refresh starts after one that did not help. It is not earned while a lost link is being replaced: a refresh
/// that fails then says nothing about the token, because it needs the network too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cooldown {
    pub(crate) lasts: Duration,
    pub(crate) is_earned: bool,
}

/// What the driver has to do about it, and does. It may go on when nobody waits any more: then its result still counts.
#[derive(Debug, Default)]
#[cfg_attr(feature = "record", derive(Clone, serde::Serialize, serde::Deserialize))]
struct Driver {
    /// How many refreshes it was told to start.
    #[cfg_attr(feature = "record", serde(deserialize_with = "crate::record::count"))]
    number: u32,
    /// Whether the last of them still runs.
    runs: bool,
    has_to_start: bool,
}

impl Credentials {
    pub(crate) fn new(headers: Headers) -> Self {
        let driver = Driver::default();
        Self {
            headers,
            anonymous: Headers::new(),
            epoch: 0,
            can_refresh: false,
            waits_until: None,
            not_before: Instant::ZERO,
            is_refused: false,
            since: Instant::ZERO,
            driver,
        }
    }

    pub(crate) const fn headers_for(&self, is_anonymous: bool) -> &Headers {
        if is_anonymous { &self.anonymous } else { &self.headers }
    }

    pub(crate) fn set_anonymous_headers(&mut self, headers: Headers) {
        self.anonymous = headers;
    }

    pub(crate) const fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) fn set_headers(&mut self, headers: Headers) {
        if self.headers != headers {
            self.headers = headers;
            self.epoch += 1;
            self.is_refused = false;
        }
    }

    pub(crate) const fn enable_refresh(&mut self, enable: bool) {
        self.can_refresh = enable;
    }

    pub(crate) const fn can_refresh(&self) -> bool {
        self.can_refresh
    }

    /// Until when calls wait for a new token, if they do.
    pub(crate) const fn refreshes_until(&self) -> Option<Instant> {
        self.waits_until
    }

    /// A new token is wanted. Returns whether one is on its way.
    pub(crate) fn want_refresh(&mut self, now: Instant, timeout: Duration) -> bool {
        if self.can_refresh && self.waits_until.is_none() && now >= self.not_before {
            self.waits_until = Some(now + timeout);
            self.driver.has_to_start = true;
        }
        self.waits_until.is_some()
    }

    /// The app answered. Returns whether that is the answer to the refresh that runs.
    pub(crate) fn on_answer(
        &mut self,
        now: Instant,
        number: u32,
        headers: Option<Headers>,
        cooldown: Cooldown,
    ) -> bool {
        if !self.driver.runs || self.driver.number != number {
            return false;
        }
        self.driver.runs = false;
        self.driver.has_to_start = false;
        self.waits_until = None;
        self.end_refresh(now, cooldown, headers.is_some());
        if let Some(headers) = headers {
            self.headers.insert_all(&headers);
            self.epoch += 1;
        }
        true
    }

    /// Nobody waits any longer.
    pub(crate) fn stop_waiting(&mut self, now: Instant, cooldown: Cooldown) {
        if self.waits_until.take().is_some() {
            self.driver.has_to_start = false;
            self.end_refresh(now, cooldown, false);
        }
    }

    fn end_refresh(&mut self, now: Instant, cooldown: Cooldown, has_token: bool) {
        self.since = now;
        self.is_refused = !has_token && cooldown.is_earned;
        if has_token || cooldown.is_earned {
            self.not_before = now + cooldown.lasts;
        }
    }

    /// There is a new link. What waits could not leave before, so the time without one does not count.
    pub(crate) fn wait_anew(&mut self, now: Instant, timeout: Duration) {
        if let Some(until) = &mut self.waits_until {
            *until = now + timeout;
        }
    }

    pub(crate) const fn poll_transmit(&mut self) -> Option<Transmit> {
        let driver = &mut self.driver;
        if std::mem::replace(&mut driver.has_to_start, false) {
            driver.number += 1;
            driver.runs = true;
            return Some(Transmit::Refresh { number: driver.number });
        }
        None
    }
}

/// What the server thinks of the present token. A refresh that helped must not be in the way of the next one: tokens may be
/// shorter than the cooldown.
impl Credentials {
    /// The server accepts it. After a refresh that did not help, what it answers proves nothing: some routes want no token.
    pub(crate) const fn on_accepted(&mut self) {
        if !self.is_refused {
            self.not_before = Instant::ZERO;
        }
    }

    /// The server refuses it to a call that was sent again because of it.
    pub(crate) fn on_refused_again(&mut self, now: Instant, cooldown: Duration) {
        if !std::mem::replace(&mut self.is_refused, true) {
            self.not_before = now + cooldown;
        }
    }

    /// A link that was open since then is lost, and was fine.
    pub(crate) fn on_link_lasted(&mut self, now: Instant, since: Instant, min_uptime: Duration) {
        if now - since.max(self.since) >= min_uptime {
            self.is_refused = false;
            self.not_before = Instant::ZERO;
        }
    }
}
