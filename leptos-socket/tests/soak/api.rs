//! The routes of `e2e/backends/soak/server.py`.

use leptos_socket::{Push, Route, Subscription};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Route)]
#[route("token", response = String)]
pub(crate) struct Token {
    pub(crate) name: String,
}

#[derive(Clone, Serialize, Route)]
#[route("work", response = Done)]
pub(crate) struct Work {
    pub(crate) number: u32,
    pub(crate) ms: u32,
    pub(crate) ends: Ends,
}

/// How the server should answer.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ends {
    Well,
    /// With status 409.
    Refused,
    /// With a payload of another type.
    Odd,
}

/// The number of the call, and what the server made of it.
#[derive(Clone, Deserialize)]
pub(crate) struct Done {
    pub(crate) number: u32,
    pub(crate) square: u64,
}

impl Done {
    pub(crate) fn belongs_to(&self, number: u32) -> bool {
        let wide = u64::from(number);
        self.number == number && self.square == wide * wide % 1_000_003
    }
}

#[derive(Serialize, Route)]
#[route("change", response = Done)]
pub(crate) struct Change {
    pub(crate) number: u32,
    pub(crate) item: usize,
    pub(crate) by: i64,
}

#[derive(Serialize, Route)]
#[route("put", response = Done, idempotent)]
pub(crate) struct Put {
    pub(crate) number: u32,
    pub(crate) item: usize,
    pub(crate) value: i64,
}

#[derive(Serialize, Route)]
#[route("getItems", response = Items)]
pub(crate) struct GetItems {}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Items {
    pub(crate) version: u64,
    pub(crate) items: Vec<i64>,
}

impl Items {
    pub(crate) fn add(&mut self, item: usize, by: i64) {
        if let Some(value) = self.items.get_mut(item) {
            *value += by;
        }
    }

    pub(crate) fn put(&mut self, pushed: &ItemChanged) {
        if let Some(value) = self.items.get_mut(pushed.item) {
            *value = pushed.value;
        }
        self.version = pushed.version;
    }
}

#[derive(Clone, Deserialize, Push)]
#[push("itemChanged")]
pub(crate) struct ItemChanged {
    pub(crate) version: u64,
    pub(crate) item: usize,
    pub(crate) by: i64,
    pub(crate) value: i64,
}

#[derive(Serialize, Route)]
#[route("watchItems", response = ())]
pub(crate) struct WatchItems {}

#[derive(Serialize, Route)]
#[route("unwatchItems", response = ())]
pub(crate) struct UnwatchItems {}

impl Subscription for WatchItems {
    type Push = ItemChanged;
    type Stop = UnwatchItems;

    fn stop(&self) -> UnwatchItems {
        UnwatchItems {}
    }
}
