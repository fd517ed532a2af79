//! A client by hand, with web-sys and serde_json: a map of the calls in flight, and nothing that can go wrong.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use futures::channel::oneshot;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{MessageEvent, WebSocket};

use crate::payload::Payload;

/// A client of one type of payload, so that a frame is decoded in one pass.
pub(crate) struct Raw<P: 'static> {
    socket: WebSocket,
    next: Cell<u32>,
    shared: Rc<Shared<P>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

struct Shared<P> {
    waiting: RefCell<HashMap<String, oneshot::Sender<P>>>,
    on_push: RefCell<Box<dyn FnMut(P)>>,
}

#[derive(Serialize)]
struct Request<'a, P> {
    uuid: &'a str,
    route: &'static str,
    headers: Empty,
    payload: &'a P,
    status: u16,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Deserialize)]
struct Incoming<'a, P> {
    uuid: Option<&'a str>,
    payload: P,
}

impl<P: Payload> Raw<P> {
    pub(crate) async fn connect(url: &str) -> Self {
        let socket = WebSocket::new(url).expect("a URL");
        let (opened, is_open) = oneshot::channel();
        let on_open = Closure::once(move || {
            let _ = opened.send(());
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        is_open.await.expect("a connection");
        socket.set_onopen(None);

        let shared = Rc::new(Shared { waiting: RefCell::default(), on_push: RefCell::new(Box::new(drop)) });
        let on_message = {
            let shared = Rc::clone(&shared);
            Closure::new(move |event: MessageEvent| shared.receive(&event.data().as_string().unwrap_or_default()))
        };
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Self { socket, next: Cell::new(0), shared, _on_message: on_message }
    }

    pub(crate) async fn call(&self, payload: &P) -> Option<P> {
        let uuid = self.next.replace(self.next.get() + 1).to_string();
        let (sender, reply) = oneshot::channel();
        self.send(&uuid, "echo", payload);
        self.shared.waiting.borrow_mut().insert(uuid, sender);
        reply.await.ok()
    }

    pub(crate) fn send(&self, uuid: &str, route: &'static str, payload: &P) {
        let request = Request { uuid, route, headers: Empty {}, payload, status: 200 };
        let text = serde_json::to_string(&request).expect("it serialises");
        self.socket.send_with_str(&text).expect("it is open");
    }

    pub(crate) fn on_push(&self, callback: impl FnMut(P) + 'static) {
        *self.shared.on_push.borrow_mut() = Box::new(callback);
    }
}

impl<P: Payload> Shared<P> {
    fn receive(&self, text: &str) {
        let Ok(Incoming { uuid, payload }) = serde_json::from_str::<Incoming<'_, P>>(text) else { return };
        match uuid {
            Some(uuid) => {
                if let Some(sender) = self.waiting.borrow_mut().remove(uuid) {
                    let _ = sender.send(payload);
                }
            }
            None => (self.on_push.borrow_mut())(payload),
        }
    }
}
