//! What there is to see of the queries of a socket.

use std::rc::Rc;

use leptos_socket_core::{CallError, Instant};

use super::cache::Cache;
use super::entry::Entry;
use crate::socket::Inner;

/// One query, without what it asks for: that may be a secret.
pub(crate) struct Inspected {
    pub(crate) route: &'static str,
    pub(crate) asked_bytes: usize,
    pub(crate) users: usize,
    pub(crate) has_data: bool,
    pub(crate) is_fetching: bool,
    pub(crate) is_stale: bool,
    pub(crate) fetched_at: Option<Instant>,
    /// Changes that the server has not confirmed.
    pub(crate) layers: usize,
    pub(crate) error: Option<Rc<CallError>>,
}

/// In the order in which they were first asked for. A page without queries has none of their code.
pub(crate) fn inspect(socket: &Inner) -> Vec<Inspected> {
    let cache = socket.parts().find::<Cache>();
    cache.map(|cache| cache.all().iter().map(|entry| entry.inspect()).collect()).unwrap_or_default()
}

impl Entry {
    fn inspect(&self) -> Inspected {
        let state = self.state.borrow();
        Inspected {
            route: self.asked.kind.route,
            asked_bytes: self.key().1.len(),
            users: state.users.len(),
            has_data: state.data.is_some(),
            is_fetching: state.fetch.is_some() || state.is_retrying,
            is_stale: state.is_stale,
            fetched_at: state.fetched_at,
            layers: state.layers.len(),
            error: state.error.clone(),
        }
    }
}
