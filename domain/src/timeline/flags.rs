//! What is odd about one delivery by itself.

use crate::delivery::{TimeSource, plausible};
use crate::{Address, EventKind, Payload, QueueId, QueueType, UnixMillis, Value};

/// A delivery that comes this long after what it reports is `late`.
pub const LATE_AFTER_MS: u64 = 24 * 60 * 60 * 1_000;

/// The documented type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldType {
    Text,
    Integer,
    /// An integer, but for the one that stands for no queue.
    Queue,
    Number,
    Boolean,
}

/// Every documented field, and the undocumented ones that the ledger reads.
const FIELDS: [(&str, FieldType); 33] = [
    ("agent_channel_id", FieldType::Text),
    ("agent_description", FieldType::Text),
    ("agent_extension", FieldType::Text),
    ("agent_id", FieldType::Integer),
    ("agent_name", FieldType::Text),
    ("amd_ai_result", FieldType::Text),
    ("amd_result", FieldType::Text),
    ("attempt_id", FieldType::Integer),
    ("bridged_at", FieldType::Integer),
    ("bucket_id", FieldType::Integer),
    ("call_bill_sec", FieldType::Number),
    ("call_cause", FieldType::Text),
    ("call_duration", FieldType::Number),
    ("call_sip_code", FieldType::Number),
    ("call_voice_sec", FieldType::Number),
    ("cc_attempt_seq", FieldType::Integer),
    ("cc_resource_id", FieldType::Integer),
    ("cc_result", FieldType::Text),
    ("channel", FieldType::Text),
    ("chat_transferred", FieldType::Boolean),
    ("communication_id", FieldType::Integer),
    ("destination", FieldType::Text),
    ("destination_seq", FieldType::Integer),
    ("joined_at", FieldType::Integer),
    ("member_channel_id", FieldType::Text),
    ("member_id", FieldType::Integer),
    ("member_name", FieldType::Text),
    ("member_stop_cause", FieldType::Text),
    ("member_timezone", FieldType::Text),
    ("queue_id", FieldType::Queue),
    ("timestamp", FieldType::Integer),
    ("use_processing", FieldType::Boolean),
    ("user_id", FieldType::Integer),
];

/// Names of the envelope that a user's variable may carry too. They never override the envelope.
const ENVELOPE: [&str; 8] =
    ["flags", "id", "kind", "occurred_at", "position", "recorded_at", "revision", "source"];

/// The flags of one delivery: `late`, `clock_implausible`, `unparsable:{field}`, `shadowed:{field}`.
#[must_use]
pub fn payload_flags(
    address: &Address,
    payload: &Payload<'_>,
    event: EventKind,
    occurred_at: UnixMillis,
    recorded_at: UnixMillis,
    time_source: TimeSource,
) -> Vec<String> {
    let mut flags = Vec::new();
    if time_source == TimeSource::ReceiptForImplausible {
        flags.push("clock_implausible".to_owned());
    }
    if recorded_at.since(occurred_at) >= LATE_AFTER_MS {
        flags.push("late".to_owned());
    }
    for (name, kind) in FIELDS {
        if payload.get(name).is_some_and(|value| !parses(kind, value)) {
            flags.push(format!("unparsable:{name}"));
        }
    }
    if let Some(instant) = payload.get("bridged_at").and_then(Value::as_integer)
        && !plausible(UnixMillis(instant), recorded_at)
    {
        flags.push("shadowed:bridged_at".to_owned());
    }
    shadowed(address, payload, event, &mut flags);
    flags
}

fn parses(kind: FieldType, value: &Value<'_>) -> bool {
    match kind {
        FieldType::Text => value.as_text().is_some(),
        FieldType::Integer => value.as_integer().is_some(),
        FieldType::Queue => value.as_integer().and_then(QueueId::of).is_some(),
        FieldType::Number => value.as_number().is_some(),
        FieldType::Boolean => value.as_boolean().is_some(),
    }
}

/// Variables that carry a reserved name and say something else than the envelope.
fn shadowed(address: &Address, payload: &Payload<'_>, event: EventKind, flags: &mut Vec<String>) {
    let text = |name| payload.get(name).and_then(Value::as_text);
    if text("event").is_some_and(|said| EventKind::parse(&said) != Some(event)) {
        flags.push("shadowed:event".to_owned());
    }
    if let Some(said) = text("queue_type") {
        let addressed = address.queue_type.as_deref().and_then(QueueType::parse);
        let body = QueueType::parse(&said);
        if body.is_none() || addressed.is_some_and(|addressed| body != Some(addressed)) {
            flags.push("shadowed:queue_type".to_owned());
        }
    }
    for name in ENVELOPE {
        if payload.get(name).is_some() {
            flags.push(format!("shadowed:{name}"));
        }
    }
}
