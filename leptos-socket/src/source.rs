//! Where a socket's URL and its headers come from: a value, a signal, or an async function.

use std::fmt;
use std::future::Future;
use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use leptos_socket_core::{Endpoint, Headers, InvalidUrl};

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

/// Where a socket connects to.
///
/// - A value: text, or an [`Endpoint`], which may offer subprotocols.
/// - A signal of text. Each attempt takes what it is then, and a change
///   [reconnects](crate::SocketOptions::reconnect_on_change) at once.
/// - An async function, which is asked once for each attempt: for a ticket that is good for one connection, say. If it
///   fails, so has the attempt, and the next one comes after the usual delay. It is dropped where its answer is of no use any
///   more.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{AddSocketError, Endpoint, InvalidUrl, SocketOptions, Sockets};
///
/// # async fn fetch_ticket() -> String { String::new() }
/// fn connect(sockets: Sockets, room: RwSignal<String>) -> Result<(), AddSocketError> {
///     let url = Signal::derive(move || format!("wss://example.com/rooms/{}/", room.get()));
///     sockets.add_socket("room", url, SocketOptions::new())?;
///
///     let with_ticket = || async { Endpoint::parse(&format!("/ws/app/?ticket={}", fetch_ticket().await)) };
///     sockets.add_socket("app", with_ticket, SocketOptions::new())?;
///     Ok(())
/// }
/// ```
pub struct SocketUrl(Source);

#[derive(Clone)]
enum Source {
    Fixed(Result<Endpoint, InvalidUrl>),
    Signal(Signal<String>),
    Ask(Ask<Endpoint>),
}

/// What a source has to say at once.
pub(crate) enum Resolution {
    Known(Endpoint),
    Asked(LocalBoxFuture<'static, Option<Endpoint>>),
    Failed,
}

impl SocketUrl {
    /// Whether it can be used as it is now.
    pub(crate) fn check(&self) -> Result<(), InvalidUrl> {
        match &self.0 {
            Source::Fixed(endpoint) => endpoint.as_ref().map(|_| ()).map_err(|error| *error),
            Source::Signal(url) => url.with_untracked(|url| Endpoint::parse(url)).map(|_| ()),
            Source::Ask(_) => Ok(()),
        }
    }

    pub(crate) fn resolve(&self) -> Resolution {
        match &self.0 {
            Source::Fixed(endpoint) => endpoint.clone().map_or(Resolution::Failed, Resolution::Known),
            Source::Signal(url) => {
                let endpoint = url.try_with_untracked(|url| Endpoint::parse(url));
                endpoint.and_then(Result::ok).map_or(Resolution::Failed, Resolution::Known)
            }
            Source::Ask(provider) => Resolution::Asked(provider()),
        }
    }

    pub(crate) const fn signal(&self) -> Option<Signal<String>> {
        match &self.0 {
            Source::Signal(url) => Some(*url),
            Source::Fixed(_) | Source::Ask(_) => None,
        }
    }

    /// Whether two components mean the same. A signal is compared by what it is now, and functions cannot be compared: that of
    /// the first is taken for all.
    pub(crate) fn means_the_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Source::Fixed(one), Source::Fixed(other)) => one == other,
            (Source::Signal(one), Source::Signal(other)) => one.try_get_untracked() == other.try_get_untracked(),
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

impl<P, F, E> From<P> for SocketUrl
where
    P: Fn() -> F + 'static,
    E: 'static,
    F: Future<Output = Result<Endpoint, E>> + 'static,
{
    fn from(provider: P) -> Self {
        Self(Source::Ask(ask(provider)))
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
/// - An async function, which is asked for each message when that could leave; messages keep their order. If it fails, the
///   message ends with [`NotSent::NoHeaders`](crate::NotSent::NoHeaders). Let it keep what it fetched: it is asked often.
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
    Signal(Signal<Headers>),
    Ask(Ask<Headers>),
}

impl HeadersSource {
    pub(crate) fn means_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(one), Self::Fixed(other)) => one == other,
            (Self::Signal(one), Self::Signal(other)) => one.try_get_untracked() == other.try_get_untracked(),
            (Self::Ask(_), Self::Ask(_)) => true,
            (Self::Fixed(_) | Self::Signal(_) | Self::Ask(_), _) => false,
        }
    }
}

impl From<Headers> for GlobalHeaders {
    fn from(headers: Headers) -> Self {
        Self(HeadersSource::Fixed(headers))
    }
}

impl<P, F, E> From<P> for GlobalHeaders
where
    P: Fn() -> F + 'static,
    E: 'static,
    F: Future<Output = Result<Headers, E>> + 'static,
{
    fn from(provider: P) -> Self {
        Self(HeadersSource::Ask(ask(provider)))
    }
}

/// Shows no value.
impl fmt::Debug for GlobalHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            HeadersSource::Fixed(headers) => headers.fmt(f),
            HeadersSource::Signal(_) => f.write_str("Headers(a signal)"),
            HeadersSource::Ask(_) => f.write_str("Headers(a function)"),
        }
    }
}

macro_rules! from_signals {
    ($($signal:ident),*) => {
        $(
            impl From<$signal<String>> for SocketUrl {
                fn from(url: $signal<String>) -> Self {
                    Self(Source::Signal(url.into()))
                }
            }

            impl From<$signal<Headers>> for GlobalHeaders {
                fn from(headers: $signal<Headers>) -> Self {
                    Self(HeadersSource::Signal(headers.into()))
                }
            }
        )*
    };
}

from_signals!(Signal, ReadSignal, RwSignal, Memo);
