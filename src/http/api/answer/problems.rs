//! Errors of the ledger and of the read models, as problem documents.

use attempt_ledger_domain::Rule;
use axum::http::StatusCode;

use crate::http::problem::Problem;
use crate::ledger::{DefineError, LedgerError, RefusalReceipt, SettleError};
use crate::log::{AppendError, ReadError};
use crate::queries::{HISTORY_QUEUES_MAX, QuestionError};
use crate::read_store::StoreError;

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Append(error) => error.into(),
            LedgerError::Read(ReadError::Damaged { .. }) | LedgerError::Record { .. } => {
                tracing::error!(%error, "a stored record cannot be served");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "log_damaged", "A stored record is damaged")
                    .with_detail("What is stored is not what was written, so it is not served.")
                    .with_hint(
                        "The service's log names the file and the offset; run `attempt-ledger verify`.",
                    )
            }
            LedgerError::Read(ReadError::Cancelled) => Self::given_up(),
            LedgerError::Read(error) => {
                tracing::error!(%error, "the log cannot be read");
                Self::internal()
            }
        }
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "log_busy", "The log's queue is full")
                    .with_detail("Nothing was recorded.")
                    .with_hint("Send it again after `Retry-After`.")
                    .with_retry_after_s(1)
            }
            AppendError::Full => {
                tracing::error!("the log's disk is full");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", "No space is left for the log")
                    .with_detail("Nothing was recorded. Reading goes on.")
                    .with_hint("Free disk space: recording resumes by itself.")
                    .with_retry_after_s(10)
            }
            AppendError::Poisoned { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "log_poisoned",
                "The log refuses writes until it is opened again",
            )
            .with_detail("What the disk holds is not known, so nothing more is acknowledged.")
            .with_hint("The service's log says why. Mend that and restart the service; then send it again.")
            .with_retry_after_s(30),
            AppendError::TooLarge { .. } => {
                tracing::error!(%error, "an append failed");
                let title = "The log does not take so much at once";
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large_for_log", title)
                    .with_detail("Nothing was recorded.")
                    .with_hint(
                        "Send fewer deliveries of one attempt at once, or have the cluster's MaxAppendSize \
                         raised.",
                    )
            }
            AppendError::Conflict { .. } | AppendError::Failed { .. } => {
                tracing::error!(%error, "an append failed");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "append_failed", "The log could not be written")
                    .with_detail("Nothing was acknowledged.")
                    .with_hint(
                        "Send it again: what has a timestamp or an id is never recorded twice, other \
                         deliveries not within ten seconds.",
                    )
                    .with_retry_after_s(1)
            }
        }
    }
}

impl Problem {
    /// A delivery that a rule refused. It is kept.
    pub fn refused(refused: &RefusalReceipt) -> Self {
        let rule = refused.refusal.rule;
        let status = match rule {
            Rule::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, rule.code(), format!("Refused and kept: {}", rule.sentence()))
            .with_detail(refused.refusal.detail.clone())
            .with_hint(rule.hint())
            .with_refusal_id(refused.refusal_id.to_string())
    }
}

impl From<SettleError> for Problem {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Unknown(_) => unknown("refusal", "GET /v1/refusals lists them."),
            SettleError::Settled(refusal_id, status) => {
                Self::new(StatusCode::CONFLICT, "refusal_settled", "The refusal is settled already")
                    .with_detail(format!("It is {}. The correction was not recorded.", status.name()))
                    .with_hint("Send what is missing as a delivery: POST /v1/events.")
                    .with_refusal_id(refusal_id.to_string())
            }
            SettleError::StillRefused(refused) => Self::refused(&refused),
            SettleError::Ledger(error) => error.into(),
        }
    }
}

impl From<DefineError> for Problem {
    fn from(error: DefineError) -> Self {
        match error {
            DefineError::Invalid(invalid) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "queue_definition_invalid",
                "The definition contradicts itself",
            )
            .with_detail(invalid.to_string()),
            DefineError::Ledger(error) => error.into(),
        }
    }
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
            QuestionError::TooManyQueues => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_queues", "Too many queues")
                    .with_detail(format!("One answer adds up {HISTORY_QUEUES_MAX} queues at most."))
                    .with_hint(
                        "Ask for one queue, or for all of them page by page with group_by=queue and limit.",
                    )
            }
            QuestionError::Store(StoreError::Unavailable { reason }) => {
                tracing::warn!(reason, "the read store cannot be reached");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "read_store_away",
                    "The read models cannot be reached",
                )
                .with_detail(
                    "What keeps them does not answer, or is full. Deliveries are recorded all the same.",
                )
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

/// 404: the read models are no file.
pub fn no_snapshot() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_snapshot", "The read models are no file")
        .with_detail("They lie in a database of their own.")
        .with_hint("Connect to that database: docs/read-models.md tells its tables.")
}

/// 404: nothing has this id.
pub fn unknown(what: &str, hint: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("{what}_unknown"), format!("There is no such {what}"))
        .with_hint(hint)
}
