//! The projector of a running service: keeps the current read models up with the log and runs rebuilds
//! beside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use attempt_ledger_domain::Position;
use attempt_ledger_system::cancellation::CancellationToken;
use attempt_ledger_system::lock;
use tokio::sync::watch;

use crate::attempt_cache::KEPT_DELIVERIES_MAX;
use crate::comparison::RowDifference;
use crate::file_checker;
use crate::folds::Fold;
use crate::follower::Follower;
use crate::pass::PassError;
use crate::rebuild_error::RebuildStartError;
use crate::rebuild_progress::RebuildProgress;
use crate::runaway_folder;
use crate::takeover::take_over_store;
use attempt_ledger_log::EventLog;
use attempt_ledger_read_store::{Models, Projection, StoreError};

/// The read models of a running service.
pub struct Projector {
    follower: Arc<Follower>,
}

impl Projector {
    /// Starts bringing the models up to the log's head and keeping them there.
    ///
    /// Models of another log, or that contain more than the log, wait for the log that they belong to. Models
    /// that another version of a fold filled are rebuilt beside, while the old rows serve.
    ///
    /// # Errors
    /// [`PassError`] when the store cannot be read or reset.
    pub fn start(
        log: Arc<dyn EventLog>,
        models: Arc<dyn Models>,
        folds: Vec<Arc<dyn Fold>>,
    ) -> Result<Self, PassError> {
        Self::start_keeping(log, models, folds, KEPT_DELIVERIES_MAX)
    }

    /// The same with attempts of so many deliveries together in memory.
    ///
    /// # Errors
    /// As [`Projector::start`].
    pub fn start_keeping(
        log: Arc<dyn EventLog>,
        models: Arc<dyn Models>,
        folds: Vec<Arc<dyn Fold>>,
        kept_deliveries_max: usize,
    ) -> Result<Self, PassError> {
        let begun = match models.lead() {
            Ok(true) => take_over_store(log.as_ref(), models.current().as_ref()).map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(error.into()),
        };
        let outdated = match begun {
            // The thread that follows the log tries again, and takes over then.
            Err(
                PassError::Ahead { .. }
                | PassError::Foreign { .. }
                | PassError::Store(StoreError::Unavailable { .. }),
            ) => None,
            begun => begun?,
        };
        let follower = Arc::new(Follower {
            log,
            models,
            folds,
            kept_deliveries_max,
            turn: Mutex::new(None),
            leads: AtomicBool::new(outdated.is_some()),
            reached: watch::Sender::new(Position(0)),
            passed_runaways: watch::Sender::new(0),
            suspicion: watch::Sender::new(0),
            damage: watch::Sender::new(None),
            rebuild: watch::Sender::new(None),
            differences: Mutex::new(Vec::new()),
            is_rebuilding: AtomicBool::new(false),
            rebuild_token: Mutex::default(),
            end: CancellationToken::new(),
            stop: watch::Sender::new(false),
            threads: Mutex::new(Vec::new()),
        });
        let thread = follower.clone();
        follower.spawn("projector", move || thread.follow());
        let thread = follower.clone();
        follower.spawn("runaway-folder", move || runaway_folder::run(&thread));
        follower.rebuild_outdated(outdated.unwrap_or_default());
        let thread = follower.clone();
        follower.spawn("file-checker", move || file_checker::run(&thread));
        Ok(Self { follower })
    }

    /// The stores.
    #[must_use]
    pub fn models(&self) -> &Arc<dyn Models> {
        &self.follower.models
    }

    /// Waits until every projection that moves contains a position, at most for `patience`; whether it does.
    pub async fn reached(&self, position: Position, patience: Duration) -> bool {
        let mut reached = self.follower.reached.subscribe();
        tokio::time::timeout(patience, reached.wait_for(|at| *at >= position))
            .await
            .is_ok_and(|it| it.is_ok())
    }

    /// Whether this process brings the models forward; otherwise another one does, or will.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.follower.leads.load(Ordering::Relaxed)
    }

    /// The position that every projection that moves contains.
    #[must_use]
    pub fn position(&self) -> Position {
        *self.follower.reached.borrow()
    }

    /// What is wrong with the file of the models in use, as far as the last check of it found; such a file is
    /// rebuilt beside.
    #[must_use]
    pub fn damage(&self) -> Option<String> {
        self.follower.damage.borrow().clone()
    }

    /// Begins to rebuild projections beside the old ones.
    ///
    /// # Errors
    /// [`RebuildStartError`].
    pub fn rebuild(&self, projections: Vec<Projection>, swap: bool) -> Result<(), RebuildStartError> {
        if !self.leads() {
            return Err(RebuildStartError::LedElsewhere);
        }
        self.follower.begin_rebuild(projections, swap)
    }

    /// Asks the running rebuild to stop; the old models serve on.
    pub fn cancel_rebuild(&self) {
        lock::take_over(self.follower.rebuild_token.lock()).cancel();
    }

    /// Follows the progress of the last rebuild; `None` before the first report.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Option<RebuildProgress>> {
        self.follower.rebuild.subscribe()
    }

    /// What the last rebuild found to differ, at most [`crate::follower::DIFFERENCES_KEPT_MAX`] rows.
    #[must_use]
    pub fn differences(&self) -> Vec<RowDifference> {
        lock::take_over(self.follower.differences.lock()).clone()
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.follower.stop.send_replace(true);
        self.follower.end.cancel();
        let threads = std::mem::take(&mut *lock::take_over(self.follower.threads.lock()));
        for thread in threads {
            // A panic was logged where it happened.
            let _ = thread.join();
        }
    }
}
