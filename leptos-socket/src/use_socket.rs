//! One socket for all components that ask for it.

use std::rc::Rc;

use leptos::prelude::*;
use leptos_socket_core::InvalidUrl;

use crate::driver::Driver;
use crate::source::Sources;
use crate::trace;
use crate::users::Users;
use crate::{AddSocketError, Socket, SocketOptions, SocketUrl, try_use_sockets};

/// The socket of that name, shared by all components that use it. The first one opens it. When the last one is gone, the socket
/// [lingers](SocketOptions::linger), and is then closed. A component that comes while it lingers opens it again if it is closed
/// by then.
///
/// Each component has its own callbacks in `options`. Everything else has to be the same, so put URL and options into one
/// function that they share. The socket uses the signals and functions of the component that has used it for longest. When that
/// one goes, it uses those of the next one, and [reconnects](SocketOptions::reconnect_on_change) if its URL is another one
/// then. A socket that was [added](crate::Sockets::add_socket) under that name is shared too, and stays until it is removed.
///
/// The nearest `ErrorBoundary` shows an error that a component returns. Without one, nothing is rendered, and there is only a
/// [warning](crate#logs-and-tracing).
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{SocketOptions, UseSocketError, use_socket};
///
/// #[component]
/// fn Ticker() -> impl IntoView {
///     let options = SocketOptions::new().on_gap(|_| leptos::logging::log!("prices may have been missed"));
///     let socket = use_socket("app", "/ws/app/", options)?;
///     let price = socket.latest("price");
///     Ok::<_, UseSocketError>(view! { <p>{move || price.value().get().map(|price| price.payload().to_string())}</p> })
/// }
/// ```
///
/// # Errors
///
/// There is no [provider](crate::SocketProvider), or it is gone; no link could ever be opened to the URL; or the socket is
/// there, with another URL or other options. Signals are compared by their present values. Functions cannot be compared: the
/// other component must only have one too.
pub fn use_socket(
    name: impl Into<String>,
    url: impl Into<SocketUrl>,
    options: SocketOptions,
) -> Result<Socket, UseSocketError> {
    let name = name.into();
    use_shared(&name, url.into(), options).inspect_err(|error| trace::warn(&name, format_args!("no socket: {error}")))
}

fn use_shared(name: &str, url: SocketUrl, mut options: SocketOptions) -> Result<Socket, UseSocketError> {
    let sockets = try_use_sockets().ok_or(UseSocketError::NoProvider)?;
    let installers = std::mem::take(&mut options.installers);
    let (socket, sources) = match sockets.find(name) {
        Some(socket) => {
            url.source().check()?;
            let sources = Sources::take(url, &mut options);
            let differs = |driver: &Rc<Driver>| Users::of(driver, &options).differs(driver, &sources, &options);
            let difference = socket.with_driver(differs).flatten();
            difference.map_or(Ok((socket, Some(sources))), |what| Err(UseSocketError::Differs { what }))?
        }
        None => {
            let (linger, reconnect_on_change) = (options.linger, options.reconnect_on_change);
            options.force = false;
            let socket = sockets.add_socket(name, url, options)?;
            let own = SocketOptions::new().linger(linger).reconnect_on_change(reconnect_on_change);
            socket.with_driver(|driver| Users::of(driver, &own).count());
            (socket, None)
        }
    };
    socket.with_driver(|driver| {
        installers.into_iter().for_each(|install| install(driver));
        let users = Users::of(driver, &SocketOptions::new());
        let lingers = sources.is_some() && users.is_unused();
        let user = users.add(sources.unwrap_or_else(|| driver.sources()));
        let name = name.to_owned();
        on_cleanup(move || {
            socket.with_driver(|driver| {
                let users = Users::of(driver, &SocketOptions::new());
                users.remove(driver, user, move || sockets.remove_unused(&name, socket));
                users.adopt_sources(socket, driver);
            });
        });
        // Last: it may reconnect, and whoever is woken by that may end this component.
        users.adopt_sources(socket, driver);
        if lingers {
            driver.open_again();
        }
    });
    Ok(socket)
}

/// Why [`use_socket()`] returned no socket.
///
/// An `ErrorBoundary` shows it:
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{SocketOptions, SocketStatus, UseSocketError, use_socket};
///
/// #[component]
/// fn Header() -> impl IntoView {
///     let socket = use_socket("app", "/ws/app/", SocketOptions::new())?;
///     Ok::<_, UseSocketError>(view! { <SocketStatus socket /> })
/// }
///
/// fn say(errors: ArcRwSignal<Errors>) -> impl IntoView {
///     move || errors.get().into_iter().map(|(_, error)| error.to_string()).collect_view()
/// }
///
/// #[component]
/// fn App() -> impl IntoView {
///     view! { <ErrorBoundary fallback=say><Header /></ErrorBoundary> }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UseSocketError {
    /// It was called outside of a [`SocketProvider`](crate::SocketProvider).
    #[error("there is no `SocketProvider` around this component")]
    NoProvider,
    /// The provider is gone.
    #[error("the provider of these sockets is gone")]
    Disposed,
    /// No link could ever be opened to the URL.
    #[error(transparent)]
    InvalidUrl(#[from] InvalidUrl),
    /// Another component uses a socket of that name, and asked for it differently.
    #[error("a socket of that name is in use with {what}")]
    Differs {
        /// What differs: `another URL`.
        what: &'static str,
    },
}

impl From<AddSocketError> for UseSocketError {
    fn from(error: AddSocketError) -> Self {
        match error {
            AddSocketError::InvalidUrl(error) => Self::InvalidUrl(error),
            // It was looked for just before.
            AddSocketError::Disposed | AddSocketError::Exists(_) => Self::Disposed,
        }
    }
}
