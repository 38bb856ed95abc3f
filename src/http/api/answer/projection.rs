//! How far each read model is.

use serde::Serialize;
use utoipa::ToSchema;

use super::freshness::FailureAnswer;
use super::rebuild::ProgressAnswer;
use crate::queries::Standing;

/// Every read model.
#[derive(Serialize, ToSchema)]
pub struct ProjectionsAnswer {
    /// In the order in which they are kept.
    pub projections: Vec<ProjectionAnswer>,
    /// The end of the log.
    pub head: u64,
    /// The state of the log itself.
    pub log: LogAnswer,
    /// Whether this node brings them forward. Of several nodes with one read store, one does.
    pub leads: bool,
    /// The last rebuild, running or over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebuild: Option<ProgressAnswer>,
}

/// The state of the log.
#[derive(Serialize, ToSchema)]
pub struct LogAnswer {
    /// What is known to be wrong with its segments, a text for each file. Empty while nothing is known; every
    /// record that reads is served all the same.
    pub damage: Vec<String>,
}

/// Where one read model stands.
#[derive(Serialize, ToSchema)]
pub struct ProjectionAnswer {
    pub name: &'static str,
    /// The version of the fold that filled it.
    pub version: u32,
    /// The log position of the last record that it contains.
    pub position: u64,
    /// When the ledger took that record, in milliseconds since 1970; 0 before the first one.
    pub recorded_at: i64,
    /// Records of the log that it does not contain.
    pub lag_records: u64,
    /// How long the oldest of them has been waiting.
    pub lag_ms: u64,
    /// `moving`, `stopped` at an event, or `outdated`: filled by another version of the fold.
    pub state: &'static str,
    /// The event that stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureAnswer>,
}

impl ProjectionAnswer {
    pub fn of(standing: Standing) -> Self {
        Self {
            name: standing.projection.name(),
            version: standing.version,
            position: standing.position.0,
            recorded_at: standing.recorded_at.0,
            lag_records: standing.lag_records,
            lag_ms: standing.lag_ms,
            state: standing.state.name(),
            failure: standing.failure.map(FailureAnswer),
        }
    }
}
