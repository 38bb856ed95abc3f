//! Rebuilds read models in a shadow while the old ones serve, compares both, and swaps.

use std::ops::ControlFlow;
use std::sync::Arc;

use attempt_ledger_domain::Position;
use attempt_ledger_system::cancellation::{self, CancellationToken, scope};

use crate::advance::bring_forward;
use crate::comparison::{CompareError, RowDifference, compare};
use crate::folds::Fold;
use crate::rebuild_error::RebuildError;
use crate::rebuild_progress::{ComparisonOutcome, RebuildPhase, RebuildProgress, Stopwatch};
use crate::runaways::fold_all;
use crate::statuses::{can_move, statuses};
use crate::store_pause::StorePause;
use attempt_ledger_log::EventLog;
use attempt_ledger_read_store::{Models, Projection, ProjectionStatus, ReadStore};

/// One rebuild.
pub struct Rebuild<'a> {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The stores.
    pub models: &'a dyn Models,
    /// The folds of every projection.
    pub folds: &'a [Arc<dyn Fold>],
    /// What is rebuilt.
    pub projections: Vec<Projection>,
    /// Whether the shadow takes the place of the old models; otherwise it is thrown away after the
    /// comparison.
    pub swap: bool,
    /// Cancelled from outside to stop.
    pub cancelled: &'a CancellationToken,
}

impl Rebuild<'_> {
    /// Runs it to its end. `report` gets every step, `on_difference` every row that is not the same.
    ///
    /// # Errors
    /// [`RebuildError`]; then the old models serve on, and a later rebuild of the same projections resumes.
    pub fn run(
        &self,
        pause: &dyn StorePause,
        report: &mut dyn FnMut(&RebuildProgress),
        on_difference: &mut dyn FnMut(RowDifference),
    ) -> Result<RebuildProgress, RebuildError> {
        let done = scope(self.cancelled, || self.run_to_end(pause, report, on_difference));
        // What was cancelled fails wherever it looked at the token.
        done.map_err(|error| if self.cancelled.is_cancelled() { RebuildError::Cancelled } else { error })
    }

    fn run_to_end(
        &self,
        pause: &dyn StorePause,
        report: &mut dyn FnMut(&RebuildProgress),
        on_difference: &mut dyn FnMut(RowDifference),
    ) -> Result<RebuildProgress, RebuildError> {
        let shadow = self.models.shadow(&self.projections)?;
        let mut watch =
            Stopwatch::start(self.projections.clone(), self.resume_position(&shadow)?, self.log.head());
        report(&watch.progress);
        // Most of the way while the old models move on, the rest while they are paused.
        self.fold_to(&shadow, self.log.head(), &mut watch, report)?;
        pause.while_paused(&mut || {
            self.compare(&shadow, &mut watch, report, on_difference)?;
            self.goes_on()?;
            if self.swap {
                self.fold_to(&shadow, self.log.head(), &mut watch, report)?;
                watch.enter(RebuildPhase::Swapping, report);
                // Half a swap would be worse than a late end.
                scope(&CancellationToken::new(), || self.models.swap())?;
            }
            Ok(())
        })?;
        if !self.swap {
            self.models.discard_shadow()?;
        }
        watch.enter(RebuildPhase::Done, report);
        Ok(watch.progress)
    }

    /// Where the projections that stand furthest behind in the shadow stand: an interrupted rebuild resumes
    /// there.
    fn resume_position(&self, shadow: &Arc<dyn ReadStore>) -> Result<Position, RebuildError> {
        let mut from = statuses(shadow.as_ref())?;
        from.retain(|status| self.projections.contains(&status.projection));
        Ok(from.iter().map(|status| status.checkpoint.position).min().unwrap_or_default())
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
            cancellation::flow(self.cancelled)
        })?;
        if flow.is_break() {
            return Err(RebuildError::Cancelled);
        }
        for status in statuses(shadow.as_ref())? {
            if let Some(failure) = status.failure.filter(|_| self.projections.contains(&status.projection)) {
                let (projection, position) = (status.projection, failure.position);
                // The next try begins at the beginning: a shadow with a stopped projection is of no use.
                self.models.discard_shadow()?;
                return Err(RebuildError::Stopped { projection, position, reason: failure.reason });
            }
        }
        Ok(())
    }

    /// Folds what the models in use have left behind, so that they can be compared.
    fn fold_runaways(&self, current: &Arc<dyn ReadStore>) -> Result<(), RebuildError> {
        let goes_on = &mut || cancellation::flow(self.cancelled);
        match fold_all(self.log.as_ref(), current.as_ref(), self.folds, goes_on)? {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(RebuildError::Cancelled),
        }
    }

    /// The shadow stands where the models in use stand before they are compared, unless it was further
    /// already.
    fn assert_shadow_is_there(&self, shadow: &[ProjectionStatus], models: Option<Position>) {
        let mut rebuilt = shadow.iter().filter(|status| self.projections.contains(&status.projection));
        let models = models.unwrap_or_default();
        assert!(
            rebuilt.all(|status| status.checkpoint.position >= models),
            "the shadow was brought to position {models}, where the models in use stand"
        );
    }

    /// Whether nobody has cancelled it.
    fn goes_on(&self) -> Result<(), RebuildError> {
        if self.cancelled.is_cancelled() { Err(RebuildError::Cancelled) } else { Ok(()) }
    }

    /// Compares what can be compared, at the position where the old models stand. Old models that cannot be
    /// read are no reason against new ones.
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
        // A damaged file is no reason against a new one.
        let token = self.cancelled.clone();
        let goes_on = move || cancellation::flow(&token);
        watch.progress.damage = current.find_damage(Box::new(goes_on)).ok().flatten();
        self.goes_on()?;
        if watch.progress.damage.is_none() {
            self.fold_runaways(&current)?;
        }
        watch.enter(RebuildPhase::Comparing, report);
        let new = statuses(shadow.as_ref())?;
        self.assert_shadow_is_there(&new, furthest);
        for (old, new) in old.iter().zip(&new).filter(|(old, _)| self.projections.contains(&old.projection)) {
            assert_eq!(old.projection, new.projection, "every store lists its projections in one order");
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

fn not_comparable(old: &ProjectionStatus, new: &ProjectionStatus) -> Option<String> {
    if let Some(failure) = &old.failure {
        return Some(format!("the old model stopped at position {}: {}", failure.position, failure.reason));
    }
    if old.version != new.version {
        return Some(format!("the old model was filled by version {} of the fold", old.version));
    }
    if old.checkpoint.position == Position(0) && new.checkpoint.position != Position(0) {
        return Some("it is built for the first time".to_owned());
    }
    if old.checkpoint.position != new.checkpoint.position {
        let (old, new) = (old.checkpoint.position, new.checkpoint.position);
        return Some(format!("the old model stands at position {old}, the new one at {new}"));
    }
    None
}
