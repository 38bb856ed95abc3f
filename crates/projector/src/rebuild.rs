//! Builds read models anew in a shadow while the old ones serve, compares, and swaps.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use attempt_ledger_domain::Position;
use serde::Serialize;
use thiserror::Error;

use super::compare::{CompareError, RowComparison, RowDifference, compare};
use super::folds::Fold;
use super::forward::{bring_forward, can_move, statuses};
use super::pass::PassError;
use attempt_ledger_log::EventLog;
use attempt_ledger_read_store::{Checkpoint, Models, Projection, ReadStore, StoreError};

/// What a rebuild is doing.
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
    /// What it is doing.
    pub phase: RebuildPhase,
    /// What is built anew.
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
    /// What comparing each projection came to.
    pub compared: Vec<(Projection, ComparisonOutcome)>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl RebuildProgress {
    /// The progress of a rebuild that has done nothing yet.
    pub(super) const fn begun(projections: Vec<Projection>, head: Position) -> Self {
        Self {
            phase: RebuildPhase::Folding,
            projections,
            position: 0,
            head: head.0,
            records_per_second: 0,
            elapsed_ms: 0,
            left_ms: None,
            compared: Vec::new(),
            reason: None,
        }
    }
}

/// What comparing a projection came to.
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

/// Why a rebuild did not end in a swap.
#[derive(Debug, Error)]
pub enum RebuildError {
    /// It was cancelled.
    #[error("the rebuild was cancelled; the old read models serve on")]
    Cancelled,
    /// A projection fails on an event, in the shadow too.
    #[error("{projection} stops at position {position}: {reason}; the old read models serve on")]
    Stopped {
        /// Which.
        projection: Projection,
        /// Where.
        position: Position,
        /// Why.
        reason: String,
    },
    /// The log or a store failed.
    #[error(transparent)]
    Pass(#[from] PassError),
}

impl From<StoreError> for RebuildError {
    fn from(error: StoreError) -> Self {
        Self::Pass(error.into())
    }
}

/// Keeps the current store still while the shadow takes its place.
pub trait StorePause {
    /// Runs `work` while nothing brings the current store forward.
    fn while_paused(&self, work: &mut dyn FnMut() -> Result<(), RebuildError>) -> Result<(), RebuildError>;
}

/// For a store that nobody else brings forward.
pub struct SoleWriter;

impl StorePause for SoleWriter {
    fn while_paused(&self, work: &mut dyn FnMut() -> Result<(), RebuildError>) -> Result<(), RebuildError> {
        work()
    }
}

/// One rebuild.
pub struct Rebuild<'a> {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The stores.
    pub models: &'a dyn Models,
    /// The folds of every projection.
    pub folds: &'a [Arc<dyn Fold>],
    /// What is built anew.
    pub projections: Vec<Projection>,
    /// Whether the shadow takes the place of the old models; otherwise it is thrown away after the comparison.
    pub swap: bool,
    /// Set from outside to stop.
    pub cancelled: &'a AtomicBool,
}

impl Rebuild<'_> {
    /// Runs it to its end. `report` hears of every step; `on_difference` of every row that is not the same.
    ///
    /// # Errors
    /// [`RebuildError`]; then the old models serve on, and a later rebuild of the same projections resumes.
    pub fn run(
        &self,
        stillness: &dyn StorePause,
        report: &mut dyn FnMut(&RebuildProgress),
        on_difference: &mut dyn FnMut(RowDifference),
    ) -> Result<RebuildProgress, RebuildError> {
        let shadow = self.models.shadow(&self.projections)?;
        let mut watch = Stopwatch::new(self, &shadow)?;
        report(&watch.progress);
        // Most of the way while the old models move on, the rest while they stand still.
        self.fold_to(&shadow, self.log.head(), &mut watch, report)?;
        stillness.while_paused(&mut || {
            self.compare(&shadow, &mut watch, report, on_difference)?;
            self.goes_on()?;
            if self.swap {
                self.fold_to(&shadow, self.log.head(), &mut watch, report)?;
                watch.enter(RebuildPhase::Swapping, report);
                self.models.swap()?;
            }
            Ok(())
        })?;
        if !self.swap {
            self.models.discard_shadow()?;
        }
        watch.enter(RebuildPhase::Done, report);
        Ok(watch.progress)
    }

    /// Brings the whole shadow to a position.
    fn fold_to(
        &self,
        shadow: &Arc<dyn ReadStore>,
        up_to: Position,
        watch: &mut Stopwatch,
        report: &mut dyn FnMut(&RebuildProgress),
    ) -> Result<(), RebuildError> {
        watch.progress.head = up_to.0.max(watch.progress.position);
        let flow = bring_forward(&self.log, shadow, self.folds, up_to, &mut |checkpoint| {
            watch.reached(checkpoint);
            report(&watch.progress);
            if self.cancelled.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        if flow.is_break() {
            return Err(RebuildError::Cancelled);
        }
        for status in statuses(shadow.as_ref())? {
            if let Some(failure) = status.failure.filter(|_| self.projections.contains(&status.projection)) {
                let (projection, position) = (status.projection, failure.position);
                // The next try begins anew: a shadow with a stopped projection is of no use.
                self.models.discard_shadow()?;
                return Err(RebuildError::Stopped { projection, position, reason: failure.reason });
            }
        }
        Ok(())
    }

    /// Whether nobody has cancelled it.
    fn goes_on(&self) -> Result<(), RebuildError> {
        if self.cancelled.load(Ordering::Relaxed) { Err(RebuildError::Cancelled) } else { Ok(()) }
    }

    /// Compares what can be compared, at the position where the old models stand. Old models that cannot be read are no
    /// reason against new ones.
    fn compare(
        &self,
        shadow: &Arc<dyn ReadStore>,
        watch: &mut Stopwatch,
        report: &mut dyn FnMut(&RebuildProgress),
        on_difference: &mut dyn FnMut(RowDifference),
    ) -> Result<(), RebuildError> {
        let current = self.models.current();
        let old = match statuses(current.as_ref()) {
            Ok(old) => old,
            Err(error) => {
                let reason = CompareError::Before(error).to_string();
                let unreadable =
                    |projection| (projection, ComparisonOutcome::NotComparable { reason: reason.clone() });
                watch.progress.compared = self.projections.iter().copied().map(unreadable).collect();
                return Ok(());
            }
        };
        let furthest = old.iter().filter(|it| can_move(it)).map(|it| it.checkpoint.position).max();
        if let Some(furthest) = furthest {
            self.fold_to(shadow, furthest, watch, report)?;
        }
        watch.enter(RebuildPhase::Comparing, report);
        let new = statuses(shadow.as_ref())?;
        for (old, new) in old.iter().zip(&new).filter(|(old, _)| self.projections.contains(&old.projection)) {
            let comparison = match not_comparable(old, new) {
                Some(reason) => ComparisonOutcome::NotComparable { reason },
                None => match compare(&current, shadow, old.projection, on_difference) {
                    Ok(compared) => ComparisonOutcome::Compared(compared),
                    Err(error @ CompareError::Before(_)) => {
                        ComparisonOutcome::NotComparable { reason: error.to_string() }
                    }
                    Err(CompareError::After(error)) => return Err(error.into()),
                },
            };
            self.goes_on()?;
            watch.progress.compared.push((old.projection, comparison));
            watch.enter(RebuildPhase::Comparing, report);
        }
        Ok(())
    }
}

fn not_comparable(
    old: &attempt_ledger_read_store::ProjectionStatus,
    new: &attempt_ledger_read_store::ProjectionStatus,
) -> Option<String> {
    if let Some(failure) = &old.failure {
        return Some(format!("the old model stopped at position {}: {}", failure.position, failure.reason));
    }
    if old.version != new.version {
        return Some(format!("the old model was filled by version {} of the fold", old.version));
    }
    if old.checkpoint.position != new.checkpoint.position {
        let (old, new) = (old.checkpoint.position, new.checkpoint.position);
        return Some(format!("the old model stands at position {old}, the new one at {new}"));
    }
    None
}

/// Measures the way.
struct Stopwatch {
    began: Instant,
    from: u64,
    progress: RebuildProgress,
}

impl Stopwatch {
    fn new(rebuild: &Rebuild<'_>, shadow: &Arc<dyn ReadStore>) -> Result<Self, StoreError> {
        let wanted = &rebuild.projections;
        let all = statuses(shadow.as_ref())?;
        let behind =
            all.iter().filter(|it| wanted.contains(&it.projection)).map(|it| it.checkpoint.position).min();
        let from = behind.unwrap_or_default().0;
        let progress =
            RebuildProgress { position: from, ..RebuildProgress::begun(wanted.clone(), rebuild.log.head()) };
        Ok(Self { began: Instant::now(), from, progress })
    }

    fn reached(&mut self, checkpoint: Checkpoint) {
        let elapsed_ms = millis(self.began);
        let progress = &mut self.progress;
        progress.position = checkpoint.position.0;
        progress.elapsed_ms = elapsed_ms;
        let done = checkpoint.position.0.saturating_sub(self.from);
        progress.records_per_second = done.saturating_mul(1_000) / elapsed_ms.max(1);
        let left = progress.head.saturating_sub(checkpoint.position.0);
        progress.left_ms = left.saturating_mul(elapsed_ms).checked_div(done);
    }

    fn enter(&mut self, phase: RebuildPhase, report: &mut dyn FnMut(&RebuildProgress)) {
        self.progress.phase = phase;
        self.progress.elapsed_ms = millis(self.began);
        self.progress.left_ms = None;
        report(&self.progress);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
