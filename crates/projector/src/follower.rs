//! The threads of a projector: one follows the log, one rebuilds beside it.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use attempt_ledger_domain::Position;
use attempt_ledger_system::cancellation::{CancellationToken, scope};
use attempt_ledger_system::lock;
use tokio::sync::watch;

use crate::advance::hindmost;
use crate::comparison::RowDifference;
use crate::folds::Fold;
use crate::pass::{Pass, PassError};
use crate::rebuild::Rebuild;
use crate::rebuild_error::{RebuildError, RebuildStartError};
use crate::rebuild_progress::{RebuildPhase, RebuildProgress};
use crate::statuses::{can_move, statuses};
use crate::store_pause::StorePause;
use crate::takeover::take_over_store;
use attempt_ledger_log::EventLog;
use attempt_ledger_read_store::{Models, Projection, StoreError};

/// The pause after the log or the store failed.
pub(crate) const RETRY_MS: u64 = 1_000;
/// Differences of the last rebuild that are kept in memory.
pub const DIFFERENCES_KEPT_MAX: usize = 10_000;

/// What the threads of a projector share.
pub(crate) struct Follower {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) models: Arc<dyn Models>,
    pub(crate) folds: Vec<Arc<dyn Fold>>,
    /// See [`KEPT_DELIVERIES_MAX`](crate::KEPT_DELIVERIES_MAX).
    pub(crate) kept_deliveries_max: usize,
    /// Held while the current store is brought forward; a rebuild holds it while it swaps. The pass inside is
    /// replaced after a swap or a failure.
    pub(crate) turn: Mutex<Option<Pass>>,
    /// Whether this process brings the store forward; otherwise another one does, and this one watches.
    pub(crate) leads: AtomicBool,
    /// The position that every projection that moves has reached.
    pub(crate) reached: watch::Sender<Position>,
    /// Changes whenever runaway attempts may be behind.
    pub(crate) passed_runaways: watch::Sender<u64>,
    /// Changes whenever the models do not move, so that their files are checked.
    pub(crate) suspicion: watch::Sender<u64>,
    /// What is wrong with the file of the current models, as far as the last check found.
    pub(crate) damage: watch::Sender<Option<String>>,
    /// The last rebuild's progress.
    pub(crate) rebuild: watch::Sender<Option<RebuildProgress>>,
    /// The last rebuild's differences, as far as they are kept.
    pub(crate) differences: Mutex<Vec<RowDifference>>,
    pub(crate) is_rebuilding: AtomicBool,
    /// Ends the rebuild under way; there is a new one for each.
    pub(crate) rebuild_token: Mutex<CancellationToken>,
    /// Ends the work of all threads.
    pub(crate) end: CancellationToken,
    pub(crate) stop: watch::Sender<bool>,
    /// The threads that the projector's drop joins.
    pub(crate) threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Follower {
    /// Follows the log's head until the projector is dropped.
    pub(crate) fn follow(self: &Arc<Self>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
            tracing::error!("the projector cannot start: no runtime");
            return;
        };
        let mut head = self.log.subscribe();
        let mut stop = self.stop.subscribe();
        let mut trouble = None;
        while !*stop.borrow() {
            let up_to = *head.borrow_and_update();
            let is_up_to_date = match scope(&self.end, || self.lead_or_watch(up_to)) {
                // What ended in the middle is done again from the log.
                _ if *stop.borrow() => return,
                Ok(leads) => {
                    if trouble.take().is_some() {
                        tracing::info!("the read models move again");
                    }
                    leads
                }
                Err(error) => {
                    // The pass may contain what the store has lost.
                    *self.turn() = None;
                    let reported = trouble.replace(error.to_string());
                    if reported != trouble {
                        tracing::error!(%error, "the read models do not move; they are tried again");
                        self.suspicion.send_modify(|times| *times += 1);
                    }
                    false
                }
            };
            runtime.block_on(async {
                tokio::select! {
                    // A follower that fails or only watches looks again in a moment, whatever the log does.
                    () = tokio::time::sleep(Duration::from_millis(RETRY_MS)), if !is_up_to_date => {}
                    changed = head.changed(), if is_up_to_date => if changed.is_err() {
                        // The log is gone, and with it whatever there was to follow.
                        let _ = stop.changed().await;
                    },
                    _ = stop.changed() => {}
                }
            });
        }
    }

    /// Brings the models to a position if this process leads, and returns whether it does. Otherwise
    /// publishes how far the one that leads has brought them.
    fn lead_or_watch(self: &Arc<Self>, up_to: Position) -> Result<bool, PassError> {
        let leads = self.models.lead()?;
        if leads != self.leads.load(Ordering::Relaxed) {
            // The pass is of the time when this process led before.
            *self.turn() = None;
            if leads {
                let outdated = take_over_store(self.log.as_ref(), self.models.current().as_ref())?;
                tracing::info!("this process brings the read models forward from now on");
                self.rebuild_outdated(outdated);
            } else {
                tracing::info!("another process brings the read models forward; this one answers questions");
            }
            self.leads.store(leads, Ordering::Relaxed);
            self.note_passed_runaways();
        }
        if leads {
            return self.bring_to(up_to).map(|()| true);
        }
        let all = statuses(self.models.current().as_ref())?;
        let behind = all.iter().filter(|status| can_move(status)).map(|it| it.checkpoint.position).min();
        if let Some(behind) = behind {
            self.reached.send_if_modified(|reached| std::mem::replace(reached, behind) != behind);
        }
        Ok(false)
    }

    pub(crate) fn note_passed_runaways(&self) {
        self.passed_runaways.send_modify(|times| *times += 1);
    }

    pub(crate) fn turn(&self) -> MutexGuard<'_, Option<Pass>> {
        lock::take_over(self.turn.lock())
    }

    /// Brings what can move to a position, a batch at a time, so that a swap can come between.
    fn bring_to(&self, up_to: Position) -> Result<(), PassError> {
        loop {
            let mut turn = self.turn();
            if *self.stop.borrow() {
                return Ok(());
            }
            let (mut pass, waiting) = match turn.take() {
                Some(pass) => (pass, None),
                None => match hindmost(&self.log, &self.models.current(), &self.folds)? {
                    Some((pass, waiting)) => (pass.keeping(self.kept_deliveries_max), waiting),
                    None => return Ok(()),
                },
            };
            let goal = waiting.map_or(up_to, |waiting| waiting.min(up_to));
            pass.run(goal, &mut |_| ControlFlow::Break(()))?;
            let reached = pass.checkpoint().position;
            if pass.take_passed_runaways() {
                self.note_passed_runaways();
            }
            let has_stopped = pass.moving().next().is_none();
            // Where others wait, the next turn begins with all of them.
            if waiting.is_none() && !has_stopped {
                self.reached.send_replace(reached);
                *turn = Some(pass);
            }
            if (waiting.is_none() && reached >= up_to) || has_stopped {
                return Ok(());
            }
        }
    }

    /// Begins to rebuild what another version of a fold filled.
    pub(crate) fn rebuild_outdated(self: &Arc<Self>, outdated: Vec<Projection>) {
        if outdated.is_empty() {
            return;
        }
        tracing::info!(?outdated, "another version of the fold filled these read models: they are rebuilt");
        if self.begin_rebuild(outdated, true).is_err() {
            tracing::warn!("a rebuild is running already; rebuild these when it has ended");
        }
    }

    pub(crate) fn begin_rebuild(
        self: &Arc<Self>,
        projections: Vec<Projection>,
        swap: bool,
    ) -> Result<(), RebuildStartError> {
        if self.is_rebuilding.swap(true, Ordering::AcqRel) {
            return Err(RebuildStartError::Running);
        }
        let token = self.end.child_token();
        *lock::take_over(self.rebuild_token.lock()) = token.clone();
        self.rebuild.send_replace(None);
        let shared = self.clone();
        self.spawn("rebuild", move || shared.rebuild(projections, swap, &token));
        Ok(())
    }

    pub(crate) fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
        match thread {
            Ok(thread) => {
                let mut threads = lock::take_over(self.threads.lock());
                threads.retain(|thread| !thread.is_finished());
                threads.push(thread);
            }
            Err(error) => tracing::error!(%error, "no thread for the {name}"),
        }
    }

    fn rebuild(&self, projections: Vec<Projection>, swap: bool, token: &CancellationToken) {
        lock::take_over(self.differences.lock()).clear();
        let rebuild = Rebuild {
            log: self.log.clone(),
            models: self.models.as_ref(),
            folds: &self.folds,
            projections,
            swap,
            cancelled: token,
        };
        let result = loop {
            let result = rebuild.run(
                self,
                &mut |progress| {
                    self.rebuild.send_replace(Some(progress.clone()));
                },
                &mut |difference| {
                    let mut kept = lock::take_over(self.differences.lock());
                    if kept.len() < DIFFERENCES_KEPT_MAX {
                        kept.push(difference);
                    }
                },
            );
            // A store that is away for a while does not end a rebuild: it goes on where its shadow stands.
            let is_away =
                matches!(result, Err(RebuildError::Pass(PassError::Store(StoreError::Unavailable { .. }))));
            if !is_away || token.is_cancelled() {
                break result;
            }
            tracing::warn!("the read store is away; the rebuild goes on when it is back");
            lock::take_over(self.differences.lock()).clear();
            std::thread::sleep(Duration::from_millis(RETRY_MS));
        };
        if let Err(error) = result {
            tracing::warn!(%error, "the rebuild did not end in a swap");
            let phase = if matches!(error, RebuildError::Cancelled) {
                RebuildPhase::Cancelled
            } else {
                RebuildPhase::Failed
            };
            self.rebuild.send_modify(|progress| {
                let progress = progress
                    .get_or_insert_with(|| RebuildProgress::begun(rebuild.projections, self.log.head()));
                progress.phase = phase;
                progress.reason = Some(error.to_string());
            });
        }
        self.is_rebuilding.store(false, Ordering::Release);
    }
}

impl StorePause for Follower {
    fn while_paused(&self, work: &mut dyn FnMut() -> Result<(), RebuildError>) -> Result<(), RebuildError> {
        let mut turn = self.turn();
        let done = work();
        // The pass remembers the old store.
        *turn = None;
        self.note_passed_runaways();
        done
    }
}
