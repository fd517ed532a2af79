//! Where a socket's URL and its headers come from: a value or a signal; for a URL also an async function.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::rc::Rc;
use std::sync::Mutex;

use futures::FutureExt;
use futures::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use leptos::reactive::owner::ArcStoredValue;
use leptos::task::spawn_local;
use leptos_socket_core::{Endpoint, Headers, Input, InvalidUrl, LinkId};

use crate::driver::Driver;
use crate::intercept::Interceptors;
use crate::owned::{Watching, without_owner};
use crate::{Socket, SocketOptions};

/// Asks the app for something, and hands the answer to the driver. Errors are the app's own to tell: they may hold a token, and
/// are never logged here.
fn ask<F, T: 'static, E: 'static>(
    driver: &Rc<Driver>,
    question: &impl Fn() -> F,
    then: impl FnOnce(&Rc<Driver>, Option<T>) + 'static,
) -> Box<dyn Any>
where
    F: Future<Output = Result<T, E>> + 'static,
{
    // Untracked: a call may be made in an effect.
    let answer = untrack(question);
    let driver = Rc::downgrade(driver);
    let (abort, registration) = AbortHandle::new_pair();
    let run = async move {
        let answer = answer.await.ok();
        if let Some(driver) = driver.upgrade() {
            then(&driver, answer);
        }
    };
    spawn_local(Abortable::new(run, registration).map(|_| ()));
    Box::new(Question(abort))
}

/// Dropping it ends the question.
struct Question(AbortHandle);

impl Drop for Question {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Gets a new token for the refresh of this number.
pub(crate) type Refresh = Rc<dyn Fn(&Rc<Driver>, u32)>;

pub(crate) fn refresh_with<F, E>(refresh: impl Fn() -> F + 'static) -> Refresh
where
    F: Future<Output = Result<Headers, E>> + 'static,
    E: 'static,
{
    Rc::new(move |driver, number| {
        driver.keep_refreshing(ask(driver, &refresh, move |driver, headers| driver.on_refreshed(number, headers)));
    })
}

/// A signal of the app's, as the app has it: a `Signal` of it would end with the component that hands it over, and a socket goes
/// on without that.
#[derive(Clone)]
enum Handle<T: Send + Sync + 'static> {
    Signal(Signal<T>),
    ReadSignal(ReadSignal<T>),
    RwSignal(RwSignal<T>),
    Memo(Memo<T>),
}

/// A signal, and what it was last: it may end before the socket does.
#[derive(Clone)]
pub(crate) struct Followed<T: Send + Sync + 'static> {
    handle: Handle<T>,
    last: ArcStoredValue<Option<T>>,
}

impl<T: Clone + PartialEq + Send + Sync> Followed<T> {
    fn new(handle: Handle<T>) -> Self {
        Self { handle, last: ArcStoredValue::new(None) }
    }

    /// What it is now, or was last; tracked.
    pub(crate) fn get(&self) -> Option<T> {
        let now = self.try_get();
        if now.is_some() && self.last.with_value(|last| *last != now) {
            self.last.set_value(now.clone());
        }
        now.or_else(|| self.last.get_value())
    }

    pub(crate) fn get_untracked(&self) -> Option<T> {
        untrack(|| self.get())
    }

    /// What it was when it was asked last. What it reads may be gone.
    pub(crate) fn last(&self) -> Option<T> {
        self.last.get_value()
    }

    fn try_get(&self) -> Option<T> {
        match &self.handle {
            Handle::Signal(signal) => signal.try_get(),
            Handle::ReadSignal(signal) => signal.try_get(),
            Handle::RwSignal(signal) => signal.try_get(),
            Handle::Memo(signal) => signal.try_get(),
        }
    }
}

/// What a socket gets from the component that added it, and asks again and again. Signals and functions go with their component:
/// so a socket that is shared takes those of another one then.
pub(crate) struct Sources {
    pub(crate) url: SocketUrl,
    /// In place of those of the config.
    pub(crate) headers: Option<Rc<dyn HeadersSource>>,
    /// Gets a new token.
    pub(crate) refresh: Option<Refresh>,
    pub(crate) interceptors: Option<Rc<Interceptors>>,
}

impl Sources {
    /// Takes them out of the options.
    pub(crate) fn take(url: SocketUrl, options: &mut SocketOptions) -> Rc<Self> {
        Rc::new(Self {
            url,
            headers: options.headers.take(),
            refresh: options.refresh.take(),
            interceptors: options.interceptors.take().map(Rc::from),
        })
    }

    /// What of these is not the same as there.
    pub(crate) fn difference(&self, there: &Self) -> Option<&'static str> {
        let same_headers = match (&self.headers, &there.headers) {
            (Some(headers), Some(there)) => headers.is_same(&**there),
            (headers, there) => headers.is_none() && there.is_none(),
        };
        let count = |interceptors: &Option<Rc<Interceptors>>| {
            interceptors.as_ref().map(|interceptors| (interceptors.requests.len(), interceptors.replies.len()))
        };
        let same = [
            (self.url.is_same(&there.url), "another URL"),
            (same_headers, "other global headers"),
            (self.refresh.is_some() == there.refresh.is_some(), "another `refresh`"),
            (count(&self.interceptors) == count(&there.interceptors), "other interceptors"),
        ];
        same.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
    }
}

/// Where a socket connects to.
///
/// - A value: text, or an [`Endpoint`], which may offer subprotocols.
/// - A signal of text. Each attempt takes what it is then, and a change
///   [reconnects](crate::SocketOptions::reconnect_on_change) at once.
/// - An async function, through [`from_fn`](Self::from_fn).
///
/// A signal whose component is gone stays what it was last: make it where the [provider](crate::SocketProvider) is. Only with
/// [`use_socket`](crate::use_socket()) each component may make its own.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{AddSocketError, Endpoint, SocketOptions, SocketUrl, Sockets};
///
/// # async fn fetch_ticket() -> String { String::new() }
/// fn connect(sockets: Sockets, room: RwSignal<String>) -> Result<(), AddSocketError> {
///     let url = Signal::derive(move || format!("wss://example.com/rooms/{}/", room.get()));
///     sockets.add_socket("room", url, SocketOptions::new())?;
///
///     let with_ticket = || async { Endpoint::parse(&format!("/ws/app/?ticket={}", fetch_ticket().await)) };
///     sockets.add_socket("app", SocketUrl::from_fn(with_ticket), SocketOptions::new())?;
///     Ok(())
/// }
/// ```
pub struct SocketUrl(Rc<dyn UrlSource>);

/// A trait object: a page whose URL is a text has no code for signals and functions.
pub(crate) trait UrlSource {
    /// Whether it can be used as it is now.
    fn check(&self) -> Result<(), InvalidUrl> {
        Ok(())
    }

    /// Finds out where a link goes to, and reports that.
    fn resolve(&self, driver: &Rc<Driver>, link: LinkId);

    /// Reconnects whenever it changes. Dropping what is returned ends that.
    fn follow(&self, _socket: Socket) -> Option<Box<dyn Any>> {
        None
    }

    /// What it always is.
    fn endpoint(&self) -> Option<&Endpoint> {
        None
    }

    /// What it is now, and what it was when it was asked last, if that can be said.
    fn values(&self) -> Option<[Option<String>; 2]> {
        None
    }

    /// What kind of source it is.
    fn kind(&self) -> &'static str;

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

struct Fixed(Result<Endpoint, InvalidUrl>);

impl UrlSource for Fixed {
    fn check(&self) -> Result<(), InvalidUrl> {
        self.0.as_ref().map(|_| ()).map_err(|error| *error)
    }

    fn resolve(&self, driver: &Rc<Driver>, link: LinkId) {
        driver.report(link, self.0.clone().map_or(Input::Unresolved, Input::Resolved));
    }

    fn endpoint(&self) -> Option<&Endpoint> {
        self.0.as_ref().ok()
    }

    fn kind(&self) -> &'static str {
        "a text"
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(endpoint) => fmt::Display::fmt(endpoint, f),
            Err(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl UrlSource for Followed<String> {
    fn check(&self) -> Result<(), InvalidUrl> {
        Endpoint::parse(&self.get_untracked().unwrap_or_default()).map(|_| ())
    }

    fn resolve(&self, driver: &Rc<Driver>, link: LinkId) {
        let endpoint = self.get_untracked().and_then(|url| Endpoint::parse(&url).ok());
        if endpoint.is_none() {
            crate::trace::warn(driver.name(), format_args!("no link could be opened to the URL"));
        }
        driver.report(link, endpoint.map_or(Input::Unresolved, Input::Resolved));
    }

    fn follow(&self, socket: Socket) -> Option<Box<dyn Any>> {
        let url = self.clone();
        let last = Mutex::new(url.get_untracked());
        let follow = move || {
            let url = url.get();
            let Ok(mut last) = last.lock() else { return };
            if *last != url {
                *last = url;
                drop(last);
                untrack(|| socket.with_driver(Driver::move_on));
            }
        };
        Some(Box::new(without_owner(|| Watching::new(follow))))
    }

    fn values(&self) -> Option<[Option<String>; 2]> {
        let last = self.last();
        Some([untrack(|| self.try_get()), last])
    }

    fn kind(&self) -> &'static str {
        "a signal"
    }
}

struct Asked<Q>(Q);

impl<Q, F, E> UrlSource for Asked<Q>
where
    Q: Fn() -> F + 'static,
    F: Future<Output = Result<Endpoint, E>> + 'static,
    E: 'static,
{
    fn resolve(&self, driver: &Rc<Driver>, link: LinkId) {
        let then = move |driver: &Rc<Driver>, endpoint: Option<Endpoint>| {
            driver.on_resolved(link, endpoint.map_or(Input::Unresolved, Input::Resolved));
        };
        driver.keep_resolving(ask(driver, &self.0, then));
    }

    fn kind(&self) -> &'static str {
        "a function"
    }
}

impl SocketUrl {
    /// An async function, which is asked once for each attempt: for a ticket that is good for one connection, say. If it fails,
    /// the attempt has failed too, and the next one comes after the usual delay. It is dropped when its answer is no longer of
    /// use.
    ///
    /// It runs under no reactive owner: take what it needs from the context before.
    ///
    /// ```
    /// use leptos_socket::{Endpoint, SocketUrl};
    ///
    /// # async fn fetch_ticket() -> Result<String, String> { Ok(String::new()) }
    /// let url = SocketUrl::from_fn(|| async {
    ///     let ticket = fetch_ticket().await?;
    ///     let endpoint = Endpoint::parse(&format!("/ws/app/?ticket={ticket}"))?;
    ///     Ok::<_, Box<dyn std::error::Error>>(endpoint)
    /// });
    /// ```
    pub fn from_fn<F, E>(url: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Result<Endpoint, E>> + 'static,
        E: 'static,
    {
        Self(Rc::new(Asked(url)))
    }

    pub(crate) fn source(&self) -> &dyn UrlSource {
        &*self.0
    }

    /// Whether two components mean the same. Functions cannot be compared, nor what is gone.
    fn is_same(&self, there: &Self) -> bool {
        let (here, there) = (self.source(), there.source());
        let are_equal = match (here.values(), there.values()) {
            (Some([value, _]), Some([other, _])) => other.is_none() || value == other,
            _ => here.endpoint() == there.endpoint(),
        };
        here.kind() == there.kind() && are_equal
    }
}

impl From<&str> for SocketUrl {
    fn from(url: &str) -> Self {
        Self(Rc::new(Fixed(Endpoint::parse(url))))
    }
}

impl From<String> for SocketUrl {
    fn from(url: String) -> Self {
        url.as_str().into()
    }
}

impl From<&String> for SocketUrl {
    fn from(url: &String) -> Self {
        url.as_str().into()
    }
}

impl From<Endpoint> for SocketUrl {
    fn from(endpoint: Endpoint) -> Self {
        Self(Rc::new(Fixed(Ok(endpoint))))
    }
}

/// Shows no query.
impl fmt::Debug for SocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketUrl(")?;
        self.0.fmt(f)?;
        f.write_str(")")
    }
}

/// The headers of all messages of a socket.
///
/// - A value.
/// - A signal, or a memo. Each message takes what it is when it leaves.
///
/// A signal has to live as long as the socket, like that of a [`SocketUrl`]. A token that ends is the work of
/// [`refresh`](crate::SocketOptions::refresh).
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Headers, SocketOptions};
///
/// fn options(token: Signal<String>) -> SocketOptions {
///     let headers = Signal::derive(move || Headers::new().with("token", token.get()));
///     SocketOptions::new().global_headers(headers)
/// }
/// ```
pub struct GlobalHeaders(pub(crate) Rc<dyn HeadersSource>);

pub(crate) trait HeadersSource {
    /// The headers, if they have changed since they were asked for last.
    fn changed(&self) -> Option<Headers>;

    /// What they are now, if they are still there.
    fn value(&self) -> Option<Headers>;

    /// Whether they change.
    fn is_signal(&self) -> bool;

    /// Whether two components mean the same. What is gone cannot be compared.
    fn is_same(&self, there: &dyn HeadersSource) -> bool {
        let are_equal = there.value().is_none_or(|there| self.value() == Some(there));
        self.is_signal() == there.is_signal() && are_equal
    }

    /// Shows no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

struct FixedHeaders {
    headers: Headers,
    is_told: Cell<bool>,
}

impl HeadersSource for FixedHeaders {
    fn changed(&self) -> Option<Headers> {
        (!self.is_told.replace(true)).then(|| self.headers.clone())
    }

    fn value(&self) -> Option<Headers> {
        Some(self.headers.clone())
    }

    fn is_signal(&self) -> bool {
        false
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.headers, f)
    }
}

impl HeadersSource for Followed<Headers> {
    fn changed(&self) -> Option<Headers> {
        let before = self.last();
        self.get_untracked().filter(|headers| before.as_ref() != Some(headers))
    }

    fn value(&self) -> Option<Headers> {
        untrack(|| self.try_get())
    }

    fn is_signal(&self) -> bool {
        true
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Headers(a signal)")
    }
}

impl From<Headers> for GlobalHeaders {
    fn from(headers: Headers) -> Self {
        Self(Rc::new(FixedHeaders { headers, is_told: Cell::new(false) }))
    }
}

/// Shows no value.
impl fmt::Debug for GlobalHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! from_signals {
    ($($signal:ident),*) => {
        $(
            impl From<$signal<String>> for SocketUrl {
                fn from(url: $signal<String>) -> Self {
                    Self(Rc::new(Followed::new(Handle::$signal(url))))
                }
            }

            impl From<$signal<Headers>> for GlobalHeaders {
                fn from(headers: $signal<Headers>) -> Self {
                    Self(Rc::new(Followed::new(Handle::$signal(headers))))
                }
            }
        )*
    };
}

from_signals!(Signal, ReadSignal, RwSignal, Memo);
