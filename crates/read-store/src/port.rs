//! The port that every read store implements.
//!
//! Everything here blocks: call it from a thread that may.

use std::ops::{ControlFlow, RangeInclusive};

use attempt_ledger_domain::{AttemptId, Position, QueueGroup, QueueId, UnixMillis};
use attempt_ledger_projections::history::{Scope, Totals};
use attempt_ledger_projections::{AgentRow, AttemptRow, HookRow, LinkRow, OfferRow, QueueRow, RefusalRow};

use crate::changes::Changes;
use crate::projection::{Failure, Projection, ProjectionStatus, UnfoldedAttempt};
use crate::question::{
    After, AgentFilter, AttemptFilter, BoardEntry, HistoryFilter, OfferFilter, Order, RefusalFilter,
};
use crate::store_error::StoreError;

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

/// How a look for damage goes on: it is asked every now and then, and may take its time or end the look.
pub type CheckPace = Box<dyn FnMut() -> ControlFlow<()> + Send>;

/// A read store: many readers, one writer at a time.
pub trait ReadStore: Send + Sync + 'static {
    /// Looks for damage in the store's own files, which rows alone do not show: indexes that do not go with
    /// their tables, pages that belong to nothing. What is wrong; `None` when nothing is, or `pace` ended the
    /// look. A database server looks after its own files.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be reached.
    fn find_damage(&self, pace: CheckPace) -> Result<Option<String>, StoreError> {
        drop(pace);
        Ok(None)
    }

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

/// What a look shows of attempts without Leaving.
pub trait BoardReader {
    /// Visits attempts without Leaving, of every queue, of one or of none, whose last event is not before a
    /// time.
    fn open_attempts(
        &self,
        queue: Option<QueueGroup>,
        since: UnixMillis,
        visit: Visit<'_, BoardEntry>,
    ) -> Result<(), StoreError>;

    /// How many attempts without Leaving each queue has, or one of them, by queue; only queues with any. They
    /// are counted along an index and not read.
    fn open_counts(&self, queue: Option<QueueGroup>) -> Result<Vec<(Option<QueueId>, u64)>, StoreError>;
}

/// One consistent look at the store: everything read through it is of the same moment.
pub trait Reader: BoardReader {
    /// Where each projection stands, in the order of [`Projection::ALL`].
    fn statuses(&self) -> Result<Vec<ProjectionStatus>, StoreError>;

    /// The runaway attempts that projections have passed and not folded up to there, by attempt.
    fn unfolded(&self) -> Result<Vec<UnfoldedAttempt>, StoreError>;

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

    /// The intervals that have a row, ascending by scope and time. For an agent in all queues, one row for
    /// each queue.
    fn history(&self, filter: &HistoryFilter) -> Result<Vec<(Scope, UnixMillis, Totals)>, StoreError>;

    /// Visits agents after one, by number, until `visit` breaks.
    fn agents(&self, filter: &AgentFilter, visit: Visit<'_, AgentRow>) -> Result<(), StoreError>;

    /// Every defined queue, by number.
    fn queues(&self) -> Result<Vec<QueueRow>, StoreError>;

    /// Queues that an attempt names or that are defined, ascending: the first `limit` after one.
    fn queue_ids(&self, after: Option<QueueId>, limit: usize) -> Result<Vec<QueueId>, StoreError>;

    /// Whether an attempt has no queue.
    fn has_queueless(&self) -> Result<bool, StoreError>;

    /// Visits refusals, newest first by position, strictly before `before`, until `visit` breaks.
    fn refusals(
        &self,
        filter: &RefusalFilter,
        before: Option<Position>,
        visit: Visit<'_, RefusalRow>,
    ) -> Result<(), StoreError>;

    /// The other attempts that name an id which this one names, both up to a position: by kind, id and
    /// attempt, at most `limit`.
    fn links(
        &self,
        attempt_id: AttemptId,
        known_at: Position,
        limit: usize,
    ) -> Result<Vec<LinkRow>, StoreError>;

    /// What arrives for queues: of the first one and up to the last one, by queue, queue type and event.
    fn hooks(&self, queues: RangeInclusive<QueueId>) -> Result<Vec<HookRow>, StoreError>;

    /// How long the longest run lasts, from its start to its last event; 0 when there is none.
    fn run_ms_max(&self) -> Result<u64, StoreError>;

    /// Visits every row of a projection's tables, ordered by table and primary key, until `visit` breaks.
    fn canonical_rows(
        &self,
        projection: Projection,
        visit: Visit<'_, CanonicalRow>,
    ) -> Result<(), StoreError>;
}
