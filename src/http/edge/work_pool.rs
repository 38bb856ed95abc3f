//! Threads and turns for one kind of work, apart from the threads that answer hooks.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_system::cancellation::{CancellationToken, scope};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The right to one thread of a pool, until the work on it has really ended.
pub struct Turn(
    #[expect(dead_code, reason = "the permit goes back when it is dropped")] OwnedSemaphorePermit,
);

/// A pool of threads, each with one piece of work at a time.
///
/// Work may block its thread: it stands in nobody's way but that of the pool's other callers.
#[derive(Clone, Debug)]
pub struct WorkPool {
    runtime: Handle,
    turns: Arc<Semaphore>,
}

impl WorkPool {
    /// A pool of at most `turns_max` threads of a runtime.
    pub fn new(runtime: Handle, turns_max: usize) -> Self {
        Self { runtime, turns: Arc::new(Semaphore::new(turns_max.min(Semaphore::MAX_PERMITS))) }
    }

    /// The runtime whose threads do the work.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Waits for a turn, however long that takes.
    pub async fn turn(&self) -> Turn {
        Turn(Arc::clone(&self.turns).acquire_owned().await.expect("the turns are never closed"))
    }

    /// A turn, if there is one in time.
    pub async fn turn_within(&self, patience: Duration) -> Option<Turn> {
        timeout(patience, self.turn()).await.ok()
    }

    /// Does the work on a thread of its own, and gives the turn back with the answer, which is `None` when
    /// the token was cancelled before the end.
    ///
    /// Work that waits ends at once when it is cancelled; work that computes ends where it looks at
    /// [`is_cancelled`](attempt_ledger_system::cancellation::is_cancelled). The turn lasts until then,
    /// whether somebody waits or not: work that was given up still takes its thread.
    pub fn run<W>(
        &self,
        turn: Turn,
        token: CancellationToken,
        work: W,
    ) -> JoinHandle<(Option<W::Output>, Turn)>
    where
        W: Future + Send + 'static,
        W::Output: Send + 'static,
    {
        let runtime = self.runtime.clone();
        self.runtime.spawn_blocking(move || {
            let output = scope(&token, || runtime.block_on(token.run_until_cancelled(work)));
            (output, turn)
        })
    }
}
