//! What a payload says as typed values, and the variables apart.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::field::{FieldType, is_variable};
use crate::payload::Payload;
use crate::stated_time::StatedTime;
use crate::value::Value;

/// The value of a field as its documented type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TypedValue {
    /// A text.
    Text(String),
    /// A whole number, also an instant in milliseconds since 1970.
    Integer(i64),
    /// A number that is not whole.
    Number(f64),
    /// True or false.
    Boolean(bool),
}

impl TypedValue {
    fn of(field_type: FieldType, value: &Value<'_>) -> Option<Self> {
        match field_type {
            FieldType::Text => value.as_text().map(Cow::into_owned).map(Self::Text),
            FieldType::Integer | FieldType::Queue => value.as_integer().map(Self::Integer),
            FieldType::Number => {
                value.as_whole_number().map(Self::Integer).or_else(|| value.as_number().map(Self::Number))
            }
            FieldType::Boolean => value.as_boolean().map(Self::Boolean),
            FieldType::Time => StatedTime::of(value).map(|time| Self::Integer(time.at.0)),
        }
    }
}

impl Payload<'_> {
    /// Every field that the ledger knows, by name; what its type does not read is left out, and flagged.
    #[must_use]
    pub fn typed_fields(&self) -> BTreeMap<&str, TypedValue> {
        let stated = self.iter().filter(|(_, value)| !value.is_absent());
        let typed = stated.filter_map(|(name, value)| {
            let field_type = FieldType::of(name)?;
            Some((name, TypedValue::of(field_type, value).filter(|_| field_type.reads(value))?))
        });
        typed.collect()
    }

    /// The users' own fields, as they were sent.
    #[must_use]
    pub fn variables(&self) -> Self {
        Self { fields: self.fields.iter().filter(|(name, _)| is_variable(name)).cloned().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_their_documented_types_and_variables_stay_apart() {
        let json = br#"{"attempt_id":"7","call_duration":"12.5","call_bill_sec":"12",
            "use_processing":"1","joined_at":"1795694400","agent_id":"x","agent_name":380,
            "event":"joined","region":5,"user_id":""}"#;
        let payload = Payload::parse(json).expect("it is JSON");
        let expected = [
            ("agent_name", TypedValue::Text("380".to_owned())),
            ("attempt_id", TypedValue::Integer(7)),
            ("call_bill_sec", TypedValue::Integer(12)),
            ("call_duration", TypedValue::Number(12.5)),
            ("joined_at", TypedValue::Integer(1_795_694_400_000)),
            ("use_processing", TypedValue::Boolean(true)),
        ];
        assert_eq!(payload.typed_fields(), BTreeMap::from(expected));
        let variables: Vec<_> = payload.variables().fields.into_iter().map(|(name, _)| name).collect();
        assert_eq!(variables, ["region"]);
    }
}
