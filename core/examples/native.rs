//! A driver for native programs, to copy: a client over tokio-tungstenite. `Driver` is all of it, the rest shows it.
//!
//! ```text
//! make backend
//! cargo run -p leptos-socket-core --example native ws://127.0.0.1:8000/ws/app/
//! ```
//!
//! calls `sayHello`, asks for pushes, and says what happens until Ctrl-C. Stop the backend and start it again.
#![allow(clippy::print_stdout, reason = "a program that says what happens")]
#![allow(clippy::wildcard_enum_match_arm, reason = "what is not of interest")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::{Stream, StreamExt, TryStreamExt};
use leptos_socket_core::{Client, CloseCode, Endpoint, Event, Input, Instant, LinkId, Message, SocketConfig, Transmit};
use serde_json::json;
use tokio::task::AbortHandle;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message as Frame};

/// Carries out what a client wants, and tells it what happened. Talk to `client` at any time, then take the `next` event.
pub(crate) struct Driver {
    pub(crate) client: Client,
    endpoint: Endpoint,
    started: std::time::Instant,
    /// The one link that there is.
    link: Option<Link>,
    happened: UnboundedReceiver<(LinkId, Input)>,
    report: UnboundedSender<(LinkId, Input)>,
}

impl Driver {
    pub(crate) fn new(config: SocketConfig, seed: u64, endpoint: Endpoint) -> Self {
        let (report, happened) = unbounded();
        let client = Client::new(config, seed);
        Self { client, endpoint, started: std::time::Instant::now(), link: None, happened, report }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_origin(self.started.elapsed())
    }

    /// The next thing that happens to the socket. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Event {
        loop {
            while let Some(transmit) = self.client.poll_transmit(self.now(), self.buffered()) {
                self.carry_out(transmit);
            }
            if let Some(event) = self.client.poll_event() {
                return event;
            }
            let wait = self.client.poll_timeout().map(|at| at - self.now());
            tokio::select! {
                biased; // What has arrived counts before any timer.
                Some((link, input)) = self.happened.next() => self.client.handle_input(self.now(), link, input),
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
            }
            // Whatever woke this up: the clock says what is due.
            self.client.handle_timeout(self.now());
        }
    }

    fn carry_out(&mut self, transmit: Transmit) {
        match transmit {
            Transmit::Resolve { link } => {
                self.client.handle_input(self.now(), link, Input::Resolved(self.endpoint.clone()))
            }
            Transmit::Connect { link, endpoint } => self.link = Some(Link::open(link, endpoint, self.report.clone())),
            Transmit::Send { link, text, .. } => self.send(link, Frame::text(text)),
            Transmit::Close { link, code } => {
                self.send(link, Frame::Close(Some(CloseFrame { code: code.as_u16().into(), reason: "".into() })));
            }
            Transmit::Abandon { link } => self.link = self.link.take().filter(|current| current.id != link),
            _ => {}
        }
    }

    /// How many bytes wait to be written.
    fn buffered(&self) -> usize {
        self.link.as_ref().map_or(0, |link| link.waiting.load(Ordering::Relaxed))
    }

    fn send(&self, link: LinkId, frame: Frame) {
        if let Some(current) = self.link.as_ref().filter(|current| current.id == link) {
            current.waiting.fetch_add(frame.len(), Ordering::Relaxed);
            // Fails only if the link is gone already, which it has reported.
            let _ = current.frames.unbounded_send(frame);
        }
    }
}

/// A task that has one WebSocket. It ends when this is dropped, and so does the WebSocket.
struct Link {
    id: LinkId,
    frames: UnboundedSender<Frame>,
    /// How many bytes were handed over and not written yet.
    waiting: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Link {
    fn open(id: LinkId, endpoint: Endpoint, report: UnboundedSender<(LinkId, Input)>) -> Self {
        let (frames, outgoing) = unbounded();
        let waiting = Arc::new(AtomicUsize::new(0));
        let taken = Arc::clone(&waiting);
        let outgoing = outgoing.inspect(move |frame: &Frame| {
            taken.fetch_sub(frame.len(), Ordering::Relaxed);
        });
        let task = tokio::spawn(async move {
            // Nobody listens any more only when the driver is gone, and this task with it.
            let tell = |input| drop(report.unbounded_send((id, input)));
            if run(&endpoint, outgoing, tell).await.is_err() {
                tell(Input::Closed(CloseCode::ABNORMAL));
            }
        });
        Self { id, frames, waiting, task: task.abort_handle() }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens a WebSocket, then writes and reads until it ends. An error is what a browser calls 1006.
async fn run(
    endpoint: &Endpoint,
    outgoing: impl Stream<Item = Frame>,
    tell: impl Fn(Input),
) -> tungstenite::Result<()> {
    let mut request = endpoint.url().into_client_request()?;
    if !endpoint.protocols().is_empty() {
        request.headers_mut().insert("Sec-WebSocket-Protocol", endpoint.protocols().join(", ").parse()?);
    }
    let (socket, _) = connect_async(request).await?;
    tell(Input::Opened);
    let (sink, frames) = socket.split();
    let read = frames.try_for_each(async |frame| {
        match frame {
            Frame::Text(text) => tell(Input::Text(text.to_string())),
            Frame::Binary(bytes) => tell(Input::Binary(bytes.len())),
            Frame::Close(frame) => {
                tell(Input::Closed(frame.map_or(CloseCode::NO_STATUS, |frame| u16::from(frame.code).into())));
            }
            _ => {}
        }
        Ok(())
    });
    // Side by side: a server that reads slowly must not keep anybody from hearing it.
    tokio::select! {
        read = read => read?,
        write = outgoing.map(Ok).forward(sink) => write?,
    }
    // After a close frame, this is said of a link that the client has left, and has no effect.
    Err(tungstenite::Error::ConnectionClosed)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: native ws://HOST:PORT/PATH")?;
    let config =
        SocketConfig::builder().max_reconnect_attempts(None).heartbeat_rate(Duration::from_secs(10)).build()?;
    // The uuids of two runs must differ.
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos() as u64;
    let mut driver = Driver::new(config, seed, Endpoint::parse(&url)?);
    driver.client.connect(driver.now());
    let hello = driver.client.call(driver.now(), &Message::new("sayHello", json!({ "name": "World" })))?;
    driver.client.call(driver.now(), &Message::new("ticker", json!({ "count": 3, "interval_ms": 1000 })))?;
    loop {
        match driver.next().await {
            Event::StateChanged(state) => println!("{}: {state}", driver.now()),
            Event::Settled { call, outcome } if call == hello => println!("{}", outcome?.into_payload::<String>()?),
            Event::Push(push) => println!("{}: {}", push.route().unwrap_or("push"), push.payload()),
            Event::Settled { outcome: Err(error), .. } => println!("{error}"),
            Event::Gap { lasted, .. } => println!("back after {lasted:.1?}"),
            _ => {}
        }
    }
}
