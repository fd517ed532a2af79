//! What is sent, and comes back. `payload.mjs` has the same.

use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A struct of five fields, about 100 bytes of JSON.
#[derive(Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: u32,
    name: String,
    price: f64,
    tags: Vec<String>,
    paid: bool,
}

impl Order {
    fn new(id: u32) -> Self {
        let tags = vec!["garden".to_owned(), "spring".to_owned()];
        Self { id, name: format!("A wheelbarrow, model {id}"), price: 129.95, tags, paid: id.is_multiple_of(2) }
    }
}

pub(crate) trait Payload: Serialize + DeserializeOwned + 'static {
    /// What is sent in turn: made before anything is measured.
    fn pool() -> Rc<[Rc<Self>]>;

    /// Whether this is what came back.
    fn is_same(&self, reply: &Self) -> bool;
}

impl Payload for Order {
    fn pool() -> Rc<[Rc<Self>]> {
        (1_000..2_000).map(|id| Rc::new(Self::new(id))).collect()
    }

    fn is_same(&self, reply: &Self) -> bool {
        self.id == reply.id
    }
}

/// A hundred of them, about 10 KB.
impl Payload for Vec<Order> {
    fn pool() -> Rc<[Rc<Self>]> {
        (0..10).map(|first| Rc::new((0..100).map(|id| Order::new(1_000 + first * 100 + id)).collect())).collect()
    }

    fn is_same(&self, reply: &Self) -> bool {
        self.len() == reply.len() && self.iter().zip(reply).all(|(order, reply)| order.id == reply.id)
    }
}
