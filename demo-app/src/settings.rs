//! What the address of the page says.

use leptos::prelude::window;
use leptos_socket::SocketConfig;
use web_sys::UrlSearchParams;

const DEFAULT_URL: &str = "ws://127.0.0.1:8000/ws/app/";

#[derive(Clone)]
pub struct Settings {
    pub url: String,
    pub config: SocketConfig,
}

impl Settings {
    /// # Errors
    ///
    /// `?config=` is not JSON, names an option that does not exist, or has a value that makes no sense.
    pub fn from_query() -> Result<Self, String> {
        let query = window().location().search().ok().and_then(|query| UrlSearchParams::new_with_str(&query).ok());
        let param = |name| query.as_ref().and_then(|query| query.get(name));
        let config = match param("config") {
            Some(json) => serde_json::from_str(&json).map_err(|error| format!("?config= cannot be used: {error}"))?,
            None => SocketConfig::default(),
        };
        Ok(Self { url: param("url").unwrap_or_else(|| DEFAULT_URL.to_owned()), config })
    }
}
