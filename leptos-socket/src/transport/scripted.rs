//! A world for tests: the test plays the server, the network and the clock.
//!
//! Nothing happens by itself. So every order of events can be tried, and no test waits.
//!
//! ```
//! use leptos::prelude::*;
//! use leptos_socket::transport::scripted::Scripted;
//! use leptos_socket::{Message, SocketOptions, provide_sockets};
//!
//! # if cfg!(feature = "ssr") { return; }
//! # let owner = Owner::new();
//! # owner.set();
//! let world = Scripted::new();
//! let options = SocketOptions::new().transport(world.clone());
//! let socket = provide_sockets().add_socket("app", "ws://server/", options).expect("a valid URL");
//! world.accept();
//! assert!(socket.connected().get_untracked());
//!
//! let call = socket.send_and_wait(Message::new("sayHello", ()));
//! let server = async { world.reply_to("sayHello", 200, r#""Hello, World!""#) };
//! // The call leaves when it is first polled, and then the server answers.
//! let (reply, _) = futures::executor::block_on(futures::future::join(call, server));
//! let reply = reply.expect("a reply");
//! assert_eq!(reply.payload().as_str(), r#""Hello, World!""#);
//! # owner.cleanup();
//! ```

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use leptos_socket_core::{CloseCode, Endpoint, Input, Instant};
use serde_json::Value;

use super::{Link, LinkInputs, Transport, TransportError};

/// The world, and the test's hold on it. Clones are the same world; several sockets may share it.
///
/// A test of what a component shows:
///
/// ```
/// use leptos::prelude::*;
/// use leptos_socket::transport::scripted::Scripted;
/// use leptos_socket::{SocketOptions, provide_sockets, use_query};
/// # use leptos_socket::Route;
/// # #[derive(serde::Serialize, Route)] #[route("sayHello", response = String)] struct SayHello;
/// # if cfg!(feature = "ssr") { return; }
/// # let owner = Owner::new();
/// # owner.set();
///
/// let world = Scripted::new();
/// let options = SocketOptions::new().transport(world.clone());
/// let socket = provide_sockets().add_socket("app", "ws://server/", options).expect("a valid URL");
/// world.accept();
///
/// let hello = use_query(socket, || SayHello);
/// assert!(hello.loading().get_untracked());
/// world.reply_to("sayHello", 200, r#""Hello, World!""#);
/// assert_eq!(hello.data().get_untracked().as_deref(), Some("Hello, World!"));
/// # owner.cleanup();
/// ```
#[derive(Clone, Default)]
pub struct Scripted(Rc<World>);

#[derive(Default)]
struct World {
    now: Cell<Instant>,
    links: RefCell<Vec<Record>>,
    timers: RefCell<BTreeMap<TimerKey, Wake>>,
    timers_set: Cell<u64>,
    clients: Cell<u64>,
    buffered: Cell<usize>,
}

/// Timers fire in the order of their times, and of one time in the order in which they were set.
type TimerKey = (Instant, u64);
type Wake = Box<dyn FnOnce()>;

/// What is known of one link.
struct Record {
    url: String,
    inputs: LinkInputs,
    sent: Vec<String>,
    asked_to_close: Option<CloseCode>,
    alive: bool,
}

/// The network. All of it happens on the link that was opened last, unless it says otherwise.
///
/// ```
/// use leptos_socket::transport::Input;
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
/// let socket = sockets.add_socket("app", "ws://server/ws/app/", options).expect("a valid URL");
/// assert_eq!(world.url().as_deref(), Some("ws://server/ws/app/"));
/// // The handshake fails, and so there is another one within a second.
/// world.close(1006);
/// world.advance(Duration::from_secs(1));
/// world.accept();
/// assert_eq!((world.link_count(), world.alive_count()), (2, 1));
/// // A frame that is not a message is harmless.
/// world.receive("nonsense");
/// world.report(Input::Binary(6));
/// assert!(socket.connected().get_untracked());
/// # owner.cleanup();
/// ```
impl Scripted {
    /// A world at time zero, without links.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The handshake succeeds.
    pub fn accept(&self) {
        self.report(Input::Opened);
    }

    /// The link ends, or its handshake fails, with this code.
    pub fn close(&self, code: u16) {
        self.report(Input::Closed(code.into()));
    }

    /// A text frame comes.
    pub fn receive(&self, text: impl Into<String>) {
        self.report(Input::Text(text.into()));
    }

    /// Something happens on the newest link.
    pub fn report(&self, input: Input) {
        if let Some(newest) = self.link_count().checked_sub(1) {
            self.report_on(newest, input);
        }
    }

    /// Something happens on the link that was opened as number `index`, from 0 on. It may be long gone.
    ///
    /// ```
    /// use leptos_socket::CloseCode;
    /// use leptos_socket::transport::Input;
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
    /// world.close(1006);
    /// world.advance(Duration::from_secs(1));
    /// world.accept();
    /// // Nobody hears what the first link says now.
    /// world.report_on(0, Input::Closed(CloseCode::POLICY));
    /// assert!(socket.connected().get_untracked());
    /// # owner.cleanup();
    /// ```
    pub fn report_on(&self, index: usize, input: Input) {
        let inputs = self.0.links.borrow().get(index).map(|link| link.inputs.clone());
        if let Some(inputs) = inputs {
            inputs.report(input);
        }
    }

    /// Sets how many bytes every link says are waiting in it: see [`Link::buffered`]. Default: 0.
    ///
    /// ```
    /// use leptos_socket::{Message, Sent};
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
    /// let chunk = || Message::new("chunk", "x".repeat(900_000));
    /// // No more than 1 MiB waits in a link.
    /// assert_eq!(socket.send_message(chunk()), Ok(Sent::Now));
    /// world.set_buffered(1 << 20);
    /// assert!(matches!(socket.send_message(chunk()), Ok(Sent::Queued(_))));
    /// world.set_buffered(0);
    /// world.advance(Duration::from_millis(20));
    /// assert_eq!(world.take_sent().len(), 2);
    /// # owner.cleanup();
    /// ```
    pub fn set_buffered(&self, bytes: usize) {
        self.0.buffered.set(bytes);
    }

    /// How many links were opened so far.
    #[must_use]
    pub fn link_count(&self) -> usize {
        self.0.links.borrow().len()
    }

    /// How many links are held.
    #[must_use]
    pub fn alive_count(&self) -> usize {
        self.0.links.borrow().iter().filter(|link| link.alive).count()
    }

    /// How many timers are set.
    ///
    /// ```
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
    /// assert!(world.timer_count() > 0);
    /// sockets.remove_socket("app");
    /// assert_eq!((world.alive_count(), world.timer_count()), (0, 0));
    /// # owner.cleanup();
    /// ```
    #[must_use]
    pub fn timer_count(&self) -> usize {
        self.0.timers.borrow().len()
    }

    /// The URL of the newest link.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        self.0.links.borrow().last().map(|link| link.url.clone())
    }

    /// The code that the newest link was asked to close with.
    ///
    /// ```
    /// use leptos_socket::CloseCode;
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
    /// assert_eq!(world.asked_to_close(), None);
    /// socket.close();
    /// assert_eq!(world.asked_to_close(), Some(CloseCode::NORMAL));
    /// # owner.cleanup();
    /// ```
    #[must_use]
    pub fn asked_to_close(&self) -> Option<CloseCode> {
        self.0.links.borrow().last()?.asked_to_close
    }
}

/// The server.
///
/// ```
/// use leptos_socket::{Message, Push};
/// use std::sync::mpsc;
///
/// #[derive(Clone, serde::Deserialize, Push)]
/// #[push("news")]
/// struct News {
///     title: String,
/// }
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
/// let last = socket.latest::<News>();
/// world.push("news", r#"{"title": "Rain"}"#);
/// assert!(last.value().get_untracked().is_some_and(|news| news.title == "Rain"));
///
/// let (found, is_found) = mpsc::channel();
/// let asked = socket.on_response(Message::new("getArticle", 7), move |reply| {
///     let _ = found.send(reply.is_ok_and(|reply| reply.is_success()));
/// });
/// assert!(asked.is_ok());
/// assert!(world.reply_to("getArticle", 404, "null"));
/// assert_eq!(is_found.try_recv(), Ok(false));
///
/// socket.send_message(Message::new("seen", 7)).expect("an open link");
/// assert_eq!(world.take_sent()[0]["payload"], 7);
/// # owner.cleanup();
/// ```
impl Scripted {
    /// Takes the frames that were sent on the newest link, except pings.
    #[must_use]
    pub fn take_sent(&self) -> Vec<Value> {
        let mut links = self.0.links.borrow_mut();
        let sent = links.last_mut().map(|link| std::mem::take(&mut link.sent)).unwrap_or_default();
        let frames = sent.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok());
        frames.filter(|frame| frame["route"] != "PING").collect()
    }

    /// Answers the oldest frame for `route` on the newest link with a status and a payload (JSON). Returns whether there
    /// was one.
    pub fn reply_to(&self, route: &str, status: u16, payload: &str) -> bool {
        let uuid = self.take_uuid(route);
        if let Some(uuid) = &uuid {
            self.receive(format!(r#"{{"uuid":{uuid},"headers":null,"payload":{payload},"status":{status}}}"#));
        }
        uuid.is_some()
    }

    /// Pushes a message (payload as JSON).
    pub fn push(&self, route: &str, payload: &str) {
        self.receive(format!(r#"{{"route":{},"payload":{payload}}}"#, Value::from(route)));
    }

    fn take_uuid(&self, route: &str) -> Option<Value> {
        let mut links = self.0.links.borrow_mut();
        let sent = &mut links.last_mut()?.sent;
        let frames = sent.iter().map(|text| serde_json::from_str::<Value>(text).unwrap_or_default());
        let (index, frame) = frames.enumerate().find(|(_, frame)| frame["route"] == route)?;
        sent.remove(index);
        Some(frame["uuid"].clone())
    }
}

/// The clock.
///
/// ```
/// use futures::executor::block_on;
/// use leptos_socket::Message;
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
/// let call = socket.send_and_wait(Message::new("report", ()));
/// let clock = async { world.advance(Duration::from_secs(30)) };
/// // The call leaves when it is first polled, and then the time passes.
/// let (outcome, ()) = block_on(futures::future::join(call, clock));
/// assert!(outcome.is_err_and(|error| error.is_timeout()));
///
/// // The laptop is shut for a night. A link that may be dead is asked before it is given up.
/// world.sleep(Duration::from_secs(8 * 3600));
/// assert!(world.reply_to("PING", 200, "{}"));
/// world.advance(Duration::from_secs(10));
/// assert!(socket.connected().get_untracked());
/// # owner.cleanup();
/// ```
impl Scripted {
    /// Time passes. Timers fire when they are due.
    pub fn advance(&self, by: Duration) {
        let end = self.0.now.get() + by;
        while let Some((at, wake)) = self.next_timer(end) {
            self.0.now.set(at.max(self.0.now.get()));
            wake();
        }
        self.0.now.set(end);
    }

    /// The machine sleeps: time passes, and only then timers fire.
    pub fn sleep(&self, by: Duration) {
        self.0.now.set(self.0.now.get() + by);
        self.advance(Duration::ZERO);
    }

    fn next_timer(&self, end: Instant) -> Option<(Instant, Wake)> {
        let mut timers = self.0.timers.borrow_mut();
        let due = timers.first_entry().filter(|timer| timer.key().0 <= end)?;
        let ((at, _), wake) = due.remove_entry();
        Some((at, wake))
    }
}

impl Transport for Scripted {
    fn open(&self, endpoint: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
        let mut links = self.0.links.borrow_mut();
        links.push(Record {
            url: endpoint.url().to_owned(),
            inputs,
            sent: Vec::new(),
            asked_to_close: None,
            alive: true,
        });
        Ok(Box::new(ScriptedLink { world: self.clone(), index: links.len() - 1 }))
    }

    fn now(&self) -> Instant {
        self.0.now.get()
    }

    /// The same in every run, so that a test that failed fails again.
    fn random(&self) -> u64 {
        self.0.clients.set(self.0.clients.get() + 1);
        self.0.clients.get()
    }

    fn wake_at(&self, at: Instant, wake: Wake) -> Box<dyn Any> {
        let id = self.0.timers_set.get();
        self.0.timers_set.set(id + 1);
        self.0.timers.borrow_mut().insert((at, id), wake);
        Box::new(ScriptedTimer { world: self.clone(), key: (at, id) })
    }
}

struct ScriptedLink {
    world: Scripted,
    index: usize,
}

impl ScriptedLink {
    fn update(&self, change: impl FnOnce(&mut Record)) {
        if let Some(link) = self.world.0.links.borrow_mut().get_mut(self.index) {
            change(link);
        }
    }
}

impl Link for ScriptedLink {
    fn send(&self, text: &str) -> Result<(), TransportError> {
        self.update(|link| link.sent.push(text.to_owned()));
        Ok(())
    }

    fn buffered(&self) -> usize {
        self.world.0.buffered.get()
    }

    fn close(&self, code: CloseCode) {
        self.update(|link| link.asked_to_close = Some(code));
    }
}

impl Drop for ScriptedLink {
    fn drop(&mut self) {
        self.update(|link| link.alive = false);
    }
}

struct ScriptedTimer {
    world: Scripted,
    key: TimerKey,
}

impl Drop for ScriptedTimer {
    fn drop(&mut self) {
        self.world.0.timers.borrow_mut().remove(&self.key);
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scripted(at {}, {} links)", self.0.now.get(), self.link_count())
    }
}
