//! Where a socket connects to.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::rc::Rc;

use leptos::prelude::*;
use leptos_socket_core::{Endpoint, InvalidUrl, LinkId};

use super::question::ask;
use super::value_or_signal::{Follow, Followed};
use crate::Socket;
use crate::connection::Driver;
use crate::provider::{self, Declared};
use crate::reactive::in_no_context;
use crate::socket::Inner;

/// Where a socket connects to.
///
/// - Text, or an [`Endpoint`], which may offer subprotocols.
/// - A signal of one, or a function that returns one and may read signals.
/// - An `Option` of one. While it is `None`, the socket is idle and calls wait.
/// - An async function, through [`from_fn`](Self::from_fn).
///
/// When the address changes, the socket moves to that place: see [`SocketProvider`](crate::SocketProvider()). A signal must live as
/// long as the socket. If it is disposed earlier, the address stays what it was.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{SocketProvider, SocketUrl};
///
/// # async fn fetch_ticket() -> Result<String, String> { Ok(String::new()) }
/// #[component]
/// fn App(room: RwSignal<Option<u32>>) -> impl IntoView {
///     let with_ticket = SocketUrl::from_fn(|| async { Ok::<_, String>(format!("/ws/app/?ticket={}", fetch_ticket().await?)) });
///     view! {
///         <SocketProvider url=with_ticket>
///             <SocketProvider name="room" url=move || room.get().map(|room| format!("/ws/rooms/{room}/"))>
///                 "Here are two sockets."
///             </SocketProvider>
///         </SocketProvider>
///     }
/// }
/// ```
pub struct SocketUrl(Rc<dyn UrlSource>);

/// What is known of an address.
pub(crate) type Known = Result<Option<Endpoint>, InvalidUrl>;

/// Text or an [`Endpoint`], or an `Option` of one: what [`SocketUrl`] is made of.
///
/// ```
/// use leptos_socket::{Address, SocketUrl};
///
/// fn mirrored(choose: impl Fn() -> bool + Send + Sync + 'static) -> SocketUrl {
///     SocketUrl::from(move || if choose() { "wss://one.example/ws/" } else { "wss://two.example/ws/" })
/// }
/// # let _: &dyn Fn() -> SocketUrl = &|| mirrored(|| true);
/// ```
pub trait Address: sealed::Sealed {}

mod sealed {
    use super::{Endpoint, Known};

    #[expect(unnameable_types, reason = "nobody else should implement it")]
    pub trait Sealed {
        fn known(self) -> Known;
    }

    impl Sealed for Endpoint {
        fn known(self) -> Known {
            Ok(Some(self))
        }
    }

    impl Sealed for &str {
        fn known(self) -> Known {
            Endpoint::parse(self).map(Some)
        }
    }

    impl Sealed for String {
        fn known(self) -> Known {
            self.as_str().known()
        }
    }

    impl<A: Sealed> Sealed for Option<A> {
        fn known(self) -> Known {
            self.map_or(Ok(None), Sealed::known)
        }
    }
}

impl<A: sealed::Sealed> Address for A {}

/// A trait object: a page whose URL is text has no code for signals and functions.
pub(crate) trait UrlSource {
    /// What it is now, as far as that is known.
    fn check(&self) -> Result<(), InvalidUrl> {
        Ok(())
    }

    /// Tells the socket where to connect to, now and whenever that changes.
    fn follow(&self, socket: Socket) -> Option<Box<dyn Any>>;

    /// What it is now, if the socket was not told of that yet: then it counts as told.
    fn news(&self) -> Option<Known> {
        None
    }

    /// Finds out where a link goes to, and reports that.
    fn resolve(&self, driver: &Rc<Driver>, link: LinkId) {
        driver.resolve_here(link);
    }

    /// Whether it is asked at each attempt.
    fn is_asked(&self) -> bool {
        false
    }

    /// Declares a socket, or whatever else a provider with it declares.
    fn declare(&self, declared: Declared) {
        provider::declare_socket(declared);
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

struct Fixed(Known);

impl UrlSource for Fixed {
    fn check(&self) -> Result<(), InvalidUrl> {
        self.0.as_ref().map(|_| ()).map_err(|error| *error)
    }

    fn follow(&self, socket: Socket) -> Option<Box<dyn Any>> {
        socket.tell(|inner| inner.settle_at(self.0.clone()));
        None
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(Some(endpoint)) => fmt::Display::fmt(endpoint, f),
            Ok(None) => f.write_str("none"),
            Err(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl UrlSource for Followed<Known> {
    fn check(&self) -> Result<(), InvalidUrl> {
        self.value().map_or(Ok(()), |known| known.map(|_| ()))
    }

    fn follow(&self, socket: Socket) -> Option<Box<dyn Any>> {
        Follow::follow(self, socket, Inner::set_address)
    }

    fn news(&self) -> Option<Known> {
        self.news()
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a signal")
    }
}

struct Asked<Q>(Q);

impl<Q, F, A, E> UrlSource for Asked<Q>
where
    Q: Fn() -> F + 'static,
    F: Future<Output = Result<A, E>> + 'static,
    A: Address + 'static,
    E: 'static,
{
    fn follow(&self, _: Socket) -> Option<Box<dyn Any>> {
        None
    }

    fn resolve(&self, driver: &Rc<Driver>, link: LinkId) {
        let then = move |driver: &Rc<Driver>, address: Option<A>| {
            driver.on_resolved(link, address.map_or(Ok(None), sealed::Sealed::known));
        };
        driver.keep_resolving(link, ask(driver, in_no_context(&self.0), then));
    }

    fn is_asked(&self) -> bool {
        true
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function")
    }
}

/// In place of an address: no socket, but a registry of its own.
struct RegistryOnly;

impl UrlSource for RegistryOnly {
    fn follow(&self, _: Socket) -> Option<Box<dyn Any>> {
        None
    }

    fn declare(&self, _: Declared) {
        crate::provide_sockets();
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("none")
    }
}

impl SocketUrl {
    /// An async function, which is asked once for each attempt: for a ticket that is good for one connection, say. If it fails,
    /// or returns `None`, the attempt has failed too, and the next one comes after the usual delay. If it returns an
    /// invalid address, the socket is closed. It is dropped when its answer is no longer of
    /// use.
    ///
    /// It runs under no reactive owner: take what it needs from the context before.
    ///
    /// ```
    /// use leptos_socket::{Endpoint, SocketUrl};
    ///
    /// # async fn fetch_ticket() -> Result<String, String> { Ok(String::new()) }
    /// let url = SocketUrl::from_fn(|| async {
    ///     // A browser shows a subprotocol to nobody but the server.
    ///     let endpoint = Endpoint::parse("/ws/app/")?.protocol(fetch_ticket().await?);
    ///     Ok::<_, Box<dyn std::error::Error>>(endpoint)
    /// });
    /// ```
    pub fn from_fn<F, A, E>(url: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Result<A, E>> + 'static,
        A: Address + 'static,
        E: 'static,
    {
        Self(Rc::new(Asked(url)))
    }

    /// In a provider: no socket.
    pub(crate) fn registry_only() -> Self {
        Self(Rc::new(RegistryOnly))
    }

    /// Kept while the address itself is moved.
    pub(crate) fn source_handle(&self) -> Rc<dyn UrlSource> {
        Rc::clone(&self.0)
    }

    pub(crate) fn source(&self) -> &dyn UrlSource {
        &*self.0
    }

    fn fixed(address: impl Address) -> Self {
        Self(Rc::new(Fixed(sealed::Sealed::known(address))))
    }

    fn followed<A: Address>(read: impl Fn() -> Option<A> + Send + Sync + 'static) -> Self {
        Self(Rc::new(Followed::new(move || read().map(sealed::Sealed::known))))
    }
}

macro_rules! from_values {
    ($($value:ty),*) => {
        $(
            impl From<$value> for SocketUrl {
                fn from(address: $value) -> Self {
                    Self::fixed(address)
                }
            }
        )*
    };
}

from_values!(&str, String, Endpoint, Option<&str>, Option<String>, Option<Endpoint>);

impl From<&String> for SocketUrl {
    fn from(address: &String) -> Self {
        Self::fixed(address.as_str())
    }
}

impl<A: Address, F: Fn() -> A + Send + Sync + 'static> From<F> for SocketUrl {
    fn from(read: F) -> Self {
        Self::followed(move || Some(read()))
    }
}

/// With nightly Rust, signals are functions.
#[cfg(not(all(feature = "nightly", rustc_nightly)))]
macro_rules! from_signals {
    ($($signal:ident),*) => {
        $(
            impl<A: Address + Clone + Send + Sync + 'static> From<$signal<A>> for SocketUrl {
                fn from(signal: $signal<A>) -> Self {
                    Self::followed(move || signal.try_get())
                }
            }
        )*
    };
}

#[cfg(not(all(feature = "nightly", rustc_nightly)))]
from_signals!(Signal, ReadSignal, RwSignal, Memo);

/// Shows no query.
impl fmt::Debug for SocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketUrl(")?;
        self.0.fmt(f)?;
        f.write_str(")")
    }
}
