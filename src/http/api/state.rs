//! What every route works with.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::block_in_place;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::answer::EventFeed;
use crate::http::edge::WorkPool;
use crate::http::metrics::Metrics;
use crate::http::problem::Problem;
use crate::ledger::Ledger;
use crate::limits::{LARGE_QUESTION_WAIT_MS, LARGE_QUESTIONS_MAX, Limits};
use crate::queries::{QuestionError, Questions};

/// What every handler works with.
#[derive(Clone)]
pub struct Api {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// The read models.
    pub questions: Questions,
    /// The service's figures.
    pub metrics: Arc<Metrics>,
    /// The limits in force.
    pub limits: Limits,
    /// What event streams share.
    pub(crate) feed: Arc<EventFeed>,
    /// One permit for each question that may take much memory while it is answered.
    large_questions: Arc<Semaphore>,
    /// The threads that record batches.
    pub batches: WorkPool,
    /// Recordings under way: they go on when their connection ends, and a stop waits for them.
    pub recordings: TaskTracker,
}

impl Api {
    /// Everything that handlers need, with threads of `batch_runtime` for batches.
    #[must_use]
    pub fn new(questions: Questions, metrics: Arc<Metrics>, limits: Limits, batch_runtime: Handle) -> Self {
        let (ledger, batches) = (questions.ledger.clone(), WorkPool::new(batch_runtime, limits.batches_max));
        let feed = EventFeed::new(ledger.clone(), limits.streams_max);
        let large_questions = Arc::new(Semaphore::new(LARGE_QUESTIONS_MAX));
        let recordings = TaskTracker::new();
        Self { ledger, questions, metrics, limits, feed, large_questions, batches, recordings }
    }

    /// Waits for the turn of a question that may take much memory while it is answered. It lasts until this
    /// is dropped.
    ///
    /// # Errors
    /// 503 when there is none in time.
    pub(crate) async fn large_turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let turn = Arc::clone(&self.large_questions).acquire_owned();
        match timeout(Duration::from_millis(LARGE_QUESTION_WAIT_MS), turn).await {
            Ok(turn) => Ok(turn.expect("the turns are never closed")),
            Err(_) => {
                self.metrics.requests_turned_away.inc();
                Err(Problem::too_many_questions())
            }
        }
    }

    /// Asks the read models. Every question is answered on a thread of its own, so it may block.
    ///
    /// # Errors
    /// The problem that the question's error is answered with.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Questions) -> Result<T, QuestionError>,
    ) -> Result<T, Problem> {
        // A store may wait on a runtime of its own, which it could not do amidst this one's tasks.
        Ok(block_in_place(|| question(&self.questions))?)
    }
}
