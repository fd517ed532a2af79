//! Messages that wait to leave: for a link, for room in one, for their headers. By priority, then in the order in which they
//! were handed over; bounded in number and bytes.

use std::collections::BTreeMap;
use std::fmt;

use crate::client::Priority;
use crate::error::QueueLimit;
use crate::event::CallId;
use crate::message::{Headers, Message, Payload};

/// Ids are drawn in order, so their order is that of the messages.
pub(crate) type Place = (Priority, CallId);

#[derive(Default)]
pub(crate) struct Outbox {
    messages: BTreeMap<Place, Waiting>,
    bytes: usize,
}

/// A message that waits.
pub(crate) struct Waiting {
    /// It is encoded when it leaves, with the global headers of that moment.
    pub(crate) draft: Message<Payload>,
    /// About what it adds to the queue.
    pub(crate) size: usize,
    /// The global headers that the app named for it.
    pub(crate) headers: Asked,
}

/// Global headers that the app is asked for.
pub(crate) enum Asked {
    NotYet,
    Awaited,
    /// They are awaited, but those that are named will be of a moment that is over.
    Outdated,
    Known(Headers),
}

/// What waits holds header values, which are secrets.
impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("messages", &self.messages.len()).field("bytes", &self.bytes).finish()
    }
}

impl Outbox {
    /// Whether a message of `size` bytes has room.
    pub(crate) fn admit(&self, size: usize, capacity: usize, max_bytes: usize) -> Result<(), QueueLimit> {
        if self.messages.len() >= capacity {
            return Err(QueueLimit::Messages(capacity));
        }
        if self.bytes.saturating_add(size) > max_bytes {
            return Err(QueueLimit::Bytes(max_bytes));
        }
        Ok(())
    }

    pub(crate) fn push(&mut self, place: Place, draft: Message<Payload>, size: usize) {
        self.put_back(place, Waiting { draft, size, headers: Asked::NotYet });
    }

    /// It does not leave after all.
    pub(crate) fn put_back(&mut self, place: Place, waiting: Waiting) {
        self.bytes += waiting.size;
        self.messages.insert(place, waiting);
    }

    /// The message that leaves next.
    pub(crate) fn first(&self) -> Option<(Place, &Waiting)> {
        self.messages.first_key_value().map(|(place, waiting)| (*place, waiting))
    }

    /// Whether one of this priority would leave at once, were there room.
    pub(crate) fn lets_pass(&self, priority: Priority) -> bool {
        self.first().is_none_or(|((first, _), _)| first > priority)
    }

    pub(crate) fn remove(&mut self, place: Place) -> Option<Waiting> {
        let waiting = self.messages.remove(&place)?;
        self.bytes -= waiting.size;
        Some(waiting)
    }

    /// Those whose headers nobody was asked for yet. From now on they are awaited.
    pub(crate) fn ask_headers(&mut self) -> Vec<CallId> {
        let unasked = self.messages.iter_mut().filter(|(_, waiting)| matches!(waiting.headers, Asked::NotYet));
        unasked
            .map(|((_, id), waiting)| {
                waiting.headers = Asked::Awaited;
                *id
            })
            .collect()
    }

    /// Sets the headers of a message that awaits them; `None`: they are to be asked for once more.
    pub(crate) fn set_headers(&mut self, place: Place, headers: Option<Headers>) {
        if let Some(waiting) = self.messages.get_mut(&place) {
            waiting.headers = headers.map_or(Asked::NotYet, Asked::Known);
        }
    }

    /// There is a new token: what is named for a question of before it has the old one.
    pub(crate) fn outdate_headers(&mut self) {
        self.forget_headers();
        for waiting in self.messages.values_mut().filter(|waiting| matches!(waiting.headers, Asked::Awaited)) {
            waiting.headers = Asked::Outdated;
        }
    }

    /// Headers that were named for what waits are those of a moment that is over.
    pub(crate) fn forget_headers(&mut self) {
        for waiting in self.messages.values_mut().filter(|waiting| matches!(waiting.headers, Asked::Known(_))) {
            waiting.headers = Asked::NotYet;
        }
    }

    /// Nobody is asked for headers any more.
    pub(crate) fn stop_asking(&mut self) {
        self.messages.values_mut().for_each(|waiting| waiting.headers = Asked::NotYet);
    }

    /// Whether it awaits headers, and if so, whether those that are named now are of use.
    pub(crate) fn awaits_headers(&self, place: Place) -> Option<bool> {
        match self.messages.get(&place)?.headers {
            Asked::Awaited => Some(true),
            Asked::Outdated => Some(false),
            Asked::NotYet | Asked::Known(_) => None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }
}
