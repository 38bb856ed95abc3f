//! Attempts in memory, each lent to one writer at a time.
//!
//! The cache holds one slot for each attempt in use. A writer owns the slot's lock and takes the attempt out
//! of the slot until the log has answered, so commands of one attempt follow each other, and a writer that
//! fails or is abandoned leaves the slot empty. The cache drops no slot that is held: the attempt would be in
//! two slots.

use std::convert::Infallible;
use std::sync::Arc;

use attempt_ledger_domain::{AttemptEvent, AttemptId, ORDINARY_RECORDS_MAX, Position, Revision};
use attempt_ledger_log::{EventLog, Expected, NewRecord, Stream, StreamAppend};
use attempt_ledger_system::environment::Environment;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::cached_attempt::CachedAttempt;
use crate::error::LedgerError;
use crate::submission::IncomingDelivery;

/// What every attempt weighs at least, in deliveries: most never need to be weighed again.
const WEIGHT_MIN: u64 = 8;
/// What an attempt weighs at most. A heavier one must still fit into its shard of the cache: each of its
/// deliveries would otherwise read all that came before.
const WEIGHT_MAX: u64 = ORDINARY_RECORDS_MAX as u64;
const SHARDS: usize = 16;

/// `None` until the attempt is needed, while a writer has it, and after a write that failed.
type LockedAttempt = Arc<Mutex<Option<CachedAttempt>>>;

/// A place for one attempt. All slots of the cache that hold the attempt share its lock.
#[derive(Clone)]
struct AttemptSlot {
    attempt: LockedAttempt,
    /// About how many deliveries the attempt remembers: a power of two.
    weight: u64,
}

impl Default for AttemptSlot {
    fn default() -> Self {
        Self { attempt: Arc::default(), weight: WEIGHT_MIN }
    }
}

type SlotCache = Cache<AttemptId, AttemptSlot, SlotWeighter, DefaultHashBuilder, HeldSlots>;

#[derive(Clone)]
struct SlotWeighter;

impl Weighter<AttemptId, AttemptSlot> for SlotWeighter {
    fn weight(&self, _attempt_id: &AttemptId, slot: &AttemptSlot) -> u64 {
        slot.weight
    }
}

fn weight_of(cached: &CachedAttempt) -> u64 {
    cached.remembered_count().next_power_of_two().clamp(WEIGHT_MIN, WEIGHT_MAX)
}

/// Keeps in the cache what a writer holds. The cache may grow beyond its size by as much as is held at once.
#[derive(Clone)]
struct HeldSlots;

impl Lifecycle<AttemptId, AttemptSlot> for HeldSlots {
    type RequestState = ();

    fn is_pinned(&self, _attempt_id: &AttemptId, slot: &AttemptSlot) -> bool {
        Arc::strong_count(&slot.attempt) > 1
    }

    fn on_evict(&self, _state: &mut (), _attempt_id: AttemptId, _slot: AttemptSlot) {}
}

pub(crate) struct AttemptSlots {
    log: Arc<dyn EventLog>,
    slots: Arc<SlotCache>,
}

impl AttemptSlots {
    pub(crate) fn new(log: Arc<dyn EventLog>, cached_deliveries_max: usize) -> Self {
        let weight_max = cached_deliveries_max as u64;
        let attempts_max = cached_deliveries_max / usize::try_from(WEIGHT_MIN).expect("a small number");
        let options = OptionsBuilder::new()
            .estimated_items_capacity(attempts_max)
            .weight_capacity(weight_max)
            .shards(SHARDS)
            .build()
            .expect("both sizes are set");
        let slots = Cache::with_options(options, SlotWeighter, DefaultHashBuilder::default(), HeldSlots);
        Self { log, slots: Arc::new(slots) }
    }

    /// Locks an attempt and takes it out of the cache; reads it from the log when it is not in memory.
    ///
    /// # Errors
    /// [`UnreadableAttempt`] when its records do not read, or the caller has stopped waiting.
    pub(crate) async fn lease(&self, attempt_id: AttemptId) -> Result<AttemptLease, UnreadableAttempt> {
        let slot = self.slots.get_or_insert_with(&attempt_id, || Ok::<_, Infallible>(AttemptSlot::default()));
        let AttemptSlot { attempt, weight } = slot.unwrap_or_else(|never| match never {});
        let mut slot = attempt.lock_owned().await;
        let cached = match slot.take() {
            Some(cached) => cached,
            None => match CachedAttempt::replay(self.log.as_ref(), attempt_id) {
                Ok(cached) => cached,
                Err(error) => return Err(UnreadableAttempt { attempt_id, error, _slot: slot }),
            },
        };
        Ok(AttemptLease { attempt_id, stored: cached.revision(), cached, slot, weight, records: Vec::new() })
    }

    /// Puts an attempt back. Only for what the log has: a lease that is dropped instead leaves the attempt
    /// out of the cache, and the next writer reads it from the log.
    pub(crate) fn give_back(&self, lease: AttemptLease) {
        let AttemptLease { attempt_id, cached, mut slot, stored, weight: old_weight, records } = lease;
        assert!(records.is_empty() && cached.is_located(), "the cache takes only what the log has");
        let (has_grown, weight) = (cached.revision() > stored, weight_of(&cached));
        *slot = (!cached.is_overgrown()).then_some(cached);
        if has_grown {
            self.supersede(attempt_id, &slot);
        }
        if weight > old_weight {
            let attempt = Arc::clone(OwnedMutexGuard::mutex(&slot));
            // Where the cache has no slot of the attempt any more, nothing needs to be weighed.
            let _ = self.slots.replace(attempt_id, AttemptSlot { attempt, weight }, true);
        }
    }

    /// Should the cache have another slot of the attempt by now, that one may have been read before the
    /// append of this one, and goes.
    fn supersede(&self, attempt_id: AttemptId, slot: &OwnedMutexGuard<Option<CachedAttempt>>) {
        let current = self.slots.peek(&attempt_id);
        if current.is_some_and(|current| !Arc::ptr_eq(&current.attempt, OwnedMutexGuard::mutex(slot))) {
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

/// An attempt that nothing can be judged by. It stays locked, so that equal deliveries follow each other.
pub(crate) struct UnreadableAttempt {
    pub(crate) attempt_id: AttemptId,
    pub(crate) error: LedgerError,
    _slot: OwnedMutexGuard<Option<CachedAttempt>>,
}

/// An attempt on loan to one writer: locked, and out of the cache until [`AttemptSlots::give_back`].
pub(crate) struct AttemptLease {
    pub(crate) attempt_id: AttemptId,
    pub(crate) cached: CachedAttempt,
    slot: OwnedMutexGuard<Option<CachedAttempt>>,
    /// What its slot weighed when the lease began.
    weight: u64,
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
        incoming: &IncomingDelivery,
        environment: &dyn Environment,
    ) -> Revision {
        self.records.push(self.cached.add_event(event, incoming, environment));
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
