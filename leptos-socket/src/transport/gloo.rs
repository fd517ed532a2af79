//! The browser, through gloo-net. Behind the feature `gloo`, because the browser's own WebSocket costs a page less.

use std::any::Any;
use std::pin::Pin;
use std::time::Duration;

use futures::future::{AbortHandle, Abortable};
use futures::{FutureExt, Sink, StreamExt, future};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use leptos_socket_core::{CloseCode, Endpoint, Input, Instant};

use super::web::{self, Web};
use super::{Link, LinkInputs, Transport, TransportError};

/// gloo-net's WebSocket: for an app that already has gloo-net in its page, or wants its behaviour. It costs a page more than
/// the default. If a callback of your app panics, gloo-net stops reading, and the link is replaced once it misses its heartbeat.
///
/// ```
/// # #[cfg(target_arch = "wasm32")] {
/// use leptos_socket::SocketOptions;
/// use leptos_socket::transport::gloo::Gloo;
///
/// let options = SocketOptions::new().transport(Gloo::default());
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Gloo(Web);

impl Transport for Gloo {
    fn open(&self, endpoint: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
        let raw = web::open_socket(endpoint)?;
        let socket = WebSocket::try_from(raw.clone()).map_err(|_| web::refused())?;
        let (reader, registration) = AbortHandle::new_pair();
        let read = Abortable::new(read(socket, inputs), registration);
        wasm_bindgen_futures::spawn_local(read.map(|_| ()));
        Ok(Box::new(GlooLink { raw, reader }))
    }

    fn now(&self) -> Instant {
        self.0.now()
    }

    fn wall_clock(&self) -> Option<Duration> {
        self.0.wall_clock()
    }

    fn wake_at(&self, at: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
        self.0.wake_at(at, wake)
    }
}

/// Keeps the browser's handle, because gloo-net consumes its own to close it.
struct GlooLink {
    raw: web_sys::WebSocket,
    reader: AbortHandle,
}

impl Link for GlooLink {
    fn send(&self, text: &str) -> Result<(), TransportError> {
        web::send(&self.raw, text)
    }

    fn buffered(&self) -> usize {
        self.raw.buffered_amount() as usize
    }

    fn close(&self, code: CloseCode) {
        web::close(&self.raw, code);
    }
}

impl Drop for GlooLink {
    fn drop(&mut self) {
        self.reader.abort();
        web::close(&self.raw, CloseCode::NORMAL);
    }
}

async fn read(mut socket: WebSocket, inputs: LinkInputs) {
    // gloo-net has no event for the opening: its sink is ready when the handshake is over, either way.
    let _ = future::poll_fn(|context| Pin::new(&mut socket).poll_ready(context)).await;
    if matches!(socket.state(), State::Open) {
        inputs.report(Input::Opened);
    }
    let mut code = CloseCode::ABNORMAL;
    while let Some(item) = socket.next().await {
        match item {
            Ok(Message::Text(text)) => inputs.report(Input::Text(text)),
            Ok(Message::Bytes(bytes)) => inputs.report(Input::Binary(bytes.len())),
            Err(WebSocketError::ConnectionClose(event)) => code = event.code.into(),
            // An error event says nothing, and a close event follows it.
            Err(_) => {}
        }
    }
    inputs.report(Input::Closed(code));
}
