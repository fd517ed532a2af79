//! A page with gloo-net and serde_json, written by hand: no deadline, no queue, no reconnect.

mod view;
mod wire;

use futures::channel::{mpsc, oneshot};
use futures::future::poll_fn;
use futures::{SinkExt, StreamExt};
use gloo_net::websocket::Message;
use gloo_net::websocket::futures::WebSocket;
use leptos::prelude::*;
use leptos::task::spawn_local;

use view::{SayHello, URL, page};
use wire::{Reply, Request, Waiting};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let connected = RwSignal::new(false);
    let waiting = StoredValue::new(Waiting::new());
    let (sender, outgoing) = mpsc::unbounded();
    if let Ok(socket) = WebSocket::open(URL) {
        run(socket, outgoing, connected, waiting);
    }
    let hello = Action::new(move |asked: &SayHello| {
        let request = Request::new(asked.clone());
        let (settle, reply) = oneshot::channel();
        waiting.update_value(|waiting| drop(waiting.insert(request.uuid.clone(), settle)));
        let sent = sender.unbounded_send(request);
        async move {
            sent.map_err(|error| error.to_string())?;
            reply.await.map_err(|error| error.to_string())?.into_greeting()
        }
    });
    page(connected.into(), hello)
}

/// Sends what is called, and settles the calls with what comes.
fn run(
    socket: WebSocket,
    mut outgoing: mpsc::UnboundedReceiver<Request>,
    connected: RwSignal<bool>,
    waiting: StoredValue<Waiting>,
) {
    let (mut sink, mut stream) = socket.split();
    spawn_local(async move {
        let opened = poll_fn(|context| sink.poll_ready_unpin(context)).await;
        connected.set(opened.is_ok());
        while let Some(request) = outgoing.next().await {
            let Ok(text) = serde_json::to_string(&request) else { continue };
            if sink.send(Message::Text(text)).await.is_err() {
                break;
            }
        }
    });
    spawn_local(async move {
        while let Some(Ok(message)) = stream.next().await {
            let Message::Text(text) = message else { continue };
            let Ok(reply) = serde_json::from_str::<Reply>(&text) else { continue };
            if let Some(settle) = waiting.try_update_value(|waiting| waiting.remove(&reply.uuid)).flatten() {
                let _ = settle.send(reply);
            }
        }
        connected.set(false);
        waiting.update_value(Waiting::clear);
    });
}
