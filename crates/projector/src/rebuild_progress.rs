//! How far a rebuild has come, and what its comparison found.

use std::time::Instant;

use attempt_ledger_domain::Position;
use attempt_ledger_read_store::{Checkpoint, Projection};
use serde::Serialize;

use crate::comparison::RowComparison;

/// The phases of a rebuild.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RebuildPhase {
    /// The log is folded into the shadow.
    Folding,
    /// The old models and the shadow are compared at the same position.
    Comparing,
    /// The shadow takes the old models' place.
    Swapping,
    /// The shadow is in use, or, when only a comparison was asked for, thrown away.
    Done,
    /// It was cancelled; the old models serve on.
    Cancelled,
    /// It failed; the old models serve on.
    Failed,
}

/// How far a rebuild has come.
#[derive(Clone, Debug, Serialize)]
pub struct RebuildProgress {
    /// The phase that it is in.
    pub phase: RebuildPhase,
    /// What is rebuilt.
    pub projections: Vec<Projection>,
    /// The log position that the shadow contains.
    pub position: u64,
    /// The log position that it has to reach.
    pub head: u64,
    /// Records folded in each second since the beginning (since the resumption, after a kill).
    pub records_per_second: u64,
    /// Time since the beginning.
    pub elapsed_ms: u64,
    /// The time left at this rate; absent while it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_ms: Option<u64>,
    /// The outcome of comparing each projection.
    pub compared: Vec<(Projection, ComparisonOutcome)>,
    /// What is wrong with the file of the old models, beside rows that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl RebuildProgress {
    /// The progress of a rebuild that has done nothing yet.
    pub(crate) const fn begun(projections: Vec<Projection>, head: Position) -> Self {
        Self {
            phase: RebuildPhase::Folding,
            projections,
            position: 0,
            head: head.0,
            records_per_second: 0,
            elapsed_ms: 0,
            left_ms: None,
            compared: Vec::new(),
            damage: None,
            reason: None,
        }
    }
}

/// The outcome of comparing a projection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonOutcome {
    /// Old and new stood at the same position.
    Compared(RowComparison),
    /// The old model cannot be compared.
    NotComparable {
        /// Why.
        reason: String,
    },
}

/// Measures how far and how fast a rebuild goes.
pub(crate) struct Stopwatch {
    began: Instant,
    from: u64,
    pub(crate) progress: RebuildProgress,
}

impl Stopwatch {
    /// Starts with a shadow that contains the log up to `from`.
    pub(crate) fn start(projections: Vec<Projection>, from: Position, head: Position) -> Self {
        let progress = RebuildProgress { position: from.0, ..RebuildProgress::begun(projections, head) };
        Self { began: Instant::now(), from: from.0, progress }
    }

    pub(crate) fn reached(&mut self, checkpoint: Checkpoint) {
        let elapsed_ms = millis(self.began);
        let progress = &mut self.progress;
        progress.position = checkpoint.position.0;
        progress.elapsed_ms = elapsed_ms;
        let done = checkpoint.position.0.saturating_sub(self.from);
        progress.records_per_second = done.saturating_mul(1_000) / elapsed_ms.max(1);
        let left = progress.head.saturating_sub(checkpoint.position.0);
        progress.left_ms = left.saturating_mul(elapsed_ms).checked_div(done);
    }

    pub(crate) fn enter(&mut self, phase: RebuildPhase, report: &mut dyn FnMut(&RebuildProgress)) {
        self.progress.phase = phase;
        self.progress.elapsed_ms = millis(self.began);
        self.progress.left_ms = None;
        report(&self.progress);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
