//! The server: renders the page, serves what hydrates it, and answers on a WebSocket.
//!
//! `SITE_ADDR` is where it listens, `SITE_ROOT` the folder with `pkg/`; `scripts/ssr.sh` sets both.
#![allow(clippy::print_stdout, reason = "a program that says where it is")]

use std::error::Error;
use std::time::Duration;

use any_spawner::Executor;
use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::{any, get};
use leptos::prelude::LeptosOptions;
use leptos_axum::{file_and_error_handler, render_app_to_stream};
use leptos_socket_ssr_example::shell;
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // leptos's own router does this where an app has one.
    Executor::init_tokio()?;
    let address = std::env::var("SITE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let root = std::env::var("SITE_ROOT").unwrap_or_else(|_| "target/ssr-example".to_owned());
    let options = LeptosOptions::builder().output_name("ssr_example").site_root(root).build();
    let page = options.clone();
    let app = Router::new()
        .route("/", get(render_app_to_stream(move || shell(page.clone()))))
        .route("/ws/", any(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(serve) }))
        .fallback(file_and_error_handler::<LeptosOptions, _>(shell))
        .with_state(options);
    let listener = TcpListener::bind(&address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

/// Answers calls, and pushes a tick every second.
async fn serve(mut socket: WebSocket) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        let text = tokio::select! {
            _ = ticks.tick() => json!({ "route": "tick", "payload": null }).to_string(),
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => match answer(&text) {
                    Some(answer) => answer,
                    None => continue,
                },
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
        };
        if socket.send(Message::Text(text.into())).await.is_err() {
            return;
        }
    }
}

/// The reply to a message; `None` to what is none.
fn answer(text: &str) -> Option<String> {
    let message: Value = serde_json::from_str(text).ok()?;
    let (route, payload, status) = match message["route"].as_str()? {
        "PING" => ("PONG", json!({}), 200),
        "sayHello" => match message["payload"]["name"].as_str() {
            Some(name) => ("sayHello", json!(format!("Hello, {name}!")), 200),
            None => ("sayHello", json!("whom?"), 400),
        },
        "getServer" => ("getServer", json!({ "name": "axum" }), 200),
        route => (route, Value::Null, 404),
    };
    Some(
        json!({ "uuid": message["uuid"], "route": route, "headers": {}, "payload": payload, "status": status })
            .to_string(),
    )
}
