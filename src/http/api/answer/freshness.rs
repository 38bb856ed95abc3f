//! How fresh an answer is.

use attempt_ledger_domain::{AttemptId, Position, UnixMillis};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::object_schema::{member, object_schema, uuid_member};
use crate::queries::Freshness;
use crate::read_store::Failure;

/// How fresh an answer is.
#[derive(Clone, Serialize, ToSchema)]
pub struct FreshnessAnswer {
    /// The log position that the answer contains; with `as_of`, the one that was asked for.
    pub position: u64,
    /// When the ledger took the record there, in milliseconds since 1970; 0 before the first one.
    pub recorded_at: i64,
    /// The end of the log when the question was asked.
    pub head: u64,
    /// Records of the log that the answer does not contain.
    pub lag_records: u64,
    /// The event at which a read model behind the answer stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<FailureAnswer>,
    /// `runaway` attempts that the answer contains only up to an earlier position; they count in full once
    /// they are folded. At most 100 are named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unfolded: Vec<UnfoldedAnswer>,
}

/// A `runaway` attempt that is behind.
#[derive(Clone, Serialize, ToSchema)]
pub struct UnfoldedAnswer {
    pub attempt_id: i64,
    /// The log position up to which the answer contains it.
    pub position: u64,
}

/// The event that stopped a projection, as the read store serializes it.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct FailureAnswer(pub Failure);

impl PartialSchema for FailureAnswer {
    fn schema() -> RefOr<Schema> {
        let members = vec![
            member::<u64>("position", "The record's place in the log."),
            uuid_member("record_id", "The record's id."),
            member::<String>("reason", "What went wrong."),
        ];
        object_schema("The event that stopped a projection.", members)
    }
}

impl ToSchema for FailureAnswer {}

impl FreshnessAnswer {
    pub fn of(freshness: Freshness) -> Self {
        let Freshness { position, recorded_at: UnixMillis(recorded_at), head, stopped, unfolded } = freshness;
        Self {
            position: position.0,
            recorded_at,
            head: head.0,
            lag_records: head.0.saturating_sub(position.0),
            stopped: stopped.map(FailureAnswer),
            unfolded: unfolded.into_iter().map(UnfoldedAnswer::of).collect(),
        }
    }
}

impl UnfoldedAnswer {
    fn of((attempt_id, position): (AttemptId, Position)) -> Self {
        Self { attempt_id: attempt_id.0, position: position.0 }
    }
}
