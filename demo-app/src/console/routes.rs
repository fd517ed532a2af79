//! The routes of the demo's server.

use leptos_socket::Route;
use serde::Serialize;

#[derive(Serialize, Route)]
#[route("sayHello", response = String)]
pub struct SayHello {
    pub name: String,
}

/// Routes to pick in the console, each with a payload to start from.
pub const EXAMPLES: [(&str, &str); 10] = [
    ("sayHello", r#"{ "name": "World" }"#),
    ("echo", r#"{ "any": ["JSON", 1, null] }"#),
    ("add", r#"{ "a": 2, "b": 40 }"#),
    ("slow", r#"{ "ms": 2000 }"#),
    ("status", r#"{ "code": 403 }"#),
    ("fail", r#"{ "kind": "ValueError" }"#),
    ("headers", "null"),
    ("ticker", r#"{ "count": 10, "interval_ms": 500 }"#),
    ("big", r#"{ "bytes": 10000 }"#),
    ("closeMe", r#"{ "code": 4000 }"#),
];

/// The payload to start from; `None` for a route that is not among the examples.
pub fn example(route: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(name, _)| *name == route).map(|(_, payload)| *payload)
}
