//! Keeps the current read models up with the log, on a thread of its own, and runs rebuilds beside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use attempt_ledger_domain::Position;
use tokio::sync::watch;

use super::compare::Difference;
use super::folds::Fold;
use super::following::Shared;
use super::pass::PassError;
use super::rebuild::Progress;
use super::takeover::take_over;
use crate::log::EventLog;
use crate::read_store::{Models, Projection};

/// Why a rebuild was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rebuild is running already; hint: wait for its end, or cancel it")]
pub struct Busy;

/// The read models of a running service.
pub struct Projector {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
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
