//! The messages of the pages that are written without leptos-socket.

use std::collections::HashMap;

use futures::channel::oneshot;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::view::{Greeting, SayHello};

#[derive(Serialize)]
pub(crate) struct Request {
    pub(crate) uuid: String,
    route: &'static str,
    payload: SayHello,
}

impl Request {
    pub(crate) fn new(payload: SayHello) -> Self {
        Self { uuid: Uuid::new_v4().to_string(), route: "sayHello", payload }
    }
}

#[derive(Clone, Deserialize)]
pub(crate) struct Reply {
    pub(crate) uuid: String,
    status: u16,
    payload: Greeting,
}

impl Reply {
    pub(crate) fn into_greeting(self) -> Result<Greeting, String> {
        if self.status < 400 { Ok(self.payload) } else { Err(format!("the server answered {}", self.status)) }
    }
}

/// The calls that await their replies.
pub(crate) type Waiting = HashMap<String, oneshot::Sender<Reply>>;
