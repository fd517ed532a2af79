//! Where a socket's URL and its headers come from: a value, a signal, or an async function.

use std::fmt;
use std::future::Future;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use leptos::reactive::owner::ArcStoredValue;
use leptos_socket_core::{Endpoint, Headers, InvalidUrl};

use crate::SocketOptions;
use crate::intercept::Interceptors;

/// Something that the app is asked for each time.
pub(crate) type Ask<T> = Rc<dyn Fn() -> LocalBoxFuture<'static, Option<T>>>;

/// The answer, or `None` for an error. That is the app's own to tell: it may hold a token, and is never logged here.
pub(crate) fn ask<F, T: 'static, E: 'static>(provider: impl Fn() -> F + 'static) -> Ask<T>
where
    F: Future<Output = Result<T, E>> + 'static,
{
    // Untracked: a call may be made in an effect.
    Rc::new(move || untrack(&provider).map(Result::ok).boxed_local())
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

    /// Whether both are the same now. One that is gone is the same as any.
    fn means_the_same(&self, there: &Self) -> bool {
        untrack(|| there.try_get().is_none_or(|there| self.try_get() == Some(there)))
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
    pub(crate) headers: Option<HeadersSource>,
    /// Gets a new token, after a 401.
    pub(crate) refresh: Option<Ask<Headers>>,
    pub(crate) interceptors: Interceptors,
}

impl Sources {
    /// Takes them out of the options.
    pub(crate) fn take(url: SocketUrl, options: &mut SocketOptions) -> Rc<Self> {
        Rc::new(Self {
            url,
            headers: options.headers.take(),
            refresh: options.refresh.take(),
            interceptors: std::mem::take(&mut options.interceptors),
        })
    }

    /// What of these is not the same as there.
    pub(crate) fn difference(&self, there: &Self) -> Option<&'static str> {
        let same_headers = match (&self.headers, &there.headers) {
            (Some(headers), Some(there)) => headers.means_the_same(there),
            (headers, there) => headers.is_none() && there.is_none(),
        };
        let count = |interceptors: &Interceptors| (interceptors.requests.len(), interceptors.replies.len());
        let same = [
            (self.url.means_the_same(&there.url), "another URL"),
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
pub struct SocketUrl(Source);

#[derive(Clone)]
enum Source {
    Fixed(Result<Endpoint, InvalidUrl>),
    Signal(Followed<String>),
    Ask(Ask<Endpoint>),
}

/// What a source has to say at once.
pub(crate) enum Resolution {
    Known(Endpoint),
    Asked(LocalBoxFuture<'static, Option<Endpoint>>),
    Failed,
}

impl SocketUrl {
    /// An async function, which is asked once for each attempt: for a ticket that is good for one connection, say. If it fails, so
    /// has the attempt, and the next one comes after the usual delay. It is dropped where its answer is of no use any more.
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
        Self(Source::Ask(ask(url)))
    }

    /// Whether it can be used as it is now.
    pub(crate) fn check(&self) -> Result<(), InvalidUrl> {
        match &self.0 {
            Source::Fixed(endpoint) => endpoint.as_ref().map(|_| ()).map_err(|error| *error),
            Source::Signal(url) => Endpoint::parse(&url.get_untracked().unwrap_or_default()).map(|_| ()),
            Source::Ask(_) => Ok(()),
        }
    }

    pub(crate) fn resolve(&self) -> Resolution {
        match &self.0 {
            Source::Fixed(endpoint) => endpoint.clone().map_or(Resolution::Failed, Resolution::Known),
            Source::Signal(url) => {
                let endpoint = url.get_untracked().and_then(|url| Endpoint::parse(&url).ok());
                endpoint.map_or(Resolution::Failed, Resolution::Known)
            }
            Source::Ask(provider) => Resolution::Asked(provider()),
        }
    }

    pub(crate) fn signal(&self) -> Option<Followed<String>> {
        match &self.0 {
            Source::Signal(url) => Some(url.clone()),
            Source::Fixed(_) | Source::Ask(_) => None,
        }
    }

    /// Whether two components mean the same. A signal is compared by what it is now, if it is still there, and functions cannot
    /// be compared: that of the first is taken for all.
    fn means_the_same(&self, there: &Self) -> bool {
        match (&self.0, &there.0) {
            (Source::Fixed(one), Source::Fixed(there)) => one == there,
            (Source::Signal(one), Source::Signal(there)) => one.means_the_same(there),
            (Source::Ask(_), Source::Ask(_)) => true,
            (Source::Fixed(_) | Source::Signal(_) | Source::Ask(_), _) => false,
        }
    }
}

impl From<&str> for SocketUrl {
    fn from(url: &str) -> Self {
        Self(Source::Fixed(Endpoint::parse(url)))
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
        Self(Source::Fixed(Ok(endpoint)))
    }
}

/// Shows no query.
impl fmt::Debug for SocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Fixed(Ok(endpoint)) => write!(f, "SocketUrl({endpoint})"),
            Source::Fixed(Err(error)) => write!(f, "SocketUrl({error})"),
            Source::Signal(_) => f.write_str("SocketUrl(a signal)"),
            Source::Ask(_) => f.write_str("SocketUrl(a function)"),
        }
    }
}

/// The headers of all messages of a socket.
///
/// - A value.
/// - A signal, or a memo. Each message takes what it is when it leaves.
///
/// A signal has to live as long as the socket, as that of a [`SocketUrl`].
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
pub struct GlobalHeaders(pub(crate) HeadersSource);

#[derive(Clone)]
pub(crate) enum HeadersSource {
    Fixed(Headers),
    Signal(Followed<Headers>),
}

impl HeadersSource {
    fn means_the_same(&self, there: &Self) -> bool {
        match (self, there) {
            (Self::Fixed(one), Self::Fixed(there)) => one == there,
            (Self::Signal(one), Self::Signal(there)) => one.means_the_same(there),
            (Self::Fixed(_) | Self::Signal(_), _) => false,
        }
    }
}

impl From<Headers> for GlobalHeaders {
    fn from(headers: Headers) -> Self {
        Self(HeadersSource::Fixed(headers))
    }
}

/// Shows no value.
impl fmt::Debug for GlobalHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            HeadersSource::Fixed(headers) => headers.fmt(f),
            HeadersSource::Signal(_) => f.write_str("Headers(a signal)"),
        }
    }
}

macro_rules! from_signals {
    ($($signal:ident),*) => {
        $(
            impl From<$signal<String>> for SocketUrl {
                fn from(url: $signal<String>) -> Self {
                    Self(Source::Signal(Followed::new(Handle::$signal(url))))
                }
            }

            impl From<$signal<Headers>> for GlobalHeaders {
                fn from(headers: $signal<Headers>) -> Self {
                    Self(HeadersSource::Signal(Followed::new(Handle::$signal(headers))))
                }
            }
        )*
    };
}

from_signals!(Signal, ReadSignal, RwSignal, Memo);
