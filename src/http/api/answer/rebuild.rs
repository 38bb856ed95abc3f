//! How far a rebuild is, and what it found to differ.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::projector::{ComparisonOutcome, RebuildPhase, RebuildProgress, RowDifference};
use crate::read_store::Projection;

/// How far a rebuild has come.
#[derive(Clone, Serialize, ToSchema)]
pub struct ProgressAnswer {
    /// `folding`, `comparing`, `swapping`, `done`, `cancelled` or `failed`.
    #[schema(value_type = String)]
    pub phase: RebuildPhase,
    #[doc = "What is built anew."]
    #[schema(value_type = Vec<String>)]
    pub projections: Vec<Projection>,
    /// The log position that the new read models contain.
    pub position: u64,
    /// The log position that they have to reach.
    pub head: u64,
    pub records_per_second: u64,
    pub elapsed_ms: u64,
    /// The time left at this rate; absent while it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_ms: Option<u64>,
    /// What comparing old and new came to, for each read model that was compared.
    pub compared: Vec<ComparedAnswer>,
    /// What is wrong with the file of the old read models, beside rows that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
    /// Why it was cancelled or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What comparing one read model came to.
#[derive(Clone, Serialize, ToSchema)]
pub struct ComparedAnswer {
    pub projection: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_before: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_after: Option<u64>,
    /// Rows that differ. GET /v1/projections/rebuild/differences shows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<u64>,
    /// SHA-256 over the old rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest_before: Option<String>,
    /// SHA-256 over the new rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest_after: Option<String>,
    /// Why it could not be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_comparable: Option<String>,
}

impl ProgressAnswer {
    pub fn of(progress: RebuildProgress) -> Self {
        let RebuildProgress {
            phase,
            projections,
            position,
            head,
            records_per_second,
            elapsed_ms,
            left_ms,
            ..
        } = progress;
        let compared =
            progress.compared.into_iter().map(|(projection, it)| ComparedAnswer::of(projection, it));
        Self {
            phase,
            projections,
            position,
            head,
            records_per_second,
            elapsed_ms,
            left_ms,
            compared: compared.collect(),
            damage: progress.damage,
            reason: progress.reason,
        }
    }

    /// Whether nothing more follows.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, RebuildPhase::Done | RebuildPhase::Cancelled | RebuildPhase::Failed)
    }
}

impl ComparedAnswer {
    fn of(projection: Projection, comparison: ComparisonOutcome) -> Self {
        let (compared, not_comparable) = match comparison {
            ComparisonOutcome::Compared(compared) => (Some(compared), None),
            ComparisonOutcome::NotComparable { reason } => (None, Some(reason)),
        };
        Self {
            projection: projection.name(),
            rows_before: compared.map(|it| it.rows_before),
            rows_after: compared.map(|it| it.rows_after),
            differences: compared.map(|it| it.differences),
            digest_before: compared.map(|it| it.digest_before.to_string()),
            digest_after: compared.map(|it| it.digest_after.to_string()),
            not_comparable,
        }
    }
}

/// A row that is not the same in the old and the new read model.
#[derive(Serialize, ToSchema)]
pub struct DifferenceAnswer {
    pub projection: &'static str,
    pub table: &'static str,
    /// The primary key.
    #[schema(value_type = Vec<Object>)]
    pub key: Box<RawValue>,
    /// The other columns in the old read model; absent when it has no such row.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub before: Option<Box<RawValue>>,
    /// The same in the new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub after: Option<Box<RawValue>>,
}

impl DifferenceAnswer {
    pub fn of(difference: RowDifference) -> Self {
        let raw = |text: String| RawValue::from_string(text).expect("rows are canonical JSON");
        let RowDifference { projection, table, key, before, after } = difference;
        let (key, before, after) = (raw(key), before.map(raw), after.map(raw));
        Self { projection: projection.name(), table, key, before, after }
    }
}
