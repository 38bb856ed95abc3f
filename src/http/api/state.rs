//! What every route works with.

use std::sync::Arc;

use attempt_ledger_system::task::finished;

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
}

impl Api {
    /// Asks the read models on a thread that may block, beside the tasks that answer deliveries.
    ///
    /// # Errors
    /// The problem that the question's error is answered with.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Questions) -> Result<T, QuestionError> + Send + 'static,
    ) -> Result<T, Problem> {
        let questions = self.questions.clone();
        Ok(finished(tokio::task::spawn_blocking(move || question(&questions)).await)?)
    }
}
