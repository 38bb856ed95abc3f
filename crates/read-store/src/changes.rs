//! What a batch of records changes, on its way from the projector into a store.

use std::collections::HashSet;
use std::hash::Hash;

use attempt_ledger_domain::{AttemptId, Position, UnixMillis};
use attempt_ledger_projections::history::{IntervalKey, Totals};
use attempt_ledger_projections::{
    AgentRow, AttemptRow, HookRow, LinkRow, OfferRow, QueueRow, RefusalRow, RefusalState,
};
use uuid::Uuid;

use crate::projection::{Checkpoint, Projection};

/// What one batch of records does to one or more projections. Applied in one transaction with the checkpoint.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The projections that the batch brings forward. Tables of others are not touched.
    pub projections: Vec<Projection>,
    /// The position that they must have before. A store in which one of them has another refuses the batch:
    /// somebody else brought it forward. `None` for a batch that may come at any time.
    pub follows: Option<Position>,
    /// The checkpoint that they have afterwards.
    pub checkpoint: Checkpoint,
    /// Attempts as they are now; each replaces the row of the same attempt.
    pub attempts: Vec<AttemptRow>,
    /// Attempts that have no row any more: what was told of them was dismissed.
    pub attempts_removed: Vec<AttemptId>,
    /// Attempts whose legs change, each with how many of its first legs stay as they are: the legs after
    /// those are now exactly the ones in `offers`.
    pub offers_of: Vec<(AttemptId, u32)>,
    /// Legs of the attempts in `offers_of`.
    pub offers: Vec<OfferRow>,
    /// What is to be added to intervals: to `queue_history` under `Scope::Queue`, to `agent_history` under
    /// `Scope::Agent`. Each key once. A row that reaches zero in every column is deleted.
    pub intervals: Vec<(IntervalKey, Box<Totals>)>,
    /// Agents seen; name and time replace the row's when (time, name) is greater.
    pub agents: Vec<AgentRow>,
    /// Definitions; each replaces the row of the same queue.
    pub queues: Vec<QueueRow>,
    /// New refusals.
    pub refusals: Vec<RefusalRow>,
    /// Decisions: refusal, state, when.
    pub settled: Vec<(Uuid, RefusalState, UnixMillis)>,
    /// Ids that attempts name, each attempt and id once; of a row that is there, the earlier one stays.
    pub links: Vec<LinkRow>,
    /// What arrived, each hook once; added to the row of the same hook.
    pub hooks: Vec<HookRow>,
    /// Runaway attempts that the batch bears on, each with its last record: their rows stay as they are until
    /// the attempt is folded by itself.
    pub runaways: Vec<(AttemptId, Position)>,
    /// The runaway attempt that these changes fold. They move no checkpoint then.
    pub catch_up: Option<RunawayCatchUp>,
}

/// A runaway attempt whose rows come from one position to a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunawayCatchUp {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Up to where its rows must be folded before.
    pub from: Position,
    /// Up to where they are folded afterwards; no projection of the changes may stand before it.
    pub to: Position,
}

impl Changes {
    /// What every batch keeps to. Each store calls it before it writes anything.
    ///
    /// # Panics
    /// When the batch ends before it begins; in debug builds also when it names a key twice where each key
    /// stands for one row.
    pub(crate) fn assert_whole(&self) {
        assert!(
            self.follows.is_none_or(|follows| follows <= self.checkpoint.position),
            "a batch that follows {:?} cannot end at {:?}",
            self.follows,
            self.checkpoint.position
        );
        debug_assert!(is_unique(self.projections.iter()), "a batch names each projection once");
        debug_assert!(is_unique(self.attempts.iter().map(|row| row.attempt_id)), "one row for each attempt");
        let link = |row: &LinkRow| (row.kind, row.id.clone(), row.attempt_id);
        debug_assert!(is_unique(self.links.iter().map(link)), "one row for each link");
        let hook = |row: &HookRow| (row.queue_id, row.queue_type, row.event);
        debug_assert!(is_unique(self.hooks.iter().map(hook)), "one row for each hook");
        debug_assert!(is_unique(self.intervals.iter().map(|(key, _)| key)), "one delta for each interval");
    }
}

fn is_unique<K: Eq + Hash>(mut keys: impl Iterator<Item = K>) -> bool {
    let mut seen = HashSet::new();
    keys.all(|key| seen.insert(key))
}
