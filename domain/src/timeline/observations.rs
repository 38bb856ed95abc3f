//! Observations of an attempt: in no lane and no phase.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::field::FieldType;
use crate::{Observation, Payload, Position, StatedTime, UnixMillis, Value};

/// Fields that an observation's own members say.
const SAID_ELSEWHERE: [&str; 2] = ["attempt_id", "timestamp"];

/// What the dialer reported of an attempt beside its events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineObservation {
    /// The record's id.
    pub id: Uuid,
    /// The record's place in the log.
    pub position: Position,
    /// What it reports.
    pub observation: Observation,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// The documented fields that it states, by their types.
    pub fields: BTreeMap<String, Json>,
    /// What is odd about it.
    pub flags: Vec<String>,
}

/// The documented fields that a payload states, by their types. Variables are in the record alone.
#[must_use]
pub fn stated_fields(payload: &Payload<'_>) -> BTreeMap<String, Json> {
    let typed = |(name, value): (&str, &Value<'_>)| {
        let is_wanted = !value.is_absent() && !SAID_ELSEWHERE.contains(&name);
        let field_type = FieldType::of(name).filter(|_| is_wanted)?;
        Some((name.to_owned(), json(field_type, value)?))
    };
    payload.iter().filter_map(typed).collect()
}

/// A value as JSON of its documented type; `None` when it is not of it.
fn json(field_type: FieldType, value: &Value<'_>) -> Option<Json> {
    Some(match field_type {
        FieldType::Text => value.as_text()?.into_owned().into(),
        FieldType::Integer | FieldType::Queue => value.as_integer()?.into(),
        FieldType::Number => value.as_number()?.into(),
        FieldType::Boolean => value.as_boolean()?.into(),
        FieldType::Time => StatedTime::of(value)?.at.0.into(),
    })
}
