//! The table of calls in a recording: what cannot be derived from the rest, and no secrets.

use serde::{Deserialize, Serialize};

use super::{Call, Calls, OnUnauthorized, Slot, Stage};
use crate::event::CallId;
use crate::options::Priority;
use crate::record::{HeaderLengths, KeptReply, Text, count};
use crate::time::Instant;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedCalls {
    #[serde(deserialize_with = "count")]
    last_serial: u64,
    slots: usize,
    calls: Vec<SavedCall>,
    /// The slots that are free, in the order in which they are taken.
    vacant: Vec<usize>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SavedCall {
    id: CallId,
    since: Instant,
    deadline: Instant,
    wants_reply: bool,
    priority: Priority,
    headers: HeaderLengths,
    is_idempotent: bool,
    is_anonymous: bool,
    on_unauthorized: OnUnauthorized,
    was_sent: bool,
    epoch: u32,
    stage: SavedStage,
}

/// A draft is recorded as its length.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum SavedStage {
    Queued { draft: usize, refused: Option<KeptReply> },
    InFlight { order: u64, draft: Option<usize> },
    AwaitsToken { draft: usize, reply: KeptReply },
    Abandoned { order: u64 },
}

impl SavedCalls {
    /// How many bytes a replay has to hold for it.
    pub(crate) fn total(&self) -> usize {
        self.calls.iter().map(SavedCall::total).fold(self.slots, usize::saturating_add)
    }
}

impl SavedCall {
    fn of(id: CallId, call: &Call) -> Self {
        Self {
            id,
            since: call.since,
            deadline: call.deadline,
            wants_reply: call.wants_reply,
            priority: call.priority,
            headers: HeaderLengths::of(&call.headers),
            is_idempotent: call.is_idempotent,
            is_anonymous: call.is_anonymous,
            on_unauthorized: call.on_unauthorized,
            was_sent: call.was_sent,
            epoch: call.epoch,
            stage: SavedStage::of(&call.stage),
        }
    }

    fn total(&self) -> usize {
        let (draft, reply) = match &self.stage {
            SavedStage::Queued { draft, refused } => (*draft, refused.as_ref().map_or(0, KeptReply::total)),
            SavedStage::AwaitsToken { draft, reply } => (*draft, reply.total()),
            SavedStage::InFlight { draft, .. } => (draft.unwrap_or(0), 0),
            SavedStage::Abandoned { .. } => (0, 0),
        };
        draft.saturating_add(reply).saturating_add(self.headers.total())
    }

    fn into_call(self) -> Call {
        Call {
            since: self.since,
            deadline: self.deadline,
            wants_reply: self.wants_reply,
            priority: self.priority,
            headers: self.headers.into_headers(0),
            is_idempotent: self.is_idempotent,
            is_anonymous: self.is_anonymous,
            on_unauthorized: self.on_unauthorized,
            was_sent: self.was_sent,
            epoch: self.epoch,
            stage: self.stage.into_stage(),
        }
    }
}

impl SavedStage {
    fn of(stage: &Stage) -> Self {
        match stage {
            Stage::Queued { draft, refused } => {
                Self::Queued { draft: draft.len(), refused: refused.as_deref().map(KeptReply::of) }
            }
            Stage::InFlight { order, draft } => {
                Self::InFlight { order: *order, draft: draft.as_ref().map(String::len) }
            }
            Stage::AwaitsToken { draft, reply } => {
                Self::AwaitsToken { draft: draft.len(), reply: KeptReply::of(reply) }
            }
            Stage::Abandoned { order } => Self::Abandoned { order: *order },
        }
    }

    fn into_stage(self) -> Stage {
        let text = |length| Text::Length(length).into_text();
        match self {
            Self::Queued { draft, refused } => {
                Stage::Queued { draft: text(draft), refused: refused.map(|reply| Box::new(reply.into_reply())) }
            }
            Self::InFlight { order, draft } => Stage::InFlight { order, draft: draft.map(text) },
            Self::AwaitsToken { draft, reply } => {
                Stage::AwaitsToken { draft: text(draft), reply: Box::new(reply.into_reply()) }
            }
            Self::Abandoned { order } => Stage::Abandoned { order },
        }
    }
}

impl Calls {
    pub(crate) fn save(&self) -> SavedCalls {
        let taken = |slot: &Slot| match slot {
            Slot::Taken { id, call } => Some(SavedCall::of(*id, call)),
            Slot::Vacant { .. } => None,
        };
        let next = |slot: &usize| match self.slots.get(*slot) {
            Some(Slot::Vacant { next }) => *next,
            Some(Slot::Taken { .. }) | None => None,
        };
        SavedCalls {
            last_serial: self.last_serial,
            slots: self.slots.len(),
            calls: self.slots.iter().filter_map(taken).collect(),
            vacant: std::iter::successors(self.vacant, next).collect(),
        }
    }

    /// `None` if it contradicts itself.
    pub(crate) fn restore(saved: SavedCalls) -> Option<Self> {
        let SavedCalls { last_serial, slots, calls, vacant } = saved;
        if slots != calls.len() + vacant.len() || slots > CallId::MOST {
            return None;
        }
        let mut taken: Vec<Option<(CallId, Call)>> = std::iter::repeat_with(|| None).take(slots).collect();
        for saved in calls {
            let id = saved.id;
            let is_new = (1..=last_serial).contains(&id.serial());
            let slot = taken.get_mut(id.slot()).filter(|slot| is_new && slot.is_none())?;
            *slot = Some((id, saved.into_call()));
        }
        let vacant_slots = std::iter::repeat_with(|| Slot::Vacant { next: None }).take(slots).collect();
        let mut restored = Self { slots: vacant_slots, ..Self::default() };
        let mut is_vacant = vec![false; slots];
        for slot in vacant.into_iter().rev() {
            let is_free = taken.get(slot)?.is_none() && !std::mem::replace(is_vacant.get_mut(slot)?, true);
            *restored.slots.get_mut(slot).filter(|_| is_free)? = Slot::Vacant { next: restored.vacant };
            restored.vacant = Some(slot);
        }
        for (id, call) in taken.into_iter().flatten() {
            restored.insert_at(id, call);
        }
        restored.last_serial = last_serial;
        Some(restored)
    }

    fn insert_at(&mut self, id: CallId, call: Call) {
        let vacant = self.vacant;
        let is_over = call.is_over();
        self.insert(id, call);
        // It was none of the free ones.
        self.vacant = vacant;
        if is_over {
            self.tidy();
        }
    }
}
