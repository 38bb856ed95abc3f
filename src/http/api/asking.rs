//! Puts questions to the read models, beside the tasks that answer deliveries.

use axum::http::StatusCode;

use super::Api;
use crate::http::problem::Problem;
use crate::queries::{QuestionError, Questions};
use crate::read_store::StoreError;
use attempt_ledger_system::task::finished;

/// Asks on a thread that may block.
///
/// # Errors
/// The problem that the question's error is told as.
pub async fn ask<T: Send + 'static>(
    api: &Api,
    question: impl FnOnce(&Questions) -> Result<T, QuestionError> + Send + 'static,
) -> Result<T, Problem> {
    let questions = api.questions.clone();
    Ok(finished(tokio::task::spawn_blocking(move || question(&questions)).await)?)
}

impl From<QuestionError> for Problem {
    fn from(error: QuestionError) -> Self {
        match error {
            QuestionError::NotYet { wanted, position } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_yet", "The read models are not there yet")
                    .with_detail(format!("They contain position {position}, not {wanted} yet."))
                    .with_hint("Ask again after `Retry-After`; GET /v1/projections tells how far they are.")
                    .with_retry_after_s(1)
            }
            QuestionError::TooFarBack { wanted } => {
                let reason = format!("too much has changed since position {wanted} to be told anew");
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "as_of_too_far_back", "Too far back")
                    .with_detail(format!("`as_of`: {reason}."))
                    .with_error("as_of", reason)
                    .with_hint("Rebuild read models from a copy of the log that ends there.")
            }
            QuestionError::Store(StoreError::Unavailable { reason }) => {
                tracing::warn!(reason, "the read store cannot be reached");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "read_store_away",
                    "The read models cannot be reached",
                )
                .with_detail("Their server does not answer. Deliveries are recorded all the same.")
                .with_hint("Ask again after `Retry-After`; nothing is lost.")
                .with_retry_after_s(1)
            }
            QuestionError::Store(error) => {
                tracing::error!(%error, "a read model cannot be read");
                Self::internal()
            }
            QuestionError::Ledger(error) => error.into(),
        }
    }
}
