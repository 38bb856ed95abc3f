//! What the row of an attempt says in the answers about one attempt.

use attempt_ledger_projections::AttemptRow;
use attempt_ledger_projections::table::TableRow as _;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::row::{column_schema, write_columns};

/// The columns that the answer has itself, from everything that was delivered.
const TOLD: [&str; 18] = [
    "attempt_id",
    "queue_id",
    "queue_type",
    "channel",
    "state",
    "result",
    "joined_at",
    "bridged_at",
    "left_at",
    "wait_ms",
    "talk_ms",
    "wrap_ms",
    "missed_by_agent",
    "missed_by_caller",
    "call_cause",
    "call_sip_code",
    "ended_by",
    "gaps",
];

/// What lists say of an attempt beside its story; nothing while no delivery counts.
pub struct AttemptOutcome(pub Option<AttemptRow>);

impl Serialize for AttemptOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        if let Some(row) = &self.0 {
            write_columns(row, &TOLD, &mut members)?;
        }
        members.end()
    }
}

impl ToSchema for AttemptOutcome {}

impl PartialSchema for AttemptOutcome {
    fn schema() -> RefOr<Schema> {
        let description = "What lists say of the attempt. What is not known is left out.";
        let columns = AttemptRow::COLUMNS.iter().filter(|column| !TOLD.contains(&column.name));
        columns
            .fold(ObjectBuilder::new().description(Some(description)), |object, column| {
                object.property(column.name, column_schema(column))
            })
            .into()
    }
}
