//! The proxy in front of the board's server: `demo-app/backend/chaos/control.py` has its routes.

use leptos::prelude::window;
use serde::Deserialize;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, RequestInit, Response};

use super::super::new_id;
use crate::place::{is_on_this_machine, parameter};

/// Where `make demo` has it.
const DEFAULT_ADDRESS: &str = "http://127.0.0.1:8002";

#[derive(Clone)]
pub struct Proxy {
    address: String,
    /// What the links of this page have in common.
    client: String,
}

/// What the proxy does to the links of this page, and how the server behind it is.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct ProxyState {
    pub conditions: Conditions,
    pub server: Option<Server>,
    pub links: Vec<Link>,
    /// How many links others have.
    pub others: usize,
    /// To how many links was done what was asked for.
    #[serde(default)]
    pub acted_on: usize,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Conditions {
    pub latency_ms: u32,
    pub refuse: bool,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Server {
    pub state: String,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Link {
    /// In which direction bytes vanish, if they do for this link alone.
    pub blackhole: Option<String>,
}

impl Proxy {
    /// The one that the page's address names, or the one of `make demo`. A page that names its server or comes from another
    /// machine has none by default.
    pub fn find() -> Option<Self> {
        let is_demo = || parameter("board").is_none() && is_on_this_machine();
        let address = parameter("chaos").or_else(|| is_demo().then(|| DEFAULT_ADDRESS.to_owned()))?;
        Some(Self { address, client: new_id()? })
    }

    /// The address of a server, by which the proxy knows whose link it is.
    pub fn mark(&self, url: &str) -> String {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}client={}", self.client)
    }

    /// `None` if there is no proxy.
    pub async fn state(&self) -> Option<ProxyState> {
        fetch(&format!("{}/?client={}", self.address, self.client), &RequestInit::new()).await
    }

    /// Does something to the links of this page, or to the server. `None` if the proxy does not answer, or refuses.
    pub async fn act(&self, path: &str, mut body: Value) -> Option<ProxyState> {
        if let Value::Object(body) = &mut body {
            body.insert("client".to_owned(), json!(self.client));
        }
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&JsValue::from_str(&body.to_string()));
        fetch(&format!("{}{path}", self.address), &init).await
    }
}

async fn fetch(url: &str, init: &RequestInit) -> Option<ProxyState> {
    let request = Request::new_with_str_and_init(url, init).ok()?;
    request.headers().set("content-type", "application/json").ok()?;
    let response: Response = JsFuture::from(window().fetch_with_request(&request)).await.ok()?.dyn_into().ok()?;
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    serde_json::from_str(&text).ok().filter(|_| response.ok())
}
