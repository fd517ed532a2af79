//! A server that does what it is told.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::{CloseCode, Input, Instant, LinkId, StatusCode};

/// The server. As the real ones do, it handles the messages of a link one after another, so that a ping waits behind a
/// slow handler.
///
/// ```
/// use leptos_socket_core::sim::{Answer, Sim};
/// use leptos_socket_core::{Message, NotSent, SocketConfig, StatusCode};
///
/// let mut sim = Sim::connected(SocketConfig::default(), 7);
/// sim.server.on("echo", Answer::echo());
/// sim.server.on("admin", Answer::status(StatusCode::FORBIDDEN, "not you".into()));
/// for route in ["echo", "admin", "unknown"] {
///     sim.call(&Message::new(route, "Hello"))?;
/// }
/// sim.drive();
/// assert_eq!((sim.server.received().count(), sim.server.pings().count()), (3, 1));
/// # Ok::<(), NotSent>(())
/// ```
#[derive(Debug)]
pub struct Server {
    /// Whose way of answering it has. Default: [`Dialect::ChannelsRouter`].
    pub dialect: Dialect,
    /// Whether it answers nothing at all, on a link that stays open. Default: false.
    pub silent: bool,
    /// Whether it answers a close. Default: true.
    pub answers_close: bool,
    answers: BTreeMap<String, Answer>,
    received: Vec<Received>,
    busy_until: BTreeMap<LinkId, Instant>,
}

/// The two ways in which the real servers answer.
///
/// ```
/// use leptos_socket_core::sim::{Answer, Dialect, Sim};
/// use leptos_socket_core::{CallError, Message, SocketConfig};
///
/// let mut sim = Sim::connected(SocketConfig::default(), 7);
/// sim.server.dialect = Dialect::ObservableSocket;
/// sim.server.on("echo", Answer::echo());
/// let call = sim.call(&Message::new("echo", "Hello"))?;
/// sim.drive();
/// let reply = sim.outcome(call).expect("it is settled").clone()?;
/// assert_eq!(reply.route(), None);
/// # Ok::<(), CallError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// `django-channels-router`: replies name their route, and a `PING` is answered with `PING`.
    ChannelsRouter,
    /// `django-observable-socket` and `fastapi-observable-socket`: replies name no route, and a `PING` is answered with
    /// `PONG`.
    ObservableSocket,
}

/// A frame that the server got.
///
/// ```
/// use leptos_socket_core::sim::Sim;
/// use leptos_socket_core::{Message, NotSent, SocketConfig};
///
/// let mut sim = Sim::connected(SocketConfig::default(), 7);
/// sim.send(&Message::new("chat", "Hello").header("token", "XYZ"))?;
/// sim.drive();
/// let frame = sim.server.received().last().expect("it arrived");
/// assert_eq!(frame.route, "chat");
/// assert!(frame.text.contains(r#""headers":{"token":"XYZ"}"#));
/// # Ok::<(), NotSent>(())
/// ```
#[derive(Clone, Debug)]
pub struct Received {
    /// When it arrived.
    pub at: Instant,
    /// On which link.
    pub link: LinkId,
    /// The frame.
    pub text: String,
    /// Its uuid.
    pub uuid: String,
    /// Its route.
    pub route: String,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            dialect: Dialect::ChannelsRouter,
            silent: false,
            answers_close: true,
            answers: BTreeMap::new(),
            received: Vec::new(),
            busy_until: BTreeMap::new(),
        }
    }
}

impl Server {
    /// Sets the answer to a route; `PING` is one too. A route without an answer gets a 404.
    pub fn on(&mut self, route: &str, answer: Answer) {
        self.answers.insert(route.to_owned(), answer);
    }

    /// The messages that arrived, pings left out, in their order.
    pub fn received(&self) -> impl Iterator<Item = &Received> {
        self.received.iter().filter(|received| received.route != "PING")
    }

    /// The pings that arrived, in their order.
    pub fn pings(&self) -> impl Iterator<Item = &Received> {
        self.received.iter().filter(|received| received.route == "PING")
    }

    /// Takes a frame. Returns what leaves in answer, and when.
    pub(super) fn receive(&mut self, at: Instant, link: LinkId, text: String) -> Vec<(Instant, Input)> {
        let message: Value = serde_json::from_str(&text).expect("a client sends JSON");
        let field = |name: &str| message[name].as_str().expect("a client sends uuid and route").to_owned();
        let request = Received { at, link, text, uuid: field("uuid"), route: field("route") };
        let answer = self.answer_to(&request);
        let leaves_at = self.busy_until.get(&link).map_or(at, |busy_until| at.max(*busy_until)) + answer.delay;
        let inputs = if self.silent { Vec::new() } else { answer.inputs(self.dialect, &request, &message["payload"]) };
        if !self.silent {
            self.busy_until.insert(link, leaves_at);
        }
        self.received.push(request);
        inputs.into_iter().map(|input| (leaves_at, input)).collect()
    }

    fn answer_to(&self, request: &Received) -> Answer {
        let pong = || match self.dialect {
            Dialect::ChannelsRouter => Answer::ok(Value::Null),
            Dialect::ObservableSocket => {
                Answer::raw(r#"{"headers": null, "payload": null, "uuid": "$uuid", "route": "PONG"}"#)
            }
        };
        self.answers.get(&request.route).cloned().unwrap_or_else(|| match request.route.as_str() {
            "PING" => pong(),
            _ => Answer::status(StatusCode::NOT_FOUND, Value::Null),
        })
    }
}

/// What the server does about a message.
///
/// ```
/// use leptos_socket_core::sim::{Answer, Sim};
/// use leptos_socket_core::{CloseCode, Message, NotSent, SocketConfig, StatusCode};
/// use std::time::Duration;
///
/// let mut sim = Sim::connected(SocketConfig::default(), 7);
/// sim.server.on("echo", Answer::echo());
/// sim.server.on("admin", Answer::status(StatusCode::FORBIDDEN, "not you".into()));
/// sim.server.on("report", Answer::ok("done".into()).after(Duration::from_secs(3)));
/// sim.server.on("mean", Answer::raw(r#"{"uuid": "$uuid", "status": 200, "payload": NaN}"#).times(2));
/// sim.server.on("crash", Answer::close(CloseCode::INTERNAL_ERROR));
/// sim.server.on("PING", Answer::nothing());
///
/// let call = sim.call(&Message::new("crash", ()))?;
/// sim.drive();
/// assert!(sim.outcome(call).is_some_and(Result::is_err));
/// # Ok::<(), NotSent>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "an answer does nothing until it is given to `Server::on`"]
pub struct Answer {
    body: Body,
    delay: Duration,
    times: usize,
}

#[derive(Clone, Debug)]
enum Body {
    Nothing,
    Echo,
    Reply(StatusCode, Value),
    Raw(String),
    Close(CloseCode),
}

impl Answer {
    /// A reply with status 200 and this payload.
    pub const fn ok(payload: Value) -> Self {
        Self::status(StatusCode::OK, payload)
    }

    /// A reply with this status and payload.
    pub const fn status(status: StatusCode, payload: Value) -> Self {
        Self::new(Body::Reply(status, payload))
    }

    /// A reply with status 200 and the payload of the message.
    pub const fn echo() -> Self {
        Self::new(Body::Echo)
    }

    /// This frame, with `$uuid` and `$route` replaced by those of the message.
    pub fn raw(frame: impl Into<String>) -> Self {
        Self::new(Body::Raw(frame.into()))
    }

    /// No reply, ever.
    pub const fn nothing() -> Self {
        Self::new(Body::Nothing)
    }

    /// The link is closed with this code.
    pub const fn close(code: CloseCode) -> Self {
        Self::new(Body::Close(code))
    }

    /// The handler takes this long.
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The same reply comes this often.
    pub const fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    const fn new(body: Body) -> Self {
        Self { body, delay: Duration::ZERO, times: 1 }
    }

    fn inputs(self, dialect: Dialect, request: &Received, payload: &Value) -> Vec<Input> {
        let input = match self.body {
            Body::Nothing => return Vec::new(),
            Body::Close(code) => Input::Closed(code),
            Body::Echo => Input::Text(dialect.reply(request, StatusCode::OK, payload)),
            Body::Reply(status, payload) => Input::Text(dialect.reply(request, status, &payload)),
            Body::Raw(frame) => Input::Text(frame.replace("$uuid", &request.uuid).replace("$route", &request.route)),
        };
        vec![input; self.times]
    }
}

impl Dialect {
    fn reply(self, request: &Received, status: StatusCode, payload: &Value) -> String {
        let (uuid, status) = (&request.uuid, status.as_u16());
        match self {
            Self::ChannelsRouter => {
                let route = Value::from(request.route.as_str());
                format!(
                    r#"{{"uuid": "{uuid}", "route": {route}, "headers": null, "payload": {payload}, "status": {status}}}"#
                )
            }
            Self::ObservableSocket => {
                format!(r#"{{"headers": null, "payload": {payload}, "uuid": "{uuid}", "status": {status}}}"#)
            }
        }
    }
}
