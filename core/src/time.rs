//! The client's own clock reading: core never asks what time it is.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment, as the time since an origin that the driver chose.
///
/// The origin never matters, as long as the driver keeps it: in a browser it is the page's time origin
/// (`performance.now()`), in a native program any `std::time::Instant`, in a test zero.
///
/// ```
/// use leptos_socket_core::Instant;
/// use std::time::Duration;
///
/// let start = Instant::from_millis(1_500);
/// let later = start + Duration::from_secs(2);
/// assert_eq!(later - start, Duration::from_secs(2));
/// assert_eq!(start - later, Duration::ZERO);
///
/// // In a native program:
/// let started = std::time::Instant::now();
/// let now = || Instant::from_origin(started.elapsed());
/// assert!(now() <= now());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// Enough for 584 years, and cheaper in wasm than a `Duration`.
    nanos: u64,
}

impl Instant {
    /// The origin itself.
    pub const ZERO: Self = Self { nanos: 0 };

    /// The end of time, where sums saturate. It never comes: a timer that is set to it never fires.
    pub const END: Self = Self { nanos: u64::MAX };

    /// The moment `since_origin` after the origin.
    #[must_use]
    #[inline(never)]
    pub const fn from_origin(since_origin: Duration) -> Self {
        let nanos = since_origin.as_secs().saturating_mul(1_000_000_000);
        Self { nanos: nanos.saturating_add(since_origin.subsec_nanos() as u64) }
    }

    /// The moment `millis` milliseconds after the origin.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self { nanos: millis.saturating_mul(1_000_000) }
    }

    /// The time since the origin.
    #[must_use]
    pub const fn since_origin(self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    #[cfg(feature = "record")]
    pub(crate) const fn from_nanos(nanos: u64) -> Self {
        Self { nanos }
    }

    /// The number that orders moments.
    pub(crate) const fn as_nanos(self) -> u64 {
        self.nanos
    }
}

/// Saturates at [`Instant::END`].
impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self { nanos: self.nanos.saturating_add(Self::from_origin(rhs).nanos) }
    }
}

/// The time from `rhs` to `self`; zero if `rhs` is the later one.
impl Sub for Instant {
    type Output = Duration;

    fn sub(self, rhs: Self) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(rhs.nanos))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.nanos / 1_000_000;
        write!(f, "{}.{:03}s", millis / 1_000, millis % 1_000)
    }
}
