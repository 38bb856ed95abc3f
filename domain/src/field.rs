//! The documented fields of a hook and their types.

use crate::QueueId;
use crate::canonical::{write_text, write_value};
use crate::decimal::{is_number, normal_form};
use crate::stated_time::StatedTime;
use crate::value::Value;

/// The documented type of a field. Senders may write any of them as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldType {
    Text,
    Integer,
    /// An integer, but for the one that stands for no queue.
    Queue,
    Number,
    Boolean,
    Time,
}

/// Names of the envelope, and no variables: which event it is, of which queue type, and under which id.
const NOT_VARIABLES: [&str; 4] = ["event", "event_id", "queue_type", "state"];

/// Whether a name is a user's own: neither a field that the ledger knows nor one of the envelope's.
#[must_use]
pub fn is_variable(name: &str) -> bool {
    !is_known_field(name) && !NOT_VARIABLES.contains(&name)
}

/// Whether a name is that of a field that the ledger knows.
pub(crate) fn is_known_field(name: &str) -> bool {
    FieldType::of(name).is_some()
}

impl FieldType {
    /// The type of a documented field, or of an undocumented one that the ledger reads; `None` for a
    /// variable.
    ///
    /// Each key of each delivery is looked for here: a match compares lengths first, and then whole words of
    /// the text.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "agent_id" | "attempt_id" | "bucket_id" | "cc_attempt_seq" | "cc_resource_id"
            | "communication_id" | "destination_seq" | "member_id" | "user_id" => Self::Integer,
            "queue_id" => Self::Queue,
            "call_bill_sec" | "call_duration" | "call_sip_code" | "call_voice_sec" => Self::Number,
            "chat_transferred" | "use_processing" => Self::Boolean,
            "bridged_at" | "joined_at" | "timestamp" => Self::Time,
            "agent_channel_id" | "agent_description" | "agent_extension" | "agent_name" | "amd_ai_result"
            | "amd_result" | "call_cause" | "cc_result" | "channel" | "destination" | "member_channel_id"
            | "member_name" | "member_stop_cause" | "member_timezone" => Self::Text,
            _ => return None,
        })
    }

    /// Whether a value can be read as this type.
    pub(crate) fn reads(self, value: &Value<'_>) -> bool {
        match self {
            Self::Text => value.as_text().is_some(),
            Self::Integer => value.as_integer().is_some(),
            Self::Queue => value.as_integer().and_then(QueueId::of).is_some(),
            Self::Number => value.as_number().is_some(),
            Self::Boolean => value.as_boolean().is_some(),
            Self::Time => StatedTime::of(value).is_some(),
        }
    }
}

/// Writes a field's value so that equal values are equal bytes: a documented field by its type, a variable,
/// and what its type does not read, by its text, of a number the digits as
/// they were sent. Arrays and objects are written as they are.
pub(crate) fn write_typed(field: Option<FieldType>, value: &Value<'_>, out: &mut Vec<u8>) {
    match typed_text(field, value) {
        Some(text) => out.extend_from_slice(text.as_bytes()),
        None => match value {
            Value::Array(_) | Value::Object(_) | Value::Null => write_value(value, out),
            Value::Bool(is_true) => write_text(if *is_true { "true" } else { "false" }, out),
            Value::Integer(_) | Value::Float(_) | Value::Spelled(..) | Value::Decimal(_) | Value::Text(_) => {
                write_text(&value.as_number_text().expect("a number or a text"), out);
            }
        },
    }
}

/// The one spelling of a value of its type; `None` for text and for what its type does not read.
fn typed_text(field: Option<FieldType>, value: &Value<'_>) -> Option<String> {
    match field? {
        FieldType::Text => None,
        FieldType::Integer | FieldType::Queue => value.as_integer().map(|number| number.to_string()),
        FieldType::Number => {
            value.as_number_text().filter(|text| is_number(text)).map(|text| normal_form(&text).into_owned())
        }
        FieldType::Boolean => value.as_boolean().map(|is_true| is_true.to_string()),
        FieldType::Time => StatedTime::of(value).map(|time| time.exact_ns.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_document_has_is_a_variable() {
        assert_eq!(FieldType::of("timestamp"), Some(FieldType::Time));
        assert_eq!(FieldType::of("vip"), None);
    }
}
