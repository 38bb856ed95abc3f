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

/// Every documented field, and the undocumented ones that the ledger reads, by the length of the name and
/// then by name: each key of each delivery is looked for here, and lengths are compared sooner than texts.
const FIELDS: [(&str, FieldType); 33] = [
    ("channel", FieldType::Text),
    ("user_id", FieldType::Integer),
    ("agent_id", FieldType::Integer),
    ("queue_id", FieldType::Queue),
    ("bucket_id", FieldType::Integer),
    ("cc_result", FieldType::Text),
    ("joined_at", FieldType::Time),
    ("member_id", FieldType::Integer),
    ("timestamp", FieldType::Time),
    ("agent_name", FieldType::Text),
    ("amd_result", FieldType::Text),
    ("attempt_id", FieldType::Integer),
    ("bridged_at", FieldType::Time),
    ("call_cause", FieldType::Text),
    ("destination", FieldType::Text),
    ("member_name", FieldType::Text),
    ("amd_ai_result", FieldType::Text),
    ("call_bill_sec", FieldType::Number),
    ("call_duration", FieldType::Number),
    ("call_sip_code", FieldType::Number),
    ("call_voice_sec", FieldType::Number),
    ("cc_attempt_seq", FieldType::Integer),
    ("cc_resource_id", FieldType::Integer),
    ("use_processing", FieldType::Boolean),
    ("agent_extension", FieldType::Text),
    ("destination_seq", FieldType::Integer),
    ("member_timezone", FieldType::Text),
    ("agent_channel_id", FieldType::Text),
    ("chat_transferred", FieldType::Boolean),
    ("communication_id", FieldType::Integer),
    ("agent_description", FieldType::Text),
    ("member_channel_id", FieldType::Text),
    ("member_stop_cause", FieldType::Text),
];

/// Where a name stands among the fields.
const fn place(name: &str) -> (usize, &str) {
    (name.len(), name)
}

impl FieldType {
    /// The type of a documented field; `None` for a variable.
    pub(crate) fn of(name: &str) -> Option<Self> {
        FIELDS.binary_search_by_key(&place(name), |(field, _)| place(field)).ok().map(|at| FIELDS[at].1)
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
/// and what its type does not read, by its text. Arrays and objects are written as they are.
pub(crate) fn write_typed(field: Option<FieldType>, value: &Value<'_>, out: &mut Vec<u8>) {
    match typed_text(field, value) {
        Some(text) => out.extend_from_slice(text.as_bytes()),
        None => match value {
            Value::Decimal(text) => write_text(&normal_form(text), out),
            Value::Array(_) | Value::Object(_) | Value::Null => write_value(value, out),
            Value::Bool(is_true) => write_text(if *is_true { "true" } else { "false" }, out),
            Value::Integer(_) | Value::Float(_) | Value::Text(_) => {
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
    fn fields_are_sorted_so_that_they_are_found() {
        assert!(FIELDS.is_sorted_by(|left, right| place(left.0) < place(right.0)));
        assert_eq!(FieldType::of("timestamp"), Some(FieldType::Time));
        assert_eq!(FieldType::of("vip"), None);
    }
}
