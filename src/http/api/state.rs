//! What every route works with.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tokio_util::task::TaskTracker;

use super::answer::EventFeed;
use crate::http::edge::WorkPool;
use crate::http::metrics::Metrics;
use crate::http::problem::Problem;
use crate::ledger::Ledger;
use crate::limits::Limits;
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
        Self { ledger, questions, metrics, limits, feed, batches, recordings: TaskTracker::new() }
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
