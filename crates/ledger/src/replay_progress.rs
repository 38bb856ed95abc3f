//! How far replays of refusals that waited for a definition have come.

use std::collections::BTreeMap;
use std::sync::Mutex;

use attempt_ledger_domain::QueueId;
use attempt_ledger_system::lock::take_over;
use tokio::sync::watch;

/// What an answer to a definition waits for at most: refusals that were looked at, and that were tried again.
const AWAITED_SEARCHED_MAX: u64 = 2_000;
pub(crate) const AWAITED_TRIED_MAX: u64 = 64;

/// What a replay does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayPhase {
    /// It looks for refusals that waited for the definition.
    Searching,
    /// It judges them again, the oldest first.
    Replaying,
    /// Nothing waits any more, but for what the rules refuse still.
    Done,
    /// The log failed. The next definition or start tries again.
    Failed,
}

impl ReplayPhase {
    /// The name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Searching => "searching",
            Self::Replaying => "replaying",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// How far the replay of what waited for a queue's definition has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueReplay {
    /// What it does.
    pub phase: ReplayPhase,
    /// Refusals that were looked at.
    pub searched: u64,
    /// Refusals that wait and were not tried yet, as far as they are found.
    pub waiting: u64,
    /// Refusals that are recorded now.
    pub replayed: u64,
    /// Refusals that the rules refuse still; they stay open.
    pub refused: u64,
}

impl QueueReplay {
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.phase, ReplayPhase::Done | ReplayPhase::Failed)
    }

    /// Whether an answer need not wait any longer.
    pub(crate) const fn is_long(&self) -> bool {
        self.searched > AWAITED_SEARCHED_MAX || self.replayed + self.refused >= AWAITED_TRIED_MAX
    }
}

/// The replays since the start, by queue.
#[derive(Default)]
pub(crate) struct QueueReplays {
    by_queue: Mutex<BTreeMap<QueueId, ReplaySlot>>,
}

struct ReplaySlot {
    progress: watch::Sender<QueueReplay>,
    /// Whether the queue was defined again meanwhile, so that another search is needed.
    is_wanted_again: bool,
}

impl QueueReplays {
    /// The last replay for a queue.
    pub(crate) fn of(&self, queue_id: QueueId) -> Option<QueueReplay> {
        let by_queue = take_over(self.by_queue.lock());
        by_queue.get(&queue_id).map(|slot| *slot.progress.borrow())
    }

    /// The replay to work on, unless one runs: that one then searches again when it has ended.
    pub(crate) fn begin(&self, queue_id: QueueId) -> (watch::Receiver<QueueReplay>, bool) {
        let begun =
            QueueReplay { phase: ReplayPhase::Searching, searched: 0, waiting: 0, replayed: 0, refused: 0 };
        let mut by_queue = take_over(self.by_queue.lock());
        if let Some(slot) = by_queue.get_mut(&queue_id)
            && !slot.progress.borrow().is_over()
        {
            slot.is_wanted_again = true;
            return (slot.progress.subscribe(), false);
        }
        let slot = ReplaySlot { progress: watch::Sender::new(begun), is_wanted_again: false };
        let progress = slot.progress.subscribe();
        by_queue.insert(queue_id, slot);
        (progress, true)
    }

    pub(crate) fn note(&self, queue_id: QueueId, note: impl FnOnce(&mut QueueReplay)) {
        if let Some(slot) = take_over(self.by_queue.lock()).get(&queue_id) {
            slot.progress.send_modify(note);
        }
    }

    /// Ends a replay, unless the queue was defined again meanwhile. Whether it has ended.
    pub(crate) fn end(&self, queue_id: QueueId, phase: ReplayPhase) -> bool {
        let mut by_queue = take_over(self.by_queue.lock());
        let Some(slot) = by_queue.get_mut(&queue_id) else { return true };
        let is_wanted_again = std::mem::take(&mut slot.is_wanted_again);
        if phase == ReplayPhase::Done && is_wanted_again {
            slot.progress.send_modify(|replay| replay.phase = ReplayPhase::Searching);
            return false;
        }
        slot.progress.send_modify(|replay| replay.phase = phase);
        true
    }
}
