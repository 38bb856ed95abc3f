//! Attempts in memory, each lent to one writer at a time.
//!
//! The cache holds one slot for each attempt in use. A writer owns the slot's lock and takes the attempt out
//! of the slot until the log has answered, so commands of one attempt follow each other, and a writer that
//! fails or is abandoned leaves the slot empty. The cache drops no slot that is held: the attempt would be in
//! two slots.

use std::sync::Arc;

use attempt_ledger_domain::{AttemptEvent, AttemptId, Position, Revision};
use attempt_ledger_log::{EventLog, Expected, NewRecord, Stream, StreamAppend};
use attempt_ledger_system::environment::Environment;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::cached_attempt::CachedAttempt;
use crate::error::LedgerError;
use crate::submission::Submission;

/// `None` until the attempt is needed, while a writer has it, and after a write that failed.
type AttemptSlot = Option<CachedAttempt>;

type SlotCache = Cache<AttemptId, Arc<Mutex<AttemptSlot>>, UnitWeighter, DefaultHashBuilder, HeldSlots>;

/// Keeps in the cache what a writer holds. The cache may grow beyond its size by as much as is held at once.
#[derive(Clone)]
struct HeldSlots;

impl Lifecycle<AttemptId, Arc<Mutex<AttemptSlot>>> for HeldSlots {
    type RequestState = ();

    fn is_pinned(&self, _attempt_id: &AttemptId, slot: &Arc<Mutex<AttemptSlot>>) -> bool {
        Arc::strong_count(slot) > 1
    }

    fn on_evict(&self, _state: &mut (), _attempt_id: AttemptId, _slot: Arc<Mutex<AttemptSlot>>) {}
}

pub(crate) struct AttemptSlots {
    log: Arc<dyn EventLog>,
    slots: Arc<SlotCache>,
}

impl AttemptSlots {
    pub(crate) fn new(log: Arc<dyn EventLog>, cached_attempts_max: usize) -> Self {
        let weight_max = cached_attempts_max as u64;
        let hasher = DefaultHashBuilder::default();
        let slots = Cache::with(cached_attempts_max, weight_max, UnitWeighter, hasher, HeldSlots);
        Self { log, slots: Arc::new(slots) }
    }

    /// Locks an attempt and takes it out of the cache; reads it from the log when it is not in memory.
    pub(crate) async fn lease(&self, attempt_id: AttemptId) -> Result<AttemptLease, LedgerError> {
        let slot = self.slots.get_or_insert_with(&attempt_id, || Ok::<_, LedgerError>(Arc::default()))?;
        let mut slot = slot.lock_owned().await;
        let cached = match slot.take() {
            Some(cached) => cached,
            None => CachedAttempt::replay(self.log.as_ref(), attempt_id)?,
        };
        Ok(AttemptLease { attempt_id, stored: cached.revision(), cached, slot, records: Vec::new() })
    }

    /// Puts an attempt back. Only for what the log has: a lease that is dropped instead leaves the attempt
    /// out of the cache, and the next writer reads it from the log.
    pub(crate) fn give_back(&self, lease: AttemptLease) {
        let AttemptLease { attempt_id, cached, mut slot, stored, records } = lease;
        assert!(records.is_empty() && cached.is_located(), "the cache takes only what the log has");
        let has_grown = cached.revision() > stored;
        *slot = Some(cached);
        if has_grown {
            self.supersede(attempt_id, &slot);
        }
    }

    /// Should the cache have another slot of the attempt by now, that one may have been read before the
    /// append of this one, and goes.
    fn supersede(&self, attempt_id: AttemptId, slot: &OwnedMutexGuard<AttemptSlot>) {
        let current = self.slots.peek(&attempt_id);
        if current.is_some_and(|current| !Arc::ptr_eq(&current, OwnedMutexGuard::mutex(slot))) {
            self.slots.remove(&attempt_id);
        }
    }

    /// Takes attempts out of the cache of which the log has more than memory does. A writer that holds one
    /// meets a conflict; every other one reads it from the log.
    pub(crate) fn remover(&self) -> impl Fn(AttemptId) + Send + Sync + use<> {
        let slots = self.slots.clone();
        move |attempt_id| {
            slots.remove(&attempt_id);
        }
    }
}

/// An attempt on loan to one writer: locked, and out of the cache until [`AttemptSlots::give_back`].
pub(crate) struct AttemptLease {
    pub(crate) attempt_id: AttemptId,
    pub(crate) cached: CachedAttempt,
    slot: OwnedMutexGuard<AttemptSlot>,
    /// The revision that the log had when the lease began.
    stored: Revision,
    /// Records of events that the log does not have yet.
    records: Vec<NewRecord>,
}

impl AttemptLease {
    /// Builds the record of an event that the aggregate has applied. Answers the event's revision.
    pub(crate) fn add(
        &mut self,
        event: &AttemptEvent,
        submission: &Submission,
        environment: &dyn Environment,
    ) -> Revision {
        self.records.push(self.cached.add_event(event, submission, environment));
        self.cached.revision()
    }

    /// Whether events were added that the log did not have when the lease began.
    pub(crate) fn has_grown(&self) -> bool {
        self.cached.revision() > self.stored
    }

    /// What is to be appended to the attempt; `None` when nothing was added.
    pub(crate) fn take_append(&mut self) -> Option<StreamAppend> {
        if self.records.is_empty() {
            return None;
        }
        let records = std::mem::take(&mut self.records);
        let follows =
            |(record, revision): (&NewRecord, u32)| record.leaf.revision == Some(Revision(revision));
        let no_gap = records.iter().zip(self.stored.0 + 1..).all(follows);
        assert!(no_gap, "the revisions of an append follow the stored one without a gap");
        let (stream, expected) = (Stream::Attempt(self.attempt_id), Expected::Exactly(self.stored));
        Some(StreamAppend { stream, expected, records })
    }

    /// Takes note of the positions that the log gave to the added events.
    pub(crate) fn locate(&mut self, positions: &[Position]) {
        self.cached.locate(self.stored, positions);
    }
}
