//! What the address of the page says.

use crate::place::parameter;

const DEFAULT_URL: &str = "ws://127.0.0.1:8000/ws/app/";

#[derive(Clone)]
pub struct Settings {
    pub url: String,
    /// The options of the sockets, in JSON.
    pub config: String,
}

impl Settings {
    pub fn from_query() -> Self {
        Self {
            url: parameter("url").unwrap_or_else(|| DEFAULT_URL.to_owned()),
            config: parameter("config").unwrap_or_else(|| "{}".to_owned()),
        }
    }
}
