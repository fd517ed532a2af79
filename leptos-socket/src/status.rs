//! The debounced status of a socket, for an interface.

use std::fmt;
use std::time::Duration;

use leptos::prelude::*;
use leptos_socket_core::{Client, CloseCode, CloseReason, Diagnosis, Instant, SocketState};

use crate::Socket;
use crate::socket::Part;

mod watch;

use watch::Watch;

/// A loss that is repaired so soon is not shown.
const GRACE: Duration = Duration::from_secs(1);

/// How a socket is, for people. `Display` says it in a few words.
///
/// It does not flicker: a link that is lost and replaced within a second stays [online](Self::Online), and it stays
/// [reconnecting](Self::Reconnecting) from one attempt to the next. Good news, and a final state, are shown at once.
///
/// ```
/// use leptos_socket::Status;
///
/// fn text(status: Status) -> &'static str {
///     match status {
///         Status::Offline => "no network",
///         status if status.is_online() => "online",
///         status if status.is_final() => "off",
///         _ => "one moment ..",
///     }
/// }
/// assert_eq!(text(Status::Slow), "online");
/// assert_eq!(text(Status::GaveUp), "off");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// The first link since the app opened the socket is being opened. So it is on a server too.
    Connecting,
    /// A link is open.
    Online,
    /// A link is open, and the server is slow to answer.
    Slow,
    /// The link was lost, or could not be opened, and is tried again: see [`Socket::countdown`] for when.
    Reconnecting,
    /// The browser says that there is no network. An open link is asked for a sign of life, and if it gives one, it is
    /// [online](Self::Online) after all.
    Offline,
    /// The server closed the link with a code that is final.
    Refused(CloseCode),
    /// All attempts that the config allows were spent.
    GaveUp,
    /// The app closed the socket, removed it, or has no address for it yet.
    Closed,
}

impl Status {
    /// Whether a link is open.
    #[must_use]
    pub const fn is_online(self) -> bool {
        matches!(self, Self::Online | Self::Slow)
    }

    /// Whether the socket stays closed until the app tells it to connect.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Refused(_) | Self::GaveUp | Self::Closed)
    }

    pub(crate) fn of(client: &Client) -> Self {
        match client.state() {
            SocketState::Open | SocketState::Slow if client.seems_cut_off() => Self::Offline,
            SocketState::Open => Self::Online,
            SocketState::Slow => Self::Slow,
            SocketState::Closed(CloseReason::Refused(code)) => Self::Refused(code),
            SocketState::Closed(CloseReason::GaveUp { .. }) => Self::GaveUp,
            SocketState::Closed(_) => Self::Closed,
            _ if client.diagnosis() == Some(Diagnosis::Offline) => Self::Offline,
            SocketState::Backoff { .. } | SocketState::Connecting { attempt: 1.. } => Self::Reconnecting,
            SocketState::Idle | SocketState::Connecting { .. } | _ => Self::Connecting,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting => f.write_str("connecting"),
            Self::Online => f.write_str("online"),
            Self::Slow => f.write_str("online, but the server is slow to answer"),
            Self::Reconnecting => f.write_str("no connection, trying again"),
            Self::Offline => f.write_str("no network"),
            Self::Refused(code) => write!(f, "the server refuses the connection (code {code})"),
            Self::GaveUp => f.write_str("the server cannot be reached"),
            Self::Closed => f.write_str("not connected"),
        }
    }
}

/// Debounced signals for your interface. What changes by the clock uses a timer as long as a component that asked for it is
/// mounted.
impl Socket {
    /// The status of the socket, debounced for an interface.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::Socket;
    ///
    /// #[component]
    /// fn Banner(socket: Socket) -> impl IntoView {
    ///     let lost = socket.disconnected_for(std::time::Duration::from_secs(5));
    ///     view! {
    ///         <Show when=move || lost.get()>
    ///             <p role="alert">{move || socket.status().get().to_string()}</p>
    ///         </Show>
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn status(&self) -> Signal<Status> {
        self.watched(Watch::status, Status::Connecting, Status::Closed)
    }

    /// The time until the next attempt, in whole seconds, rounded up; `None` if none is planned, or while the
    /// [status](Self::status) hides a loss. It ticks while an attempt is planned.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_socket::Socket;
    ///
    /// #[component]
    /// fn NextAttempt(socket: Socket) -> impl IntoView {
    ///     let countdown = socket.countdown();
    ///     move || countdown.get().map(|left| format!("Next attempt in {} s", left.as_secs()))
    /// }
    /// ```
    #[must_use]
    pub fn countdown(&self) -> Signal<Option<Duration>> {
        self.watched(Watch::countdown, None, None)
    }

    /// Whether there has been no link for this long, though the app wants one: "lost for more than 5 s". False again as soon as
    /// there is one. What the page slept through in the back-forward cache does not count.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # use leptos::prelude::*;
    /// # use leptos_socket::transport::scripted::Scripted;
    /// # use leptos_socket::{SocketOptions, provide_sockets};
    /// # if cfg!(feature = "ssr") { return; }
    /// # let owner = Owner::new();
    /// # owner.set();
    /// # let (world, sockets) = (Scripted::new(), provide_sockets());
    /// # let options = SocketOptions::new().transport(world.clone());
    /// # let socket = sockets.add_socket("app", "ws://server/", options).expect("a valid URL");
    /// # world.accept();
    /// // `world` plays the network, see `transport::scripted`.
    /// let lost = socket.disconnected_for(Duration::from_secs(5));
    /// world.close(1006);
    /// world.advance(Duration::from_secs(4));
    /// assert!(!lost.get_untracked());
    /// world.advance(Duration::from_secs(1));
    /// assert!(lost.get_untracked());
    /// world.accept();
    /// assert!(!lost.get_untracked());
    /// # owner.cleanup();
    /// ```
    #[must_use]
    pub fn disconnected_for(&self, duration: Duration) -> Signal<bool> {
        self.watched(|watch| watch.disconnected_for(duration), false, false)
    }
}

impl Socket {
    /// Something that changes by the clock alone.
    fn watched<T: Send + Sync + 'static>(
        &self,
        which: impl FnOnce(&Watch) -> Signal<T>,
        initial: T,
        gone: T,
    ) -> Signal<T> {
        let watched = self.with_inner(|inner| {
            let watch = Watch::of(inner);
            let signal = which(&watch);
            watch.update(inner);
            signal
        });
        watched.unwrap_or_else(|| Signal::stored(self.without_inner(initial, gone)))
    }
}

/// What is shown, and since when it is so.
#[derive(Debug)]
pub(crate) struct Steady {
    shown: Status,
    seen: Status,
    /// Since when there is no link.
    lost_at: Option<Instant>,
    /// Whether the link that is opened is the first one since the app opened the socket.
    is_first: bool,
    /// Whether nobody sees the page, and it has no link because of that.
    is_put_away: bool,
}

impl Steady {
    pub(crate) const fn new(now: Instant) -> Self {
        let (shown, seen) = (Status::Connecting, Status::Connecting);
        Self { shown, seen, lost_at: Some(now), is_first: true, is_put_away: false }
    }

    /// One whose link was lost before anybody asked.
    pub(crate) const fn since(lost_at: Instant) -> Self {
        let (shown, seen) = (Status::Online, Status::Online);
        Self { shown, seen, lost_at: Some(lost_at), is_first: false, is_put_away: false }
    }

    /// It is so now.
    pub(crate) fn see(&mut self, status: Status, now: Instant) {
        let was_wanted = self.seen != Status::Closed;
        self.lost_at = if status.is_online() { None } else { self.lost_at.filter(|_| was_wanted).or(Some(now)) };
        self.seen = if status == Status::Connecting && !self.is_first { Status::Reconnecting } else { status };
        self.is_first = status == Status::Closed || (status == Status::Connecting && self.is_first);
        if !self.is_put_away && self.next_change().is_none_or(|at| at <= now) {
            self.shown = self.seen;
        }
    }

    /// The page goes into the back-forward cache. What it shows then is what it shows first when it is back.
    pub(crate) const fn put_away(&mut self) {
        self.is_put_away = true;
    }

    /// The page is back. Its link is missed from now on.
    pub(crate) fn come_back(&mut self, now: Instant) {
        if std::mem::take(&mut self.is_put_away) {
            self.lost_at = self.lost_at.map(|_| now);
        }
    }

    pub(crate) const fn shown(&self) -> Status {
        self.shown
    }

    pub(crate) const fn is_put_away(&self) -> bool {
        self.is_put_away
    }

    /// When something else is to be shown, though nothing happens.
    pub(crate) fn next_change(&self) -> Option<Instant> {
        let hides_loss = self.shown.is_online() && !self.seen.is_online() && !self.seen.is_final();
        Some(self.lost_at.filter(|_| hides_loss && !self.is_put_away)? + GRACE)
    }

    /// Since when the app misses a link.
    pub(crate) fn missed_since(&self) -> Option<Instant> {
        self.lost_at.filter(|_| self.seen != Status::Closed && !self.is_put_away)
    }
}

/// An accessible connection indicator: a live region, the time until the next attempt, and a button to try at once. It has no
/// styles, only classes: `socket-status` and one for each status (`is-connecting`, `is-online`, `is-slow`, `is-reconnecting`,
/// `is-offline`, `is-refused`, `is-gave-up`, `is-closed`) on the whole, and `socket-status-text`, `socket-status-countdown` and
/// `socket-status-retry` on its parts.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{SocketStatus, use_socket};
///
/// #[component]
/// fn Header() -> impl IntoView {
///     view! { <SocketStatus socket=use_socket() /> }
/// }
/// ```
///
/// In your own words:
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::{Socket, SocketStatus, Status};
/// use std::time::Duration;
///
/// #[component]
/// fn Kopfzeile(socket: Socket) -> impl IntoView {
///     let text = |status: Status| if status.is_online() { "verbunden" } else { "keine Verbindung" }.to_owned();
///     let countdown_text = |left: Duration| format!(" (neuer Versuch in {} s)", left.as_secs());
///     view! { <SocketStatus socket text countdown_text retry_text="Jetzt versuchen" /> }
/// }
/// ```
#[expect(unreachable_pub, reason = "the macro makes an item that is not re-exported")]
#[component]
pub fn SocketStatus(
    /// The socket.
    socket: Socket,
    /// What to say of a status. Default: its `Display`.
    #[prop(optional, into)]
    text: Option<Callback<Status, String>>,
    /// What to say of the time until the next attempt, in whole seconds. Default: " (next attempt in 7 s)".
    #[prop(optional, into)]
    countdown_text: Option<Callback<Duration, String>>,
    /// What the button says. Default: "Try now".
    #[prop(default = "Try now".into(), into)]
    retry_text: Signal<String>,
) -> impl IntoView {
    let (status, left) = (socket.status(), socket.countdown());
    let counted = move || match (countdown_text, left.get()?) {
        (Some(text), left) => Some(text.run(left)),
        (None, left) => Some(format!(" (next attempt in {} s)", left.as_secs())),
    };
    let said = move || match (text, status.get()) {
        (Some(text), status) => text.run(status),
        (None, status) => status.to_string(),
    };
    let can_retry = move || match status.get() {
        Status::Slow | Status::Reconnecting | Status::Offline | Status::Refused(_) | Status::GaveUp => true,
        Status::Connecting | Status::Online | Status::Closed => false,
    };
    let retry = move |_| socket.reconnect();
    // The countdown is no part of the live region: a screen reader would count aloud.
    view! {
        <div class=move || format!("socket-status is-{}", class(status.get()))>
            <span class="socket-status-text" role="status">{said}</span>
            <Show when=move || left.get().is_some()>
                <span class="socket-status-countdown">{counted}</span>
            </Show>
            <Show when=can_retry>
                <button class="socket-status-retry" type="button" on:click=retry>{retry_text}</button>
            </Show>
        </div>
    }
}

const fn class(status: Status) -> &'static str {
    match status {
        Status::Connecting => "connecting",
        Status::Online => "online",
        Status::Slow => "slow",
        Status::Reconnecting => "reconnecting",
        Status::Offline => "offline",
        Status::Refused(_) => "refused",
        Status::GaveUp => "gave-up",
        Status::Closed => "closed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_comes_back_shows_no_loss_unless_that_lasts() {
        let at = Instant::from_millis;
        let mut steady = Steady::new(at(0));
        steady.see(Status::Online, at(10));
        steady.put_away();
        steady.see(Status::Reconnecting, at(20));
        assert_eq!((steady.next_change(), steady.missed_since()), (None, None));
        // A timer that fires late, before the page knows that it is back.
        steady.see(Status::Reconnecting, at(3_600_000));
        assert_eq!(steady.shown(), Status::Online);
        steady.come_back(at(3_600_000));
        assert_eq!(steady.missed_since(), Some(at(3_600_000)));
        steady.see(Status::Reconnecting, at(3_600_999));
        assert_eq!((steady.shown(), steady.next_change()), (Status::Online, Some(at(3_601_000))));
        steady.see(Status::Reconnecting, at(3_601_000));
        assert_eq!(steady.shown(), Status::Reconnecting);
        // It was not away.
        steady.come_back(at(3_602_000));
        assert_eq!(steady.missed_since(), Some(at(3_600_000)));
    }
}
