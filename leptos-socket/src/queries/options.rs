//! How a query differs from the others.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{CallOptions, Incoming};

/// How long data that nobody shows is kept.
const KEEP_FOR: Duration = Duration::from_secs(300);

/// Options of [`use_query_with_options`](crate::use_query_with_options()).
///
/// ```
/// use leptos_socket::{CallOptions, UseQueryOptions};
/// use std::time::Duration;
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize)] struct GetArticle { id: u32 }
/// # #[derive(Clone, serde::Deserialize)] struct Article { title: String }
/// # impl Route for GetArticle { const ROUTE: &'static str = "getArticle"; type Response = Article; }
///
/// let options = UseQueryOptions::<GetArticle>::new()
///     .call(CallOptions::new().timeout(Duration::from_secs(5)))
///     .keep_for(Duration::from_secs(60))
///     .invalidate_on("articlesImported", |_, _| true);
/// ```
#[must_use]
pub struct UseQueryOptions<R> {
    pub(super) call: CallOptions,
    pub(super) keep_for: Duration,
    pub(super) invalidators: Vec<(String, Invalidates<R>)>,
}

pub(super) type Invalidates<R> = Rc<dyn Fn(&R, &Incoming) -> bool>;

impl<R> UseQueryOptions<R> {
    /// The defaults.
    pub fn new() -> Self {
        Self { call: CallOptions::new(), keep_for: KEEP_FOR, invalidators: Vec::new() }
    }

    /// Options of the calls. Those of the first who asks for something count.
    ///
    /// ```
    /// use leptos_socket::{CallOptions, Priority, UseQueryOptions};
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize)] struct GetStock { article: u32 }
    /// # impl Route for GetStock { const ROUTE: &'static str = "getStock"; type Response = u32; }
    ///
    /// let overtaken = CallOptions::new().priority(Priority::Bulk);
    /// let options = UseQueryOptions::<GetStock>::new().call(overtaken);
    /// ```
    pub fn call(mut self, options: CallOptions) -> Self {
        self.call = options;
        self
    }

    /// How long data that nobody uses is kept, as the last who used it wants it. Default: 5 minutes.
    ///
    /// ```
    /// use leptos_socket::UseQueryOptions;
    /// use std::time::Duration;
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize)] struct GetStock { article: u32 }
    /// # impl Route for GetStock { const ROUTE: &'static str = "getStock"; type Response = u32; }
    ///
    /// // What was in stock a while ago is not worth showing.
    /// let options = UseQueryOptions::<GetStock>::new().keep_for(Duration::from_secs(10));
    /// ```
    pub fn keep_for(mut self, duration: Duration) -> Self {
        self.keep_for = duration;
        self
    }

    /// Fetches again when a push comes on `route` of which `predicate`, given what was asked, says that the data changed. May
    /// be said for several routes.
    ///
    /// What was asked needs its type, in the predicate or in the options:
    ///
    /// ```
    /// use leptos_socket::UseQueryOptions;
    /// # use leptos_socket::Route;
    /// # #[derive(serde::Serialize)] struct GetArticle { id: u32 }
    /// # #[derive(Clone, serde::Deserialize)] struct Article { title: String }
    /// # impl Route for GetArticle { const ROUTE: &'static str = "getArticle"; type Response = Article; }
    ///
    /// let options = UseQueryOptions::new()
    ///     .invalidate_on("articleChanged", |asked: &GetArticle, push| push.payload().decode() == Ok(asked.id));
    ///
    /// let options = UseQueryOptions::<GetArticle>::new()
    ///     .invalidate_on("articleChanged", |asked, push| push.payload().decode() == Ok(asked.id))
    ///     .invalidate_on("articlesImported", |_, _| true);
    /// ```
    pub fn invalidate_on(
        mut self,
        route: impl Into<String>,
        predicate: impl Fn(&R, &Incoming) -> bool + 'static,
    ) -> Self {
        self.invalidators.push((route.into(), Rc::new(predicate)));
        self
    }
}

impl<R> Default for UseQueryOptions<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> fmt::Debug for UseQueryOptions<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes: Vec<_> = self.invalidators.iter().map(|(route, _)| route).collect();
        f.debug_struct("UseQueryOptions")
            .field("call", &self.call)
            .field("keep_for", &self.keep_for)
            .field("invalidate_on", &routes)
            .finish()
    }
}
