//! The port that every read store implements, and the words that it is spoken in.
//!
//! Everything here blocks: call it from a thread that may.

use std::fmt;
use std::ops::{ControlFlow, Range};

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{AgentId, AttemptId, Position, QueueId, QueueType, Rule, UnixMillis};
use attempt_ledger_projections::history::{Attribution, IntervalKey, Measure, Scope, Totals};
use attempt_ledger_projections::{
    AgentRow, AttemptClass, AttemptRow, Gap, OfferOutcome, OfferRow, QueueRow, RefusalRow, RefusalState,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// The read models, each with tables and a checkpoint of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    /// One row for each attempt: table `attempts`.
    Attempts,
    /// One row for each agent's leg: table `offers`; agent state intervals are a view over it.
    Offers,
    /// Sums by queue and quarter of an hour: tables `queue_history`, `queue_history_values`, `queue_history_mix`.
    QueueHistory,
    /// Sums by agent, queue and quarter of an hour: table `agent_history`.
    AgentHistory,
    /// Agents and their names: table `agents`.
    Agents,
    /// Queue definitions in force: table `queues`.
    Queues,
    /// Refusals and what was decided about them: table `refusals`.
    Refusals,
}

impl Projection {
    /// Every projection.
    pub const ALL: [Self; 7] = [
        Self::Attempts,
        Self::Offers,
        Self::QueueHistory,
        Self::AgentHistory,
        Self::Agents,
        Self::Queues,
        Self::Refusals,
    ];

    /// The name in URLs, on the command line and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Offers => "offers",
            Self::QueueHistory => "queue_history",
            Self::AgentHistory => "agent_history",
            Self::Agents => "agents",
            Self::Queues => "queues",
            Self::Refusals => "refusals",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|projection| projection.name() == text)
    }

    /// The version of the fold. A store that was filled by another one is rebuilt at start.
    #[must_use]
    pub const fn version(self) -> u32 {
        1
    }
}

impl fmt::Display for Projection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How far a read model has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The log position of the last record that it contains.
    pub position: Position,
    /// When the ledger took that record.
    pub recorded_at: UnixMillis,
}

/// The event that stopped a projection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The record's place in the log.
    pub position: Position,
    /// The record.
    pub record_id: Uuid,
    /// What went wrong.
    pub reason: String,
}

/// Where a projection stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionStatus {
    /// Which.
    pub projection: Projection,
    /// The version of the fold that filled it.
    pub version: u32,
    /// How far it has come.
    pub checkpoint: Checkpoint,
    /// Why it stopped; `None` while it goes on.
    pub failure: Option<Failure>,
}

/// What one batch of records does to one or more projections. Applied in one transaction with the checkpoint.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The projections that the batch brings forward. Tables of others are not touched.
    pub projections: Vec<Projection>,
    /// The position that they must have before. A store in which one of them has another refuses the batch: somebody
    /// else brought it forward. `None` for a batch that may come at any time.
    pub follows: Option<Position>,
    /// The checkpoint that they have afterwards.
    pub checkpoint: Checkpoint,
    /// Attempts as they are now; each replaces the row of the same attempt.
    pub attempts: Vec<AttemptRow>,
    /// Attempts that have no row any more: what was told of them was dismissed.
    pub attempts_removed: Vec<AttemptId>,
    /// Attempts whose legs are now exactly those in `offers`.
    pub offers_of: Vec<AttemptId>,
    /// Legs of the attempts in `offers_of`.
    pub offers: Vec<OfferRow>,
    /// What is to be added to intervals: to `queue_history` under [`Scope::Queue`], to `agent_history` under
    /// [`Scope::Agent`]. Each key once. A row that reaches zero in every column is deleted.
    pub intervals: Vec<(IntervalKey, Box<Totals>)>,
    /// Agents seen; name and time replace the row's when (time, name) is greater.
    pub agents: Vec<AgentRow>,
    /// Definitions; each replaces the row of the same queue.
    pub queues: Vec<QueueRow>,
    /// New refusals.
    pub refusals: Vec<RefusalRow>,
    /// Decisions: refusal, state, when.
    pub settled: Vec<(Uuid, RefusalState, UnixMillis)>,
}

/// Why a read store did not do its work.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The store's file or server failed.
    #[error("the read store failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
    /// The store's server cannot be reached, or the connection to it broke. Nothing is known of what was under way; it
    /// can be tried again.
    #[error("the read store cannot be reached: {reason}; hint: it is tried again when it is back")]
    Unavailable {
        /// What was seen.
        reason: String,
    },
    /// Another process writes to the store.
    #[error("{who}; hint: only one process at a time can; ask it with --url, or stop it")]
    Led {
        /// What it does.
        who: &'static str,
    },
    /// A batch does not follow what the store contains: somebody else brought it forward, or cut it back.
    #[error(
        "the read models do not stand where the batch begins; hint: it is made anew from where they stand"
    )]
    OutOfStep,
    /// A row is not one that this program writes.
    #[error(
        "the read store's table {table} holds a row that cannot be understood: {reason}; hint: run `attempt-ledger rebuild`"
    )]
    Row {
        /// The table.
        table: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The store's schema was written by a later release.
    #[error(
        "the read store has schema {found}, this program knows up to {known}; hint: use the release that wrote it, or delete the read models: they are rebuilt"
    )]
    Newer {
        /// What the store states.
        found: u32,
        /// What this program knows.
        known: u32,
    },
}

/// Which attempts are meant. Absent means any; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AttemptFilter {
    /// The queue.
    pub queue_id: Option<QueueId>,
    /// The queue's type.
    pub queue_type: Option<QueueType>,
    /// An agent of one of its legs.
    pub agent_id: Option<AgentId>,
    /// The member.
    pub member_id: Option<i64>,
    /// The exact destination.
    pub destination: Option<String>,
    /// The channel.
    pub channel: Option<String>,
    /// The exact `cc_result`.
    pub result: Option<String>,
    /// The state.
    pub state: Option<AttemptState>,
    /// The class.
    pub class: Option<AttemptClass>,
    /// A gap that it has.
    pub gap: Option<Gap>,
    /// Whether deliveries contradict each other.
    pub has_conflict: Option<bool>,
    /// Whether a delivery came late.
    pub is_late: Option<bool>,
    /// `started_at` at or after.
    pub from: Option<UnixMillis>,
    /// `started_at` before.
    pub to: Option<UnixMillis>,
    /// Only attempts on which no record after this position bears.
    pub settled_at: Option<Position>,
    /// Only attempts on which a record after this position bears.
    pub changed_after: Option<Position>,
    /// Only attempts first heard of at or before this position.
    pub known_at: Option<Position>,
    /// Whose run overlaps this half-open time: `started_at` < end and `last_event_at` ≥ start.
    pub active_in: Option<Range<UnixMillis>>,
}

/// Which legs are meant. Absent means any; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OfferFilter {
    /// The attempt.
    pub attempt_id: Option<AttemptId>,
    /// The agent.
    pub agent_id: Option<AgentId>,
    /// The queue.
    pub queue_id: Option<QueueId>,
    /// How the leg ended.
    pub outcome: Option<OfferOutcome>,
    /// Overlaps this half-open time: `started_at` < end, and not ended before its start.
    pub overlaps: Option<Range<UnixMillis>>,
}

impl OfferFilter {
    /// Whether a leg is meant: what the store answers for its rows.
    #[must_use]
    pub fn means(&self, leg: &OfferRow) -> bool {
        self.attempt_id.is_none_or(|attempt_id| leg.attempt_id == attempt_id)
            && (self.agent_id.is_none() || self.agent_id == leg.agent_id)
            && (self.queue_id.is_none() || self.queue_id == leg.queue_id)
            && self.outcome.is_none_or(|outcome| leg.outcome == outcome)
            && self.overlaps.as_ref().is_none_or(|range| {
                leg.started_at < range.end && leg.ended_at.is_none_or(|ended_at| ended_at >= range.start)
            })
    }
}

/// Which refusals are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RefusalFilter {
    /// The rule.
    pub rule: Option<Rule>,
    /// What was decided.
    pub state: Option<RefusalState>,
    /// `recorded_at` at or after.
    pub from: Option<UnixMillis>,
    /// `recorded_at` before.
    pub to: Option<UnixMillis>,
}

/// The direction in which attempts and legs are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By `started_at`, then attempt, then leg, descending.
    #[default]
    NewestFirst,
    /// The same, ascending.
    OldestFirst,
}

/// Where a list goes on: strictly after this row in the list's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct After {
    /// The last row's `started_at`.
    pub started_at: UnixMillis,
    /// The last row's attempt.
    pub attempt_id: AttemptId,
    /// The last row's leg; 0 in lists of attempts.
    pub leg: u32,
}

/// Which intervals of a history are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// One queue, one agent (in all queues when the queue is `None`), or every queue or agent.
    pub scope: HistoryScope,
    /// By which attribution.
    pub attribution: Attribution,
    /// Half-open; both ends are multiples of the base interval.
    pub range: Range<UnixMillis>,
    /// The measures whose values are needed, not only their count and sum. Queue history only.
    pub values_of: Vec<Measure>,
    /// Whether the mix of results is needed. Queue history only.
    pub with_mix: bool,
}

/// Whose history is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryScope {
    /// One queue.
    Queue(QueueId),
    /// Every queue.
    Queues,
    /// One agent, in one queue or in all.
    Agent(AgentId, Option<QueueId>),
    /// Every agent.
    Agents,
}

/// One row of any table in canonical form, for comparing and digesting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CanonicalRow {
    /// The table.
    pub table: &'static str,
    /// The primary key, as canonical JSON: an array.
    pub key: String,
    /// The other columns, as canonical JSON: an object of column names to values.
    pub columns: String,
}

/// What a reader hands rows to, until it breaks.
pub type Visit<'v, T> = &'v mut dyn FnMut(T) -> ControlFlow<()>;

/// One consistent look at the store: everything read through it is of the same moment.
pub trait Reader {
    /// Where each projection stands, in the order of [`Projection::ALL`].
    fn statuses(&self) -> Result<Vec<ProjectionStatus>, StoreError>;

    /// Visits attempts in order, until `visit` breaks.
    fn attempts(
        &self,
        filter: &AttemptFilter,
        order: Order,
        after: Option<After>,
        visit: Visit<'_, AttemptRow>,
    ) -> Result<(), StoreError>;

    /// One attempt.
    fn attempt(&self, attempt_id: AttemptId) -> Result<Option<AttemptRow>, StoreError>;

    /// Visits legs in order, until `visit` breaks.
    fn offers(
        &self,
        filter: &OfferFilter,
        order: Order,
        after: Option<After>,
        visit: Visit<'_, OfferRow>,
    ) -> Result<(), StoreError>;

    /// The intervals that have a row, ascending by scope and time. For an agent in all queues, one row for each queue.
    fn history(&self, query: &HistoryQuery) -> Result<Vec<(Scope, UnixMillis, Totals)>, StoreError>;

    /// Attempts without Leaving, optionally of one queue, oldest first, until `visit` breaks.
    fn open_attempts(
        &self,
        queue_id: Option<QueueId>,
        visit: Visit<'_, AttemptRow>,
    ) -> Result<(), StoreError>;

    /// Every agent, by number.
    fn agents(&self) -> Result<Vec<AgentRow>, StoreError>;

    /// Every defined queue, by number.
    fn queues(&self) -> Result<Vec<QueueRow>, StoreError>;

    /// Every queue that an attempt names or that is defined, ascending.
    fn queue_ids(&self) -> Result<Vec<QueueId>, StoreError>;

    /// Visits refusals, newest first by position, strictly before `before`, until `visit` breaks.
    fn refusals(
        &self,
        filter: &RefusalFilter,
        before: Option<Position>,
        visit: Visit<'_, RefusalRow>,
    ) -> Result<(), StoreError>;

    /// How long the longest run lasts, from its start to its last event; 0 when there is none.
    fn run_ms_max(&self) -> Result<u64, StoreError>;

    /// Visits every row of a projection's tables, ordered by table and primary key, until `visit` breaks.
    fn canonical_rows(
        &self,
        projection: Projection,
        visit: Visit<'_, CanonicalRow>,
    ) -> Result<(), StoreError>;
}

/// A read store: many readers, one writer at a time.
pub trait ReadStore: Send + Sync + 'static {
    /// Begins a consistent look.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be reached.
    fn reader(&self) -> Result<Box<dyn Reader + '_>, StoreError>;

    /// Applies one batch: rows and checkpoint in one transaction.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    fn apply(&self, changes: &Changes) -> Result<(), StoreError>;

    /// Notes why a projection stopped, or that it goes on again.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    fn set_failure(&self, projection: Projection, failure: Option<&Failure>) -> Result<(), StoreError>;

    /// Empties the projections' tables and sets their checkpoints to the beginning and their versions to the
    /// program's.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    fn reset(&self, projections: &[Projection]) -> Result<(), StoreError>;
}
