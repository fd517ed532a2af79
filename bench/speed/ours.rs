//! leptos-socket, as an app uses it.

use std::rc::Rc;

use leptos::prelude::*;
use leptos_socket::{Message, Push, Route, Socket, SocketOptions, provide_sockets};
use serde::{Serialize, Serializer};

use crate::payload::{Order, Payload};

const GIB: usize = 1 << 30;

pub(crate) struct Ours {
    pub(crate) socket: Socket,
    /// The sockets are closed when it is dropped.
    owner: Owner,
}

struct Echo<P>(Rc<P>);

impl<P: Serialize> Serialize for Echo<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<P: Payload> Route for Echo<P> {
    const ROUTE: &'static str = "echo";
    type Response = P;
}

impl Push for Order {
    const ROUTE: &'static str = "tick";
}

impl Ours {
    /// What waits for room is bounded in bytes: 10,000 calls of 10 KB at once are more than the default allows.
    pub(crate) async fn connect(url: &str) -> Self {
        let options = SocketOptions::new().queue_bytes(GIB);
        let owner = Owner::new();
        let socket = owner.with(|| provide_sockets().add_socket("bench", url, options)).expect("a URL");
        socket.send_and_wait(Message::new("echo", ())).await.expect("a connection");
        Self { socket, owner }
    }

    pub(crate) async fn call<P: Payload>(&self, payload: Rc<P>) -> Option<P> {
        self.socket.call(Echo(payload)).await.ok()
    }

    pub(crate) fn on_push(&self, callback: impl Fn(Order) + 'static) {
        self.owner.with(|| self.socket.on_push(callback));
    }
}
