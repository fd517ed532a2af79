//! Frames that wait for a link, in the order in which they were handed over, bounded in number and bytes.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::QueueLimit;
use crate::event::CallId;

#[derive(Default)]
pub(crate) struct Outbox {
    /// Ids are drawn in order, so their order is that of the messages.
    frames: BTreeMap<CallId, String>,
    bytes: usize,
}

/// The frames hold header values, which are secrets.
impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("frames", &self.frames.len()).field("bytes", &self.bytes).finish()
    }
}

impl Outbox {
    /// Whether a frame of `size` bytes has room.
    pub(crate) fn admit(&self, size: usize, capacity: usize, max_bytes: usize) -> Result<(), QueueLimit> {
        if self.frames.len() >= capacity {
            return Err(QueueLimit::Messages(capacity));
        }
        if self.bytes.saturating_add(size) > max_bytes {
            return Err(QueueLimit::Bytes(max_bytes));
        }
        Ok(())
    }

    pub(crate) fn push(&mut self, id: CallId, frame: String) {
        self.bytes += frame.len();
        self.frames.insert(id, frame);
    }

    pub(crate) fn pop(&mut self) -> Option<(CallId, String)> {
        let (id, frame) = self.frames.pop_first()?;
        self.bytes -= frame.len();
        Some((id, frame))
    }

    pub(crate) fn remove(&mut self, id: CallId) {
        if let Some(frame) = self.frames.remove(&id) {
            self.bytes -= frame.len();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }
}
