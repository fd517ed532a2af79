//! How a component's query differs from others.

use std::fmt;
use std::time::Duration;

use leptos_socket_core::CallOptions;

use super::kind::QueryRoute;
use super::user::Times;

/// Options of [`use_query_with_options`](crate::use_query_with_options()).
///
/// If components ask for the same data with different options, the shortest times win.
///
/// ```
/// use leptos_socket::{CallOptions, UseQueryOptions};
/// use std::time::Duration;
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize, Route)] #[route("getArticle", response = String)] struct GetArticle { id: u32 }
///
/// let options = UseQueryOptions::<GetArticle>::new()
///     .fresh_for(Duration::from_secs(30))
///     .keep_previous(true)
///     .retry(2)
///     .call(CallOptions::new().timeout(Duration::from_secs(5)));
/// ```
#[must_use]
pub struct UseQueryOptions<R: QueryRoute> {
    pub(super) times: Times,
    pub(super) call: CallOptions,
    pub(super) keep_previous: bool,
    pub(super) initial: Option<R::Response>,
}

impl<R: QueryRoute> UseQueryOptions<R> {
    /// The defaults.
    pub fn new() -> Self {
        let times = Times {
            fresh_for: Duration::from_secs(10),
            keep_for: Duration::from_secs(300),
            refetch_every: None,
            retry: 0,
        };
        Self { times, call: CallOptions::new(), keep_previous: false, initial: None }
    }

    /// How long data is shown to a component that comes, without fetching it again. Default: 10 seconds.
    ///
    /// Data that is known to be out of date is always fetched again: after a gap, or when a push or the app invalidated it.
    pub fn fresh_for(mut self, duration: Duration) -> Self {
        self.times.fresh_for = duration;
        self
    }

    /// How long data is kept that no component uses. Default: 5 minutes.
    pub fn keep_for(mut self, duration: Duration) -> Self {
        self.times.keep_for = duration;
        self
    }

    /// Keeps showing the data of the previous arguments, as [stale](super::Query::stale), until the new data is there. Use it for a
    /// list with pages. It never shows data of another place or person. Default: false.
    pub fn keep_previous(mut self, keep: bool) -> Self {
        self.keep_previous = keep;
        self
    }

    /// Fetches every so often, while there is a link: for a server that does not push. Default: never.
    pub fn refetch_every(mut self, duration: Duration) -> Self {
        self.times.refetch_every = Some(duration);
        self
    }

    /// How many more times a fetch is tried that the server answered with 408, 429 or 5xx: after 1 second, 2 seconds, 4 seconds and
    /// so on, at most 32. Meanwhile no error is shown. Default: 0.
    ///
    /// A fetch that found no link is made again with the next one, whatever this says.
    pub fn retry(mut self, times: u32) -> Self {
        self.times.retry = times;
        self
    }

    /// Data for the first arguments, which counts as fetched now: what a server rendered, for instance.
    pub fn initial(mut self, data: R::Response) -> Self {
        self.initial = Some(data);
        self
    }

    /// Options of the calls. If several components share data, the options of the first one count.
    pub fn call(mut self, options: CallOptions) -> Self {
        self.call = options;
        self
    }
}

impl<R: QueryRoute> Default for UseQueryOptions<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: QueryRoute> fmt::Debug for UseQueryOptions<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseQueryOptions")
            .field("times", &self.times)
            .field("keep_previous", &self.keep_previous)
            .field("initial", &self.initial.is_some())
            .field("call", &self.call)
            .finish()
    }
}
