//! Who is signed in on this page, and how the page gets its next token.

use std::time::Duration;

use leptos::prelude::*;
use leptos_socket::{CallError, Headers, Identity, Socket, SocketOptions, StatusCode};
use web_sys::Storage;

use super::api::{Login, Pass, RefreshToken};

const STORED_AS: &str = "dispatch.pass";

/// Dispatchers should hear within seconds that what they see is old.
const HEARTBEAT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(4);

const RECORDED: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
pub struct Session {
    pass: RwSignal<Option<Pass>>,
    /// Where to sign in, and to get tokens.
    socket: StoredValue<Option<Socket>>,
}

impl Session {
    /// Somebody who reloads the page stays signed in.
    pub fn restore() -> Self {
        let pass = storage().and_then(|storage| storage.get_item(STORED_AS).ok()?);
        let pass = pass.and_then(|pass| serde_json::from_str(&pass).ok());
        Self { pass: RwSignal::new(pass), socket: StoredValue::new(None) }
    }

    /// The board's socket, once there is one.
    pub fn set_socket(self, socket: Socket) {
        self.socket.set_value(Some(socket));
    }

    /// The name of who is signed in.
    pub fn name(self) -> Option<String> {
        self.pass.with(|pass| pass.as_ref().map(|pass| pass.name.clone()))
    }

    /// The token of who is signed in.
    pub fn token(self) -> Option<String> {
        self.pass.with(|pass| pass.as_ref().map(|pass| pass.token.clone()))
    }

    pub async fn sign_in(self, name: String) -> Result<(), CallError> {
        let socket = self.socket.get_value();
        let Some(socket) = socket else { return Ok(()) };
        let pass = socket.call(Login { name }).anonymous().await?;
        self.keep(Some(pass));
        Ok(())
    }

    pub fn sign_out(self) {
        self.keep(None);
    }

    /// What every socket of this page says of its user. A token that has expired is replaced, and nobody notices.
    pub fn options(self) -> SocketOptions {
        let identity = move || {
            self.pass.with(|pass| {
                let Pass { name, token, .. } = pass.as_ref()?;
                Some(Identity::new(name, headers(token)))
            })
        };
        SocketOptions::new()
            .identity(identity)
            .refresh(move || async move { self.refresh().await.ok_or(()) })
            .heartbeat_rate(HEARTBEAT)
            .heartbeat_timeout_duration(SILENCE)
            // The inspector exports it.
            .record(RECORDED)
    }

    async fn refresh(self) -> Option<Headers> {
        let (pass, socket) = (self.pass.get_untracked()?, self.socket.get_value()?);
        match socket.call(RefreshToken { refresh: pass.refresh.clone() }).anonymous().await {
            Ok(token) => {
                let headers = headers(&token);
                self.keep(Some(Pass { token, ..pass }));
                Some(headers)
            }
            Err(error) => {
                // The working day is over.
                if error.reply().and_then(|reply| reply.status()) == Some(StatusCode::UNAUTHORIZED) {
                    self.sign_out();
                }
                None
            }
        }
    }

    fn keep(self, pass: Option<Pass>) {
        if let Some(storage) = storage() {
            // A browser that stores nothing only forgets who it was.
            let _ = match pass.as_ref().and_then(|pass| serde_json::to_string(pass).ok()) {
                Some(pass) => storage.set_item(STORED_AS, &pass),
                None => storage.remove_item(STORED_AS),
            };
        }
        self.pass.set(pass);
    }
}

fn headers(token: &str) -> Headers {
    Headers::new().with("token", token)
}

/// Of this tab alone, so that two tabs can be two people.
fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}
