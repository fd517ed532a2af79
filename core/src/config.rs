//! What a socket can be told to do differently.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::close::CloseRules;
use crate::error::ConfigError;
use crate::headers::Headers;

/// The options of one socket, validated.
///
/// The first six, except `busy_timeout`, are those of the JavaScript original, with its defaults except where noted; the others
/// bound what can go wrong. Built with [`SocketConfig::builder`], or deserialised from the original's own camelCase JSON, in
/// which durations are milliseconds.
///
/// ```
/// # use leptos_socket_core::{Headers, SocketConfig};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = SocketConfig::builder()
///     .request_timeout(Some(Duration::from_secs(15)))
///     .global_headers(Headers::new().with("token", "XYZ"))
///     .build()?;
///
/// let same: SocketConfig =
///     serde_json::from_str(r#"{ "requestTimeout": 15000, "globalHeaders": { "token": "XYZ" } }"#)?;
/// assert_eq!(config, same);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SocketConfig {
    /// Shared, because each client has one.
    options: Arc<Options>,
}

impl SocketConfig {
    /// Starts from the defaults.
    pub fn builder() -> SocketConfigBuilder {
        SocketConfigBuilder { options: Options::default() }
    }
}

/// Takes the original's JSON. An option that does not exist is an error, which names those that do.
impl SocketConfig {
    /// The config in JSON, as the original has it.
    ///
    /// ```
    /// # use leptos_socket_core::{ConfigError, SocketConfig};
    /// let config = SocketConfig::from_json(r#"{"requestTimeout": 15000}"#)?;
    /// assert_eq!(config.request_timeout(), Some(std::time::Duration::from_secs(15)));
    /// assert!(SocketConfig::from_json(r#"{"requestTimout": 15000}"#).is_err()); // a typing error
    /// # Ok::<(), ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// It is not JSON, has an option that does not exist, or makes no sense.
    pub fn from_json(json: &str) -> Result<Self, ConfigError> {
        serde_json::from_str(json).map_err(|error| ConfigError::Json(error.to_string()))
    }
}

/// To change some of it.
impl From<SocketConfig> for SocketConfigBuilder {
    fn from(SocketConfig { options }: SocketConfig) -> Self {
        Self { options: Arc::unwrap_or_clone(options) }
    }
}

impl<'de> Deserialize<'de> for SocketConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut options = Options::deserialize(deserializer)?;
        if !std::mem::replace(&mut options.que_manager, true) {
            options.request_timeout = None;
        }
        SocketConfigBuilder { options }.build().map_err(D::Error::custom)
    }
}

/// Collects options; [`SocketConfigBuilder::build`] validates them.
///
/// How long things may take:
///
/// ```
/// # use leptos_socket_core::{ConfigError, SocketConfig};
/// use std::time::Duration;
///
/// let config = SocketConfig::builder()
///     .request_timeout(Some(Duration::from_secs(90))) // handlers that compute for a minute
///     .busy_timeout(Duration::from_secs(180))
///     .heartbeat_rate(Duration::from_secs(20)) // a proxy that drops what is idle for 30 s
///     .heartbeat_timeout_duration(Duration::from_secs(10))
///     .connect_timeout(Duration::from_secs(5))
///     .close_timeout(Duration::from_secs(1))
///     .build()?;
/// // Only calls with a timeout of their own have a deadline:
/// let patient = SocketConfig::builder().request_timeout(None).build()?;
/// # assert!(config.request_timeout().is_some() && patient.request_timeout().is_none());
/// # Ok::<(), ConfigError>(())
/// ```
///
/// What follows when a link is lost:
///
/// ```
/// # use leptos_socket_core::{AfterClose, CloseRules, ConfigError, SocketConfig};
/// # use std::time::Duration;
/// let config = SocketConfig::builder()
///     .max_reconnect_attempts(Some(20))
///     .backoff_base(Duration::from_secs(2)) // 0 to 2 s, 0 to 4 s, and so on
///     .backoff_max(Duration::from_secs(60))
///     .min_uptime(Duration::from_secs(30)) // a link that is lost younger counts as one more attempt
///     .close_rules(CloseRules::default().on(4400..=4499, AfterClose::Stop))
///     .build()?;
/// # assert_eq!(config.max_reconnect_attempts(), Some(20));
/// # Ok::<(), ConfigError>(())
/// ```
///
/// What each message carries, how large it may be, and how many may wait:
///
/// ```
/// # use leptos_socket_core::{ConfigError, Headers, SocketConfig};
/// const MIB: usize = 1 << 20;
/// let config = SocketConfig::builder()
///     .global_headers(Headers::new().with("apiKey", "XYZ"))
///     .max_request_size(8 * MIB)
///     .max_message_size(64 * MIB)
///     .high_water_mark(8 * MIB)
///     .queue_capacity(100)
///     .queue_bytes(32 * MIB)
///     .build()?;
/// # assert_eq!(config.queue_capacity(), 100);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct SocketConfigBuilder {
    options: Options,
}

impl SocketConfigBuilder {
    /// The validated options.
    ///
    /// ```
    /// # use leptos_socket_core::{ConfigError, SocketConfig};
    /// let error = SocketConfig::builder().max_request_size(0).build();
    /// assert_eq!(error, Err(ConfigError::Zero { option: "max_request_size" }));
    /// ```
    ///
    /// # Errors
    ///
    /// A duration or a size is zero and would stop everything, the backoff starts above its maximum, or `busy_timeout` is
    /// shorter than `heartbeat_timeout_duration`.
    pub fn build(self) -> Result<SocketConfig, ConfigError> {
        let options = self.options;
        let durations = [
            ("request_timeout", options.request_timeout.unwrap_or(Duration::MAX)),
            ("heartbeat_rate", options.heartbeat_rate),
            ("heartbeat_timeout_duration", options.heartbeat_timeout_duration),
            ("busy_timeout", options.busy_timeout),
            ("connect_timeout", options.connect_timeout),
            ("close_timeout", options.close_timeout),
            ("backoff_base", options.backoff_base),
        ];
        if let Some((option, _)) = durations.into_iter().find(|(_, duration)| duration.is_zero()) {
            return Err(ConfigError::Zero { option });
        }
        let sizes = [
            ("high_water_mark", options.high_water_mark),
            ("max_request_size", options.max_request_size),
            ("max_message_size", options.max_message_size),
        ];
        if let Some((option, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(ConfigError::Zero { option });
        }
        if options.backoff_base > options.backoff_max {
            return Err(ConfigError::BackoffOrder);
        }
        if options.busy_timeout < options.heartbeat_timeout_duration {
            return Err(ConfigError::BusyOrder);
        }
        Ok(SocketConfig { options: Arc::new(options) })
    }
}

/// One list of all options gives the fields, their defaults, the builder's setters and the accessors.
macro_rules! options {
    ($(
        $(#[doc = $doc:literal])+
        $(#[serde($($serde:tt)+)])?
        $access:ident $name:ident: $type:ty = $default:expr;
    )+) => {
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        struct Options {
            $($(#[serde($($serde)+)])? $name: $type,)+
            /// The original's switch for `request_timeout`. Always true after decoding.
            que_manager: bool,
        }

        impl Default for Options {
            fn default() -> Self {
                Self { $($name: $default,)+ que_manager: true }
            }
        }

        impl SocketConfigBuilder {
            $(
                $(#[doc = $doc])+
                pub fn $name(mut self, $name: $type) -> Self {
                    self.options.$name = $name;
                    self
                }
            )+
        }

        impl SocketConfig {
            $(accessor! { $(#[doc = $doc])+ $access $name: $type })+
        }
    };
}

macro_rules! accessor {
    ($(#[$doc:meta])+ copy $name:ident: $type:ty) => {
        $(#[$doc])+
        #[must_use]
        pub fn $name(&self) -> $type {
            self.options.$name
        }
    };
    ($(#[$doc:meta])+ by_ref $name:ident: $type:ty) => {
        $(#[$doc])+
        #[must_use]
        pub fn $name(&self) -> &$type {
            &self.options.$name
        }
    };
}

options! {
    /// How long a call waits for its reply, from the call on, including its time in the queue; `None` to wait
    /// for as long as it takes. Default: 30 s.
    ///
    /// In the original `queManager` must be on for this to have an effect, it is off by default, and it looks every 5 s.
    /// Here the deadline is exact. In JSON `"queManager": false` means `None`.
    #[serde(deserialize_with = "optional_millis")]
    copy request_timeout: Option<Duration> = Some(Duration::from_secs(30));

    /// The time from one ping to the next. Default: 60 s.
    ///
    /// The original sends the first one after this time; here it leaves as soon as a link opens, so that a link soon
    /// proves itself and the latency is known.
    #[serde(deserialize_with = "millis")]
    copy heartbeat_rate: Duration = Duration::from_secs(60);

    /// Reconnect if nothing arrives for this long after a ping. Default: 59 s.
    ///
    /// The original expects a frame with the route `PONG`, which one of its own backends never sends.
    #[serde(deserialize_with = "millis")]
    copy heartbeat_timeout_duration: Duration = Duration::from_secs(59);

    /// Reconnect if nothing arrives for this long after a ping that left while the server owed answers to calls. Default:
    /// 120 s.
    ///
    /// The servers handle one message after another, so a ping waits behind a slow handler. After
    /// `heartbeat_timeout_duration` such a link is [slow](crate::SocketState::Slow), and only after this it is dead. If the
    /// oldest of those calls has a later deadline, the link has until then, unless that call was sent once and may be sent
    /// [again](crate::CallOptions::idempotent).
    #[serde(deserialize_with = "millis")]
    copy busy_timeout: Duration = Duration::from_secs(120);

    /// How many attempts to make before the socket is closed; `None` for no limit. Default: `None`.
    ///
    /// The original's default is 5. With jitter these are spent after 15 s, so a restart that takes a minute would leave
    /// nobody connected. Giving up does not protect a server either: docs/STORM.md has the numbers.
    ///
    /// Counted anew after a link that was up for `min_uptime` and brought a frame.
    copy max_reconnect_attempts: Option<u32> = None;

    /// Headers merged into every message, under the message's own. Default: none.
    by_ref global_headers: Headers = Headers::new();

    /// How long an attempt may take, from asking for the address until the link is open. Default: 10 s. A browser alone
    /// would wait for minutes.
    #[serde(deserialize_with = "millis")]
    copy connect_timeout: Duration = Duration::from_secs(10);

    /// How long the server may take to answer a close before the link is dropped. Default: 3 s.
    ///
    /// The socket is closed, and its calls are settled, at once; only the link lingers.
    #[serde(deserialize_with = "millis")]
    copy close_timeout: Duration = Duration::from_secs(3);

    /// The longest delay before the first attempt to reconnect; it doubles with each. Default: 1 s.
    ///
    /// The delay itself is drawn evenly from zero to that (full jitter), so that the clients of a server that restarts do
    /// not come back all at once.
    #[serde(deserialize_with = "millis")]
    copy backoff_base: Duration = Duration::from_secs(1);

    /// The longest delay between two attempts, jitter included. Default: 30 s.
    #[serde(deserialize_with = "millis")]
    copy backoff_max: Duration = Duration::from_secs(30);

    /// How long a link must have been up for its loss to count as the first one. Default: 5 s.
    #[serde(deserialize_with = "millis")]
    copy min_uptime: Duration = Duration::from_secs(5);

    /// How many messages may wait for a link. Default: 1,000. With 0, as in the original, a message fails at once while
    /// there is no link.
    copy queue_capacity: usize = 1_000;

    /// How many bytes may wait, for a link or for room in one. Default: 4 MiB.
    copy queue_bytes: usize = 4 * MIB;

    /// How many bytes may wait in the browser. Default: 1 MiB. Everything beyond that waits in the queue, where calls overtake
    /// [bulk](crate::Priority::Bulk) and a cancelled call is taken out.
    copy high_water_mark: usize = MIB;

    /// How long no other refresh starts after one that failed, or whose token the server refuses too. Default: 30 s.
    ///
    /// So a route that always answers 401 does not refresh the token at every call. A refresh has helped, and the next one may
    /// start at any time, once a call is answered with another status than 401, or a link has lived for
    /// [`min_uptime`](Self::min_uptime).
    #[serde(deserialize_with = "millis")]
    copy refresh_cooldown: Duration = Duration::from_secs(30);

    /// The largest message that is sent, in bytes. Default: 1 MiB, which is what daphne takes.
    ///
    /// A larger one makes daphne drop the link with everything that is pending on it.
    copy max_request_size: usize = MIB;

    /// The largest message that is accepted, in bytes. Default: 16 MiB.
    copy max_message_size: usize = 16 * MIB;

    /// What follows each close code. Default: 1008 is final, and 4401 refreshes the token; see [`CloseRules`].
    ///
    /// In the original 1011 is final too, but that is one exception in a handler.
    by_ref close_rules: CloseRules = CloseRules::default();
}

const MIB: usize = 1024 * 1024;

pub(crate) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let millis = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(millis / 1000.0).map_err(|_| D::Error::custom("a duration is a number of milliseconds"))
}

fn optional_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    #[derive(Deserialize)]
    struct Millis(#[serde(deserialize_with = "millis")] Duration);
    Ok(Option::<Millis>::deserialize(deserializer)?.map(|Millis(duration)| duration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_originals_but_for_the_queue_manager_and_the_attempts() {
        let config = SocketConfig::default();
        assert_eq!(config.request_timeout(), Some(Duration::from_secs(30)));
        assert_eq!(config.heartbeat_rate().as_millis(), 60_000);
        assert_eq!(config.heartbeat_timeout_duration().as_millis(), 59_000);
        assert_eq!(config.max_reconnect_attempts(), None);
        assert!(config.global_headers().is_empty());
        assert_eq!(SocketConfig::builder().build(), Ok(config));
    }

    #[test]
    fn the_originals_json_is_taken_with_durations_in_milliseconds() {
        let json = r#"{
            "requestTimeout": 15000, "queManager": true, "heartbeatRate": 300, "heartbeatTimeoutDuration": 250.5,
            "maxReconnectAttempts": 2, "globalHeaders": {"apiKey": "123"}
        }"#;
        let config: SocketConfig = serde_json::from_str(json).unwrap();
        assert_eq!(config.request_timeout(), Some(Duration::from_secs(15)));
        assert_eq!(config.heartbeat_rate(), Duration::from_millis(300));
        assert_eq!(config.heartbeat_timeout_duration(), Duration::from_micros(250_500));
        assert_eq!(config.max_reconnect_attempts(), Some(2));
        assert_eq!(config.global_headers().get("apiKey"), Some(&"123".into()));
    }

    #[test]
    fn without_the_originals_queue_manager_a_call_has_no_deadline() {
        for json in [r#"{"queManager": false}"#, r#"{"requestTimeout": null}"#] {
            let config: SocketConfig = serde_json::from_str(json).unwrap();
            assert_eq!(config, SocketConfig::builder().request_timeout(None).build().unwrap(), "{json}");
        }
    }

    #[test]
    fn null_attempts_are_unlimited() {
        let config: SocketConfig = serde_json::from_str(r#"{"maxReconnectAttempts": null}"#).unwrap();
        assert_eq!(config.max_reconnect_attempts(), None);
    }

    #[test]
    fn a_mistyped_option_is_named() {
        let error = serde_json::from_str::<SocketConfig>(r#"{"heartBeatRate": 1}"#).unwrap_err().to_string();
        assert!(error.contains("heartBeatRate") && error.contains("heartbeatRate"), "{error}");
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        let zero = SocketConfig::builder().heartbeat_rate(Duration::ZERO).build();
        assert_eq!(zero, Err(ConfigError::Zero { option: "heartbeat_rate" }));
        let size = SocketConfig::builder().max_request_size(0).build();
        assert_eq!(size, Err(ConfigError::Zero { option: "max_request_size" }));
        let order = SocketConfig::builder().backoff_max(Duration::from_millis(1)).build();
        assert_eq!(order, Err(ConfigError::BackoffOrder));
        let busy = SocketConfig::builder().busy_timeout(Duration::from_secs(58)).build();
        assert_eq!(busy, Err(ConfigError::BusyOrder));
        for json in [r#"{"requestTimeout": 0}"#, r#"{"requestTimeout": -1}"#, r#"{"requestTimeout": 1e300}"#] {
            assert!(serde_json::from_str::<SocketConfig>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn header_values_stay_out_of_debug() {
        let config = SocketConfig::builder().global_headers(Headers::new().with("token", "s3cret")).build();
        let shown = format!("{config:?}");
        assert!(shown.contains("token") && !shown.contains("s3cret"), "{shown}");
    }
}
