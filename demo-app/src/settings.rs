//! What the address of the page says.

use leptos::prelude::window;
use web_sys::UrlSearchParams;

const DEFAULT_URL: &str = "ws://127.0.0.1:8000/ws/app/";

#[derive(Clone)]
pub struct Settings {
    pub url: String,
    /// The options of the sockets, in JSON.
    pub config: String,
}

impl Settings {
    pub fn from_query() -> Self {
        let query = window().location().search().ok().and_then(|query| UrlSearchParams::new_with_str(&query).ok());
        let param = |name| query.as_ref().and_then(|query| query.get(name));
        Self {
            url: param("url").unwrap_or_else(|| DEFAULT_URL.to_owned()),
            config: param("config").unwrap_or_else(|| "{}".to_owned()),
        }
    }
}
