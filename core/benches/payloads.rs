//! What the benches send: payloads as apps have them, in three shapes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) const ROUTE: &str = "orders";

/// About 100 bytes of JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    id: u64,
    name: String,
    price: f64,
    tags: Vec<String>,
    paid: bool,
}

impl Order {
    pub(crate) fn new(id: u64) -> Self {
        let tags = vec!["garden".to_owned(), "spring".to_owned()];
        Self { id, name: format!("A wheelbarrow, model {id}"), price: 129.95, tags, paid: id.is_multiple_of(2) }
    }
}

/// About 10 KB, in many small values.
pub(crate) fn orders() -> Vec<Order> {
    (1_000..1_100).map(Order::new).collect()
}

/// 10 KB in one value, which is the least work that a decoder can have with so many bytes.
#[allow(dead_code, reason = "only one of the benches uses it")]
pub(crate) fn text() -> String {
    "All work and no play makes Jack a dull boy. ".chars().cycle().take(10_000).collect()
}

/// Something that goes to a server and comes back.
pub(crate) trait Body: Clone + Serialize + DeserializeOwned {}

impl<T: Clone + Serialize + DeserializeOwned> Body for T {}

/// The answer of a server that echoes, as `django-channels-router` writes it.
pub(crate) fn answer<P: Serialize>(uuid: &str, payload: &P) -> String {
    let payload = serde_json::to_string(payload).expect("a payload serialises");
    format!(r#"{{"uuid": "{uuid}", "route": "{ROUTE}", "headers": null, "payload": {payload}, "status": 200}}"#)
}
