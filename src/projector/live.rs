//! Keeps the current read models up with the log, on a thread of its own, and runs rebuilds beside.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use attempt_ledger_domain::Position;
use tokio::sync::watch;

use super::compare::Difference;
use super::folds::Fold;
use super::forward::{can_move, hindmost, statuses};
use super::pass::{Pass, PassError};
use super::rebuild::{Phase, Progress, Rebuild, RebuildError, Stillness};
use super::takeover::take_over;
use crate::log::EventLog;
use crate::read_store::{Models, Projection, StoreError};

/// The pause after the log or the store failed.
const RETRY_MS: u64 = 1_000;
/// Differences of the last rebuild that are kept in memory.
pub const DIFFERENCES_KEPT_MAX: usize = 10_000;

/// Why a rebuild was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rebuild is running already; hint: wait for its end, or cancel it")]
pub struct Busy;

/// The read models of a running service.
pub struct Projector {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    log: Arc<dyn EventLog>,
    models: Arc<dyn Models>,
    folds: Vec<Arc<dyn Fold>>,
    /// Held while the current store is brought forward; a rebuild holds it while it swaps. The pass inside is made
    /// anew after a swap or a failure.
    turn: Mutex<Option<Pass>>,
    /// Whether this process brings the store forward; otherwise another one does, and this one watches.
    leads: AtomicBool,
    /// The position that every projection that moves has reached.
    reached: watch::Sender<Position>,
    /// The last rebuild's progress.
    rebuild: watch::Sender<Option<Progress>>,
    /// The last rebuild's differences, as far as they are kept.
    differences: Mutex<Vec<Difference>>,
    is_rebuilding: AtomicBool,
    cancelled: AtomicBool,
    stop: watch::Sender<bool>,
}

impl Projector {
    /// Starts bringing the models up to the log's head and keeping them there.
    ///
    /// Models of another log, or of a log that was cut back, are emptied first. Models that another version of a fold
    /// filled are rebuilt beside, while the old rows serve.
    ///
    /// # Errors
    /// [`PassError`] when the store cannot be read or reset.
    pub fn start(
        log: Arc<dyn EventLog>,
        models: Arc<dyn Models>,
        folds: Vec<Arc<dyn Fold>>,
    ) -> Result<Self, PassError> {
        let leads = models.lead()?;
        let outdated = if leads { take_over(log.as_ref(), models.current().as_ref())? } else { Vec::new() };
        let shared = Arc::new(Shared {
            log,
            models,
            folds,
            turn: Mutex::new(None),
            leads: AtomicBool::new(leads),
            reached: watch::Sender::new(Position(0)),
            rebuild: watch::Sender::new(None),
            differences: Mutex::new(Vec::new()),
            is_rebuilding: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            stop: watch::Sender::new(false),
        });
        let projector = Self { shared: shared.clone(), threads: Mutex::new(Vec::new()) };
        projector.spawn("projector", move || shared.follow());
        if !outdated.is_empty() {
            tracing::info!(
                ?outdated,
                "another version of the fold filled these read models: they are rebuilt"
            );
            // Nothing else can be rebuilding yet.
            let _ = projector.rebuild(outdated, true);
        }
        Ok(projector)
    }

    /// The stores.
    #[must_use]
    pub fn models(&self) -> &Arc<dyn Models> {
        &self.shared.models
    }

    /// Waits until every projection that moves contains a position, at most for `patience`; whether it does.
    pub async fn reached(&self, position: Position, patience: Duration) -> bool {
        let mut reached = self.shared.reached.subscribe();
        tokio::time::timeout(patience, reached.wait_for(|at| *at >= position))
            .await
            .is_ok_and(|it| it.is_ok())
    }

    /// The position that every projection that moves contains.
    #[must_use]
    pub fn position(&self) -> Position {
        *self.shared.reached.borrow()
    }

    /// Begins to build projections anew beside the old ones.
    ///
    /// # Errors
    /// [`Busy`] while another rebuild runs.
    pub fn rebuild(&self, projections: Vec<Projection>, swap: bool) -> Result<(), Busy> {
        let shared = self.shared.clone();
        if shared.is_rebuilding.swap(true, Ordering::AcqRel) {
            return Err(Busy);
        }
        shared.cancelled.store(false, Ordering::Relaxed);
        shared.rebuild.send_replace(None);
        self.spawn("rebuild", move || shared.rebuild(projections, swap));
        Ok(())
    }

    /// Asks the running rebuild to stop; the old models serve on.
    pub fn cancel_rebuild(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }

    /// Follows the progress of the last rebuild; `None` before the first report.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Option<Progress>> {
        self.shared.rebuild.subscribe()
    }

    /// What the last rebuild found to differ, at most [`DIFFERENCES_KEPT_MAX`] rows.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        self.shared.differences.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
        match thread {
            Ok(thread) => {
                let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
                threads.retain(|thread| !thread.is_finished());
                threads.push(thread);
            }
            Err(error) => tracing::error!(%error, "no thread for the {name}"),
        }
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.cancel_rebuild();
        self.shared.stop.send_replace(true);
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A panic was logged where it happened.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Follows the log's head until the projector is dropped.
    fn follow(&self) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
            tracing::error!("the projector cannot start: no runtime");
            return;
        };
        let mut head = self.log.subscribe();
        let mut stop = self.stop.subscribe();
        let mut trouble = None;
        while !*stop.borrow() {
            let up_to = *head.borrow_and_update();
            let is_up_to_date = match self.lead_or_watch(up_to) {
                Ok(leads) => {
                    if trouble.take().is_some() {
                        tracing::info!("the read models move again");
                    }
                    leads
                }
                Err(error) => {
                    // The pass may know what the store has lost.
                    *self.turn() = None;
                    let told = trouble.replace(error.to_string());
                    if told != trouble {
                        tracing::error!(%error, "the read models do not move; they are tried again");
                    }
                    false
                }
            };
            runtime.block_on(async {
                tokio::select! {
                    // Whoever fails or watches looks again in a moment, whatever the log does.
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

    /// Brings the models to a position if this process leads; whether it does. Otherwise tells how far the one that
    /// leads has brought them.
    fn lead_or_watch(&self, up_to: Position) -> Result<bool, PassError> {
        let leads = self.models.lead()?;
        if leads != self.leads.load(Ordering::Relaxed) {
            // What the pass knows is of the time when this process led before.
            *self.turn() = None;
            if leads {
                tracing::info!("this process brings the read models forward from now on");
                let outdated = take_over(self.log.as_ref(), self.models.current().as_ref())?;
                if !outdated.is_empty() {
                    tracing::warn!(?outdated, "another version of the fold filled these: rebuild them");
                }
            } else {
                tracing::info!("another process brings the read models forward; this one answers questions");
            }
            self.leads.store(leads, Ordering::Relaxed);
        }
        if leads {
            return self.bring_to(up_to).map(|()| true);
        }
        let standing = statuses(self.models.current().as_ref())?;
        let behind = standing.iter().filter(|status| can_move(status)).map(|it| it.checkpoint.position).min();
        if let Some(behind) = behind {
            self.reached.send_if_modified(|reached| std::mem::replace(reached, behind) != behind);
        }
        Ok(false)
    }

    fn turn(&self) -> MutexGuard<'_, Option<Pass>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
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
                    Some(found) => found,
                    None => return Ok(()),
                },
            };
            let goal = waiting.map_or(up_to, |waiting| waiting.min(up_to));
            pass.run(goal, &mut |_| ControlFlow::Break(()))?;
            let reached = pass.checkpoint().position;
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

    fn rebuild(&self, projections: Vec<Projection>, swap: bool) {
        self.differences.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let rebuild = Rebuild {
            log: self.log.clone(),
            models: self.models.as_ref(),
            folds: &self.folds,
            projections,
            swap,
            cancelled: &self.cancelled,
        };
        let result = loop {
            let result = rebuild.run(
                self,
                &mut |progress| {
                    self.rebuild.send_replace(Some(progress.clone()));
                },
                &mut |difference| {
                    let mut kept = self.differences.lock().unwrap_or_else(PoisonError::into_inner);
                    if kept.len() < DIFFERENCES_KEPT_MAX {
                        kept.push(difference);
                    }
                },
            );
            // A store that is away for a while does not end a rebuild: it goes on where its shadow stands.
            let is_away =
                matches!(result, Err(RebuildError::Pass(PassError::Store(StoreError::Unavailable { .. }))));
            if !is_away || self.cancelled.load(Ordering::Relaxed) {
                break result;
            }
            tracing::warn!("the read store is away; the rebuild goes on when it is back");
            self.differences.lock().unwrap_or_else(PoisonError::into_inner).clear();
            std::thread::sleep(Duration::from_millis(RETRY_MS));
        };
        if let Err(error) = result {
            tracing::warn!(%error, "the rebuild did not end in a swap");
            let phase =
                if matches!(error, RebuildError::Cancelled) { Phase::Cancelled } else { Phase::Failed };
            self.rebuild.send_modify(|progress| {
                if let Some(progress) = progress {
                    progress.phase = phase;
                    progress.reason = Some(error.to_string());
                }
            });
        }
        self.is_rebuilding.store(false, Ordering::Release);
    }
}

impl Stillness for Shared {
    fn while_still(&self, work: &mut dyn FnMut() -> Result<(), RebuildError>) -> Result<(), RebuildError> {
        let mut turn = self.turn();
        let done = work();
        // The pass remembers the old store.
        *turn = None;
        done
    }
}
