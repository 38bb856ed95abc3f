//! The flat JSON object that a hook delivers, read once and kept in the sender's order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use thiserror::Error;

use crate::decimal::NumberTexts;
use crate::lone_surrogate::without_lone_surrogates;
use crate::value::{FieldName, Fields, Value, has_unreadable_character, owned_fields};

/// A delivered object: distinct keys, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payload<'a> {
    pub(crate) fields: Fields<'a>,
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
    /// Of a media type that cannot be read; the text names it.
    #[error("{}", unread(.0))]
    MediaType(String),
}

impl<'a> Payload<'a> {
    /// Reads one JSON object with distinct keys. Half a surrogate pair is read as U+FFFD.
    ///
    /// # Errors
    /// [`MalformedPayload`] with the place of the fault.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, MalformedPayload> {
        match Self::parse_strictly(bytes) {
            Err(MalformedPayload::Json(fault)) => match without_lone_surrogates(bytes) {
                Some(mended) => Payload::parse_strictly(&mended).map(Payload::into_owned),
                None => Err(MalformedPayload::Json(fault)),
            },
            read => read,
        }
    }

    fn parse_strictly(bytes: &'a [u8]) -> Result<Self, MalformedPayload> {
        let mut payload: Self =
            serde_json::from_slice(bytes).map_err(|error| MalformedPayload::Json(fault(&error, bytes)))?;
        payload.keep_digits(bytes);
        payload.distinct()
    }

    pub(crate) fn distinct(self) -> Result<Self, MalformedPayload> {
        match self.first_duplicate() {
            Some(key) => Err(MalformedPayload::DuplicateKey(key)),
            None => Ok(self),
        }
    }

    /// The same payload, owning its texts.
    #[must_use]
    pub fn into_owned(self) -> Payload<'static> {
        Payload { fields: owned_fields(self.fields) }
    }

    /// Whether a text or a key has U+FFFD, in the place of a character that could not be read.
    #[must_use]
    pub fn has_unreadable_character(&self) -> bool {
        has_unreadable_character(&self.fields)
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

/// Why a body of a media type cannot be read: one that is packed is kept so when it does not unpack.
fn unread(media_type: &str) -> String {
    match media_type {
        "application/gzip" => "the body does not unpack as gzip".to_owned(),
        "application/zstd" => "the body does not unpack as zstd".to_owned(),
        other => format!("the body cannot be read as {other}"),
    }
}

/// What is wrong with JSON, and where. A value of another type is named by its type: the parser's own words
/// quote it, and it may be somebody's number.
fn fault(error: &serde_json::Error, bytes: &[u8]) -> String {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if !error.is_data() {
        return match first {
            None => "it is empty".to_owned(),
            Some(first) if first.is_ascii_alphabetic() => "it begins with a word and not with {".to_owned(),
            Some(_) => error.to_string(),
        };
    }
    let found = match first {
        Some(b'"') => "a string",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    };
    format!("it is {found} at line {} column {}", error.line(), error.column())
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_value_of_another_type_is_named_by_its_type_and_never_quoted() {
        for (body, found) in [
            (r#" "380509876501""#, "a string"),
            ("380509876501", "a number"),
            ("-1.5", "a number"),
            ("[380509876501]", "an array"),
            ("null", "null"),
            ("true", "a boolean"),
        ] {
            let said = Payload::parse(body.as_bytes()).expect_err(body).to_string();
            assert!(
                said.starts_with(&format!("the body is not a JSON object: it is {found} at line 1")),
                "{said}"
            );
            assert!(!said.contains("380"), "{said}");
        }
    }

    #[test]
    fn text_that_is_no_json_is_described_without_the_parsers_words() {
        for (body, said) in [
            ("this is no JSON", "the body is not a JSON object: it begins with a word and not with {"),
            (" ", "the body is not a JSON object: it is empty"),
        ] {
            assert_eq!(Payload::parse(body.as_bytes()).expect_err(body).to_string(), said);
        }
    }

    #[test]
    fn half_a_surrogate_pair_costs_a_character_and_no_digit() {
        let body = br#"{"name":"cut \ud83d \ud83d","n":9007199254740993.0,"in":[{"\udc00":1}]}"#;
        let payload = Payload::parse(body).expect("parses");
        assert_eq!(payload.get("name").and_then(Value::as_text).as_deref(), Some("cut \u{fffd} \u{fffd}"));
        assert_eq!(payload.get("n").and_then(Value::as_text).as_deref(), Some("9007199254740993.0"));
        assert!(payload.has_unreadable_character());
        let body = br#"{"name":"\ud83d\ude00"}"#;
        assert!(!Payload::parse(body).expect("parses").has_unreadable_character());
        assert!(Payload::parse(br#"{"\ud83d":1,"\ud83c":2}"#).is_err(), "both keys are unreadable");
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
