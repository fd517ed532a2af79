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
pub struct Instant(Duration);

impl Instant {
    /// The origin itself.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// The end of time, where sums saturate. It never comes: a timer that is set there is none.
    pub const END: Self = Self(Duration::MAX);

    /// The moment `since_origin` after the origin.
    #[must_use]
    pub const fn from_origin(since_origin: Duration) -> Self {
        Self(since_origin)
    }

    /// The moment `millis` milliseconds after the origin.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// The time since the origin.
    #[must_use]
    pub const fn since_origin(self) -> Duration {
        self.0
    }
}

/// Saturates at [`Instant::END`].
impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(rhs))
    }
}

/// The time from `rhs` to `self`; zero where `rhs` is the later of the two.
impl Sub for Instant {
    type Output = Duration;

    fn sub(self, rhs: Self) -> Duration {
        self.0.saturating_sub(rhs.0)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.0.as_secs_f64())
    }
}
