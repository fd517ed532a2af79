//! The browser.

use std::any::Any;
use std::borrow::Cow;
use std::time::Duration;

use js_sys::{Array, ArrayBuffer, Date};
use leptos::prelude::window;
use leptos_socket_core::{CloseCode, Endpoint, Input, Instant};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, Performance, WebSocket};

use super::listener::Listener;
use super::{Link, LinkInputs, Transport, TransportError};

/// `WebSocket`, `performance.now()` and `setTimeout`.
#[derive(Debug)]
pub(crate) struct Web {
    performance: Option<Performance>,
}

impl Default for Web {
    fn default() -> Self {
        Self { performance: window().performance() }
    }
}

impl Transport for Web {
    fn open(&self, endpoint: &Endpoint, inputs: LinkInputs) -> Result<Box<dyn Link>, TransportError> {
        Ok(Box::new(WebLink::new(open_socket(endpoint)?, inputs)))
    }

    fn now(&self) -> Instant {
        let millis = self.performance.as_ref().map_or(0.0, Performance::now);
        Instant::from_origin(Duration::from_nanos((millis * 1e6) as u64))
    }

    fn wall_clock(&self) -> Option<Duration> {
        Some(Duration::from_millis(Date::now() as u64))
    }

    fn wake_at(&self, at: Instant, wake: Box<dyn FnOnce()>) -> Box<dyn Any> {
        // Rounded up: a timer that fires too early would fire twice. One that is too far off for the browser fires
        // early, finds nothing to do, and is set again.
        let left = at - self.now();
        let millis = left.as_secs().saturating_mul(1_000) + u64::from(left.subsec_nanos().div_ceil(1_000_000));
        Box::new(Timeout::new(i32::try_from(millis).unwrap_or(i32::MAX), wake))
    }
}

/// A timer that fires once, unless it is dropped before.
struct Timeout {
    id: i32,
    _wake: Closure<dyn FnMut(JsValue)>,
}

impl Timeout {
    fn new(millis: i32, wake: Box<dyn FnOnce()>) -> Self {
        let mut wake = Some(wake);
        // It takes an event, which there is none of, to share the code around those that listen.
        let wake = Closure::<dyn FnMut(JsValue)>::new(move |_| {
            if let Some(wake) = wake.take() {
                wake();
            }
        });
        let callback = wake.as_ref().unchecked_ref();
        let id = window().set_timeout_with_callback_and_timeout_and_arguments_0(callback, millis);
        Self { id: id.unwrap_or_default(), _wake: wake }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        window().clear_timeout_with_handle(self.id);
    }
}

pub(super) fn open_socket(endpoint: &Endpoint) -> Result<WebSocket, TransportError> {
    let url = absolute(endpoint.url()).map_err(|_| refused())?;
    let protocols: Array = endpoint.protocols().iter().map(|protocol| JsValue::from_str(protocol)).collect();
    WebSocket::new_with_str_sequence(&url, &protocols).map_err(|_| refused())
}

/// The browser's own message names the URL, and so its query.
pub(super) fn refused() -> TransportError {
    TransportError("the browser refuses to open a WebSocket to this URL".to_owned())
}

/// A path is one on the host of the page. Browsers that are a few years old do not see to that themselves.
fn absolute(url: &str) -> Result<Cow<'_, str>, JsValue> {
    if !url.starts_with('/') {
        return Ok(url.into());
    }
    // "http://.." or "https://..", or "null" in a sandbox.
    let origin = window().location().origin()?;
    let rest = origin.strip_prefix("http").unwrap_or_default();
    Ok(["ws", rest, url].concat().into())
}

/// A browser's WebSocket, and what listens to it.
struct WebLink {
    socket: WebSocket,
    _listener: Listener,
}

impl WebLink {
    fn new(socket: WebSocket, inputs: LinkInputs) -> Self {
        socket.set_binary_type(BinaryType::Arraybuffer);
        let hear = move |event: JsValue| inputs.report_from_event_loop(read(event.unchecked_ref()));
        // An error event says nothing, and a close event follows it.
        let listener = Listener::new(socket.clone().into(), &["open", "message", "close"], Box::new(hear));
        Self { socket, _listener: listener }
    }
}

fn read(event: &Event) -> Input {
    // Only a message has data, and most have text.
    let data = event.unchecked_ref::<MessageEvent>().data();
    if let Some(text) = data.as_string() {
        return Input::Text(text);
    }
    match &*event.type_() {
        "open" => Input::Opened,
        "close" => Input::Closed(event.unchecked_ref::<CloseEvent>().code().into()),
        _ => Input::Binary(data.unchecked_into::<ArrayBuffer>().byte_length() as usize),
    }
}

pub(super) fn send(socket: &WebSocket, text: &str) -> Result<(), TransportError> {
    // The browser silently drops what it is given then, and its close event may come much later.
    if socket.ready_state() != WebSocket::OPEN {
        return Err(TransportError("the link is closing".to_owned()));
    }
    socket.send_with_str(text).map_err(|_| TransportError("the browser refuses the frame".to_owned()))
}

pub(super) fn close(socket: &WebSocket, code: CloseCode) {
    // Fails only for codes that no page may send.
    let _ = socket.close_with_code(code.as_u16());
}

impl Link for WebLink {
    fn send(&self, text: &str) -> Result<(), TransportError> {
        send(&self.socket, text)
    }

    fn buffered(&self) -> usize {
        self.socket.buffered_amount() as usize
    }

    fn close(&self, code: CloseCode) {
        close(&self.socket, code);
    }
}

impl Drop for WebLink {
    fn drop(&mut self) {
        close(&self.socket, CloseCode::NORMAL);
    }
}
