//! The browser, through gloo-net.

use std::any::Any;
use std::borrow::Cow;
use std::pin::Pin;
use std::time::Duration;

use futures::future::{AbortHandle, Abortable};
use futures::{FutureExt, Sink, StreamExt, future};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State, WebSocketError};
use gloo_timers::callback::Timeout;
use js_sys::Array;
use leptos_socket_core::{CloseCode, Endpoint, Input, Instant};

use wasm_bindgen::JsValue;

use super::{Link, LinkInputs, Transport, TransportError};

/// gloo-net's WebSocket, `performance.now()` and `setTimeout`.
#[derive(Debug)]
pub(crate) struct Gloo;

impl Transport for Gloo {
    fn open(&self, endpoint: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
        // The browser's own message names the URL, and so its query.
        let refused = || TransportError("the browser refuses to open a WebSocket to this URL".to_owned());
        let raw = open_raw(endpoint).map_err(|_| refused())?;
        let socket = WebSocket::try_from(raw.clone()).map_err(|_| refused())?;
        let (reader, registration) = AbortHandle::new_pair();
        let read = Abortable::new(read(socket, inputs), registration);
        wasm_bindgen_futures::spawn_local(read.map(|_| ()));
        Ok(Box::new(GlooLink { raw, reader }))
    }

    fn now(&self) -> Instant {
        let millis = leptos::prelude::window().performance().map_or(0.0, |performance| performance.now());
        Instant::from_origin(Duration::from_secs_f64(millis / 1000.0))
    }

    fn wake_at(&self, at: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
        // Rounded up: a timer that fires too early would fire twice. One that is too far off for the browser fires
        // early, finds nothing to do, and is set again.
        let millis = (at - self.now()).as_secs_f64() * 1000.0;
        Box::new(Timeout::new((millis.ceil() as u32).min(i32::MAX as u32), wake))
    }
}

fn open_raw(endpoint: &Endpoint) -> Result<web_sys::WebSocket, JsValue> {
    let url = absolute(endpoint.url())?;
    if endpoint.protocols().is_empty() {
        return web_sys::WebSocket::new(&url);
    }
    let protocols: Array = endpoint.protocols().iter().map(|protocol| JsValue::from_str(protocol)).collect();
    web_sys::WebSocket::new_with_str_sequence(&url, &protocols)
}

/// A path is one on the host of the page. Browsers that are a few years old do not see to that themselves.
fn absolute(url: &str) -> Result<Cow<'_, str>, JsValue> {
    if !url.starts_with('/') {
        return Ok(url.into());
    }
    let location = leptos::prelude::window().location();
    let scheme = if location.protocol()? == "https:" { "wss" } else { "ws" };
    Ok(format!("{scheme}://{}{url}", location.host()?).into())
}

/// Keeps the browser's handle, because gloo-net consumes its own to close it.
struct GlooLink {
    raw: web_sys::WebSocket,
    reader: AbortHandle,
}

impl Link for GlooLink {
    fn send(&self, text: &str) -> Result<(), TransportError> {
        // The browser silently drops what it is given then, and its close event may come much later.
        if self.raw.ready_state() != web_sys::WebSocket::OPEN {
            return Err(TransportError("the link is closing".to_owned()));
        }
        self.raw.send_with_str(text).map_err(|_| TransportError("the browser refuses the frame".to_owned()))
    }

    fn buffered(&self) -> usize {
        self.raw.buffered_amount() as usize
    }

    fn close(&self, code: CloseCode) {
        // Fails only for codes that no page may send.
        let _ = self.raw.close_with_code(code.as_u16());
    }
}

impl Drop for GlooLink {
    fn drop(&mut self) {
        self.reader.abort();
        let _ = self.raw.close();
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
