//! Keeps the current read models up with the log, on a thread of its own, and runs rebuilds beside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use attempt_ledger_domain::Position;
use attempt_ledger_system::lock;
use tokio::sync::watch;

use super::compare::RowDifference;
use super::folds::Fold;
use super::following::Follower;
use super::pass::PassError;
use super::rebuild::RebuildProgress;
use super::takeover::take_over;
use attempt_ledger_log::EventLog;
use attempt_ledger_read_store::{Models, Projection, StoreError};

/// Why a rebuild was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RebuildStartError {
    /// One at a time.
    #[error("a rebuild is running already; hint: wait for its end, or cancel it")]
    Running,
    /// Only whoever brings the read models forward can let them stand still for the swap.
    #[error("another process brings these read models forward; hint: ask that one")]
    LedElsewhere,
}

/// The read models of a running service.
pub struct Projector {
    shared: Arc<Follower>,
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
        let begun = match models.lead() {
            Ok(true) => take_over(log.as_ref(), models.current().as_ref()).map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(error.into()),
        };
        let outdated = match begun {
            // Whoever follows the log tries again, and begins then.
            Err(PassError::Ahead { .. } | PassError::Store(StoreError::Unavailable { .. })) => None,
            begun => begun?,
        };
        let shared = Arc::new(Follower {
            log,
            models,
            folds,
            turn: Mutex::new(None),
            leads: AtomicBool::new(outdated.is_some()),
            reached: watch::Sender::new(Position(0)),
            rebuild: watch::Sender::new(None),
            differences: Mutex::new(Vec::new()),
            is_rebuilding: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            stop: watch::Sender::new(false),
            threads: Mutex::new(Vec::new()),
        });
        let following = shared.clone();
        shared.spawn("projector", move || following.follow());
        shared.rebuild_outdated(outdated.unwrap_or_default());
        Ok(Self { shared })
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

    /// Whether this process brings the models forward; otherwise another one does, or will.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.shared.leads.load(Ordering::Relaxed)
    }

    /// The position that every projection that moves contains.
    #[must_use]
    pub fn position(&self) -> Position {
        *self.shared.reached.borrow()
    }

    /// Begins to build projections anew beside the old ones.
    ///
    /// # Errors
    /// [`RebuildStartError`].
    pub fn rebuild(&self, projections: Vec<Projection>, swap: bool) -> Result<(), RebuildStartError> {
        if !self.leads() {
            return Err(RebuildStartError::LedElsewhere);
        }
        self.shared.begin_rebuild(projections, swap)
    }

    /// Asks the running rebuild to stop; the old models serve on.
    pub fn cancel_rebuild(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }

    /// Follows the progress of the last rebuild; `None` before the first report.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Option<RebuildProgress>> {
        self.shared.rebuild.subscribe()
    }

    /// What the last rebuild found to differ, at most [`super::DIFFERENCES_KEPT_MAX`] rows.
    #[must_use]
    pub fn differences(&self) -> Vec<RowDifference> {
        lock::take_over(self.shared.differences.lock()).clone()
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.cancel_rebuild();
        self.shared.stop.send_replace(true);
        let threads = std::mem::take(&mut *lock::take_over(self.shared.threads.lock()));
        for thread in threads {
            // A panic was logged where it happened.
            let _ = thread.join();
        }
    }
}
