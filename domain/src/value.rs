//! One value of what a hook delivers.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

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
    /// The same in another spelling, with the text that was sent.
    Spelled(f64, Cow<'a, str>),
    /// A number that a double does not hold, as sent.
    Decimal(Cow<'a, str>),
    /// A string; the empty string is the same as absent.
    Text(Cow<'a, str>),
    /// An array. No documented field has one; it is kept as a variable, as an object is.
    Array(Vec<Value<'a>>),
    /// An object with its keys as sent. Of a key that appears twice, the last one counts.
    Object(Fields<'a>),
}

/// Keys with their values, as sent.
pub(crate) type Fields<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

pub(crate) fn owned_fields(fields: Fields<'_>) -> Fields<'static> {
    let owned = |(key, value): (Cow<'_, str>, Value<'_>)| (Cow::Owned(key.into_owned()), value.into_owned());
    fields.into_iter().map(owned).collect()
}

pub(crate) fn has_unreadable_character(fields: &[(Cow<'_, str>, Value<'_>)]) -> bool {
    let is_in = |text: &str| !text.is_ascii() && text.contains(char::REPLACEMENT_CHARACTER);
    fields.iter().any(|(key, value)| is_in(key) || value.has_text(&is_in))
}

/// A key that borrows from the body when it has no escapes.
pub(crate) struct FieldName<'a>(pub(crate) Cow<'a, str>);

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
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Integer(number) => Value::Integer(number),
            Self::Float(number) => Value::Float(number),
            Self::Spelled(number, text) => Value::Spelled(number, Cow::Owned(text.into_owned())),
            Self::Decimal(text) => Value::Decimal(Cow::Owned(text.into_owned())),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Array(items) => Value::Array(items.into_iter().map(Value::into_owned).collect()),
            Self::Object(fields) => Value::Object(owned_fields(fields)),
        }
    }

    /// Whether a text in it, or a key, is one that is looked for.
    fn has_text(&self, is_wanted: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Text(text) => is_wanted(text),
            Self::Array(items) => items.iter().any(|item| item.has_text(is_wanted)),
            Self::Object(fields) => {
                fields.iter().any(|(key, value)| is_wanted(key) || value.has_text(is_wanted))
            }
            Self::Null
            | Self::Bool(_)
            | Self::Integer(_)
            | Self::Float(_)
            | Self::Spelled(..)
            | Self::Decimal(_) => false,
        }
    }

    pub(crate) fn has_double(&self) -> bool {
        match self {
            Self::Float(_) => true,
            Self::Array(items) => items.iter().any(Self::has_double),
            Self::Object(fields) => fields.iter().any(|(_, value)| value.has_double()),
            _ => false,
        }
    }

    pub(crate) fn keep_digits(&mut self, texts: &mut NumberTexts<'a>) {
        match self {
            Self::Integer(_) => {
                texts.next();
            }
            Self::Float(double) => {
                let Some(text) = texts.next() else { return };
                if !decimal::is_spelled_by(*double, text) {
                    *self = Self::Decimal(Cow::Borrowed(text));
                } else if ryu_js::Buffer::new().format(*double) != text {
                    *self = Self::Spelled(*double, Cow::Borrowed(text));
                }
            }
            Self::Array(items) => items.iter_mut().for_each(|item| item.keep_digits(texts)),
            Self::Object(fields) => fields.iter_mut().for_each(|(_, value)| value.keep_digits(texts)),
            Self::Null | Self::Bool(_) | Self::Spelled(..) | Self::Decimal(_) | Self::Text(_) => {}
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
            // `17.0` is how some encoders write 17.
            Self::Float(number) | Self::Spelled(number, _) => whole(*number),
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
            Self::Float(number) | Self::Spelled(number, _) => Some(*number),
            Self::Decimal(text) | Self::Text(text) => {
                text.parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        }
    }

    /// A whole number of a field that takes any number: in texts, too, `17.0` and `1.7e1` are 17.
    #[must_use]
    pub fn as_whole_number(&self) -> Option<i64> {
        self.as_integer().or_else(|| whole(self.as_number()?))
    }

    /// The text of a number, and text as it is, which may be none.
    pub(crate) fn as_number_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Integer(number) => Some(Cow::Owned(number.to_string())),
            Self::Float(number) => Some(Cow::Owned(ryu_js::Buffer::new().format(*number).to_owned())),
            Self::Spelled(_, text) | Self::Decimal(text) | Self::Text(text) => Some(Cow::Borrowed(text)),
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
            Self::Float(number) | Self::Spelled(number, _) => Some(Cow::Owned(number.to_string())),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Self::Null | Self::Array(_) | Self::Object(_) => None,
        }
    }
}

/// Whole doubles up to 2^53 name one integer each.
fn whole(number: f64) -> Option<i64> {
    let is_whole = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole and at most 2^53")]
    is_whole.then_some(number as i64)
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
}
