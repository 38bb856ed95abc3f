//! The flat JSON object that a hook delivers, read once and kept in the sender's order.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use thiserror::Error;

use crate::decimal::{self, NumberTexts};

/// One value of the object. Producers send strings; typed values are accepted too.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`: the same as absent.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits in 64 bits, signed or not.
    Integer(i128),
    /// Any other number that a double holds: its shortest spelling is the number that was sent.
    Float(f64),
    /// A number that a double does not hold, as sent.
    Decimal(Cow<'a, str>),
    /// A string; the empty string is the same as absent.
    Text(Cow<'a, str>),
    /// An array. No documented field has one; it is kept as a variable, as an object is.
    Array(Vec<Value<'a>>),
    /// An object with its keys as sent. Of a key that appears twice, the last one counts.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// A delivered object: distinct keys, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payload<'a> {
    pub(crate) fields: Vec<(Cow<'a, str>, Value<'a>)>,
}

/// The deepest nesting of a body, its own object included. The parser's recursion is bounded by it.
pub const NESTING_MAX: usize = 127;

/// Why bytes are not a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MalformedPayload {
    /// Not JSON, not an object, or nested too deeply; the text says where.
    #[error("the body is not a JSON object: {0}")]
    Json(String),
    /// A key twice: which of its values is meant cannot be known.
    #[error("the key {0:?} appears twice")]
    DuplicateKey(String),
}

impl<'a> Payload<'a> {
    /// Reads one JSON object with distinct keys.
    ///
    /// # Errors
    /// [`MalformedPayload`] with the place of the fault.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, MalformedPayload> {
        let mut payload: Self =
            serde_json::from_slice(bytes).map_err(|error| MalformedPayload::Json(error.to_string()))?;
        payload.keep_digits(bytes);
        match payload.first_duplicate() {
            Some(key) => Err(MalformedPayload::DuplicateKey(key)),
            None => Ok(payload),
        }
    }

    /// The value under a key; `None` when it is absent, `null` or the empty string.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        let value = self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        value.filter(|value| !value.is_absent())
    }

    /// Every key with its value, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.fields.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// Replaces each double that rounds what was sent. Values and texts have one order: that of the document.
    fn keep_digits(&mut self, document: &'a [u8]) {
        if self.fields.iter().any(|(_, value)| value.has_double()) {
            let mut texts = NumberTexts::of(document);
            self.fields.iter_mut().for_each(|(_, value)| value.keep_digits(&mut texts));
            debug_assert!(texts.next().is_none(), "every number of a body is a number of its payload");
        }
    }

    fn first_duplicate(&self) -> Option<String> {
        // Producers sort their keys: then one pass proves them distinct.
        if self.fields.windows(2).all(|pair| pair[0].0 < pair[1].0) {
            return None;
        }
        let mut keys: Vec<&str> = self.fields.iter().map(|(key, _)| key.as_ref()).collect();
        keys.sort_unstable();
        keys.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Payload<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PayloadVisitor;

        impl<'de> Visitor<'de> for PayloadVisitor {
            type Value = Payload<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Payload<'de>, A::Error> {
                let mut fields = Vec::with_capacity(32);
                while let Some(FieldName(key)) = map.next_key()? {
                    fields.push((key, map.next_value()?));
                }
                Ok(Payload { fields })
            }
        }

        deserializer.deserialize_map(PayloadVisitor)
    }
}

/// A key that borrows from the body when it has no escapes.
struct FieldName<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for FieldName<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Text(text) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("a key is a string")),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON value")
            }

            fn visit_unit<E>(self) -> Result<Value<'de>, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
                Ok(Value::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
                Ok(Value::Integer(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
                Ok(Value::Integer(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
                Ok(Value::Float(value))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
                Ok(Value::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
                Ok(Value::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Value<'de>, E> {
                Ok(Value::Text(Cow::Owned(text)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Value::Array(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(FieldName(key)) = map.next_key()? {
                    fields.push((key, map.next_value()?));
                }
                Ok(Value::Object(fields))
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}

impl<'a> Value<'a> {
    fn has_double(&self) -> bool {
        match self {
            Self::Float(_) => true,
            Self::Array(items) => items.iter().any(Self::has_double),
            Self::Object(fields) => fields.iter().any(|(_, value)| value.has_double()),
            _ => false,
        }
    }

    fn keep_digits(&mut self, texts: &mut NumberTexts<'a>) {
        match self {
            Self::Integer(_) => {
                texts.next();
            }
            Self::Float(double) => {
                if let Some(text) = texts.next().filter(|text| !decimal::is_spelled_by(*double, text)) {
                    *self = Self::Decimal(Cow::Borrowed(text));
                }
            }
            Self::Array(items) => items.iter_mut().for_each(|item| item.keep_digits(texts)),
            Self::Object(fields) => fields.iter_mut().for_each(|(_, value)| value.keep_digits(texts)),
            Self::Null | Self::Bool(_) | Self::Decimal(_) | Self::Text(_) => {}
        }
    }
}

impl Value<'_> {
    /// Whether it says no more than an absent field: `null` and the empty string.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Null) || matches!(self, Self::Text(text) if text.is_empty())
    }

    /// A 64-bit whole number, typed or as a string.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => i64::try_from(*number).ok(),
            // Whole doubles up to 2^53 name one integer each; `17.0` is how some encoders write 17.
            Self::Float(number) if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 =>
            {
                #[expect(clippy::cast_possible_truncation, reason = "whole and at most 2^53")]
                Some(*number as i64)
            }
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A finite number, typed or as a string.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "seconds of a call fit a double")]
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Decimal(text) | Self::Text(text) => {
                text.parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        }
    }

    /// The text of a number, and text as it is, which may be none.
    pub(crate) fn as_number_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Integer(number) => Some(Cow::Owned(number.to_string())),
            Self::Float(number) => Some(Cow::Owned(ryu_js::Buffer::new().format(*number).to_owned())),
            Self::Decimal(text) | Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Null | Self::Bool(_) | Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// `true`, `false`, their strings, 1 or 0.
    #[must_use]
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Integer(1) => Some(true),
            Self::Integer(0) => Some(false),
            Self::Text(text) => match text.as_ref() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// Text; numbers and booleans in their JSON spelling.
    #[must_use]
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Decimal(text) | Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Integer(number) => Some(Cow::Owned(number.to_string())),
            Self::Float(number) => Some(Cow::Owned(number.to_string())),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Self::Null | Self::Array(_) | Self::Object(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value<'_> {
        serde_json::from_str(json).expect("test JSON parses")
    }

    #[test]
    fn typed_values_and_their_strings_read_the_same() {
        for (json, expected) in [("17", 17), ("\"17\"", 17), ("17.0", 17), ("\"-3\"", -3)] {
            assert_eq!(value(json).as_integer(), Some(expected), "{json}");
        }
        for json in ["true", "\"true\"", "1", "\"1\""] {
            assert_eq!(value(json).as_boolean(), Some(true), "{json}");
        }
        for json in ["false", "\"false\"", "0", "\"0\""] {
            assert_eq!(value(json).as_boolean(), Some(false), "{json}");
        }
        assert_eq!(value("\"1.5\"").as_number(), Some(1.5));
        assert_eq!(value("380").as_text().as_deref(), Some("380"));
    }

    #[test]
    fn values_of_another_type_are_not_guessed() {
        for json in ["\"abc\"", "true", "[1]", "{}", "1.5", "\"1.5\"", "\" 17\"", "\"\""] {
            assert_eq!(value(json).as_integer(), None, "{json}");
        }
        for json in ["\"NaN\"", "\"inf\"", "\"1e999\""] {
            assert_eq!(value(json).as_number(), None, "{json}");
        }
        assert_eq!(value("2").as_boolean(), None);
        assert_eq!(value("\"TRUE\"").as_boolean(), None);
    }

    #[test]
    fn the_edges_of_64_bits_are_exact() {
        assert_eq!(value("9223372036854775807").as_integer(), Some(i64::MAX));
        assert_eq!(value("\"-9223372036854775808\"").as_integer(), Some(i64::MIN));
        assert_eq!(value("9223372036854775808").as_integer(), None);
        assert_eq!(value("\"9223372036854775808\"").as_integer(), None);
        assert_eq!(value("18446744073709551616").as_integer(), None);
    }

    #[test]
    fn a_number_beyond_a_double_names_no_attempt_but_keeps_its_digits() {
        let body = br#"{"a":9007199254740993.0,"b":17.00000000000000000001,"c":0.1000000000000000055}"#;
        let payload = Payload::parse(body).expect("parses");
        assert_eq!(payload.get("a").and_then(Value::as_integer), None, "it would round to ...992");
        assert_eq!(payload.get("b").and_then(Value::as_integer), None, "it is not whole");
        assert_eq!(payload.get("c").and_then(Value::as_number), Some(0.1));
        let text = payload.get("c").and_then(Value::as_text);
        assert_eq!(text.as_deref(), Some("0.1000000000000000055"));
    }

    #[test]
    fn a_key_twice_is_malformed_wherever_it_stands() {
        for body in [r#"{"a":1,"a":2}"#, r#"{"b":1,"a":1,"b":1}"#, r#"{"a":1,"\u0061":2}"#] {
            let error = Payload::parse(body.as_bytes()).expect_err(body);
            assert!(matches!(error, MalformedPayload::DuplicateKey(_)), "{body}: {error}");
        }
    }

    #[test]
    fn deep_nesting_and_non_objects_are_malformed() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(1_000), "]".repeat(1_000));
        for body in
            [deep.as_bytes(), b"[]", b"17", b"\"x\"", b"null", b"", b"{\"a\":1} x", b"{\"a\":\"\xff\"}"]
        {
            assert!(matches!(Payload::parse(body), Err(MalformedPayload::Json(_))));
        }
    }

    #[test]
    fn nesting_is_accepted_up_to_its_limit() {
        for (levels, is_accepted) in [(NESTING_MAX - 1, true), (NESTING_MAX, true), (NESTING_MAX + 1, false)]
        {
            let inner = levels - 1;
            let body = format!("{{\"a\":{}{}}}", "[".repeat(inner), "]".repeat(inner));
            assert_eq!(Payload::parse(body.as_bytes()).is_ok(), is_accepted, "{levels} levels");
        }
    }

    #[test]
    fn null_and_empty_text_are_absent() {
        let payload = Payload::parse(br#"{"a":null,"b":"","c":0}"#).expect("parses");
        assert_eq!(payload.get("a"), None);
        assert_eq!(payload.get("b"), None);
        assert_eq!(payload.get("c"), Some(&Value::Integer(0)));
    }
}
