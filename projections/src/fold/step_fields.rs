//! The fields of one payload that rows show, read without the rest.

use std::borrow::Cow;
use std::fmt;

use attempt_ledger_domain::{
    AgentId, CoarseTime, StatedTime, UnixMillis, Value, canonical_text, is_variable,
};
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::seconds::Seconds;
use crate::variables::Variables;

/// The payload's fields that rows show; `None` when absent or not of the documented type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepFields {
    /// `agent_id`.
    pub agent_id: Option<AgentId>,
    /// `agent_name`.
    pub agent_name: Option<Box<str>>,
    /// `member_channel_id`: the subscriber's leg.
    pub member_channel_id: Option<Box<str>>,
    /// `agent_channel_id`: the agent's leg.
    pub agent_channel_id: Option<Box<str>>,
    /// `joined_at` as carried.
    pub joined_at: Option<CoarseTime>,
    /// `bridged_at` as carried.
    pub bridged_at: Option<CoarseTime>,
    /// `timestamp`, plausible or not; where the event has its time from the envelope, that.
    pub timestamp: Option<CoarseTime>,
    /// `channel`.
    pub channel: Option<Box<str>>,
    /// `destination`.
    pub destination: Option<Box<str>>,
    /// `member_id`.
    pub member_id: Option<i64>,
    /// `cc_attempt_seq`.
    pub attempt_seq: Option<i64>,
    /// `cc_result`.
    pub result: Option<Box<str>>,
    /// `call_cause`.
    pub call_cause: Option<Box<str>>,
    /// `call_sip_code`, where it is a whole number.
    pub call_sip_code: Option<i64>,
    /// `amd_result`.
    pub amd_result: Option<Box<str>>,
    /// `amd_ai_result`.
    pub amd_ai_result: Option<Box<str>>,
    /// `agent_extension`.
    pub agent_extension: Option<Box<str>>,
    /// `user_id`: the agent's.
    pub user_id: Option<i64>,
    /// `member_name`.
    pub member_name: Option<Box<str>>,
    /// `use_processing`.
    pub use_processing: Option<bool>,
    /// `call_bill_sec`.
    pub call_bill_sec: Option<Seconds>,
    /// `call_duration`, where it is a length.
    pub call_duration: Option<Seconds>,
    /// `call_voice_sec`.
    pub call_voice_sec: Option<Seconds>,
    /// The users' own fields that are texts, numbers or truths, by name, as texts; none where they are too
    /// long.
    pub variables: Vec<(Box<str>, Box<str>)>,
    /// Whether they are longer than [`Variables::BYTES_MAX`].
    pub has_long_variables: bool,
}

impl StepFields {
    /// Reads a recorded payload: one JSON object. Fields that no row shows are skipped unread.
    ///
    /// # Errors
    /// What is wrong with the JSON.
    pub fn parse(payload: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(payload)
    }

    /// The same with the time of the envelope, where the event happened then. Whether a sender's clock says
    /// when it happened.
    pub fn take_envelope_time(&mut self, time: Option<CoarseTime>, occurred_at: UnixMillis) -> bool {
        let is_its_time = |time: &CoarseTime| time.at == occurred_at;
        self.timestamp = time.filter(is_its_time).or(self.timestamp);
        self.timestamp.as_ref().is_some_and(is_its_time)
    }

    /// How many bytes the variables have.
    #[must_use]
    pub fn variable_bytes(&self) -> usize {
        Variables::bytes(self.variables.iter().map(|(name, text)| (&**name, &**text)))
    }

    fn drop_long_variables(&mut self) {
        self.has_long_variables = self.variable_bytes() > Variables::BYTES_MAX;
        if self.has_long_variables {
            self.variables = Vec::new();
        }
        self.variables.shrink_to_fit();
    }
}

impl<'de> Deserialize<'de> for StepFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = StepFields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StepFields, A::Error> {
                let mut fields = StepFields::default();
                while let Some(FieldName(name)) = map.next_key()? {
                    match &*name {
                        "agent_channel_id" => fields.agent_channel_id = text(&mut map)?,
                        "agent_id" => fields.agent_id = integer(&mut map)?.map(AgentId),
                        "agent_name" => fields.agent_name = text(&mut map)?,
                        "amd_ai_result" => fields.amd_ai_result = text(&mut map)?,
                        "amd_result" => fields.amd_result = text(&mut map)?,
                        "bridged_at" => fields.bridged_at = time(&mut map)?,
                        "call_cause" => fields.call_cause = text(&mut map)?,
                        "call_sip_code" => fields.call_sip_code = whole_number(&mut map)?,
                        "cc_attempt_seq" => fields.attempt_seq = integer(&mut map)?,
                        "cc_result" => fields.result = text(&mut map)?,
                        "channel" => fields.channel = text(&mut map)?,
                        "destination" => fields.destination = text(&mut map)?,
                        "joined_at" => fields.joined_at = time(&mut map)?,
                        "timestamp" => fields.timestamp = time(&mut map)?,
                        "member_channel_id" => fields.member_channel_id = text(&mut map)?,
                        "member_id" => fields.member_id = integer(&mut map)?,
                        "agent_extension" => fields.agent_extension = text(&mut map)?,
                        "call_bill_sec" => fields.call_bill_sec = seconds(&mut map)?,
                        "call_duration" => fields.call_duration = seconds(&mut map)?,
                        "call_voice_sec" => fields.call_voice_sec = seconds(&mut map)?,
                        "member_name" => fields.member_name = text(&mut map)?,
                        "use_processing" => {
                            fields.use_processing = map.next_value::<Value<'de>>()?.as_boolean();
                        }
                        "user_id" => fields.user_id = integer(&mut map)?,
                        name if is_variable(name) => {
                            fields.variables.extend(variable(&mut map)?.map(|text| (name.into(), text)));
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                fields.drop_long_variables();
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// A field's name, which most bodies spell so that it need not be copied.
#[derive(Deserialize)]
struct FieldName<'a>(#[serde(borrow)] Cow<'a, str>);

fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Box<str>>, A::Error> {
    let value: Value<'de> = map.next_value()?;
    Ok(value.as_text().filter(|text| !text.is_empty()).map(|text| Box::from(text.as_ref())))
}

fn integer<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<i64>, A::Error> {
    Ok(map.next_value::<Value<'de>>()?.as_integer())
}

/// The same number as in the event's fields, whose type takes any number.
fn whole_number<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<i64>, A::Error> {
    Ok(map.next_value::<Value<'de>>()?.as_whole_number())
}

fn time<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<CoarseTime>, A::Error> {
    let raw: &RawValue = map.next_value()?;
    let value: Value<'_> = serde_json::from_str(raw.get()).map_err(A::Error::custom)?;
    // A double can round what was sent; the digits as sent do not.
    let time = if matches!(value, Value::Float(_)) {
        StatedTime::of_text(raw.get())
    } else {
        StatedTime::of(&value)
    };
    Ok(time.map(StatedTime::coarse))
}

fn seconds<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Seconds>, A::Error> {
    Ok(map.next_value::<Value<'de>>()?.as_number().and_then(Seconds::of_call))
}

/// The text of a variable, of a list or an object its JSON in canonical form; `None` for one that is absent.
fn variable<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Box<str>>, A::Error> {
    let raw: &RawValue = map.next_value()?;
    match raw.get().as_bytes().first() {
        Some(b'n') | None => Ok(None),
        Some(b'{' | b'[') => {
            let value: Value<'_> = serde_json::from_str(raw.get()).map_err(A::Error::custom)?;
            Ok(Some(canonical_text(&value).into()))
        }
        Some(b'"') => {
            let text: Cow<'_, str> = serde_json::from_str(raw.get()).map_err(A::Error::custom)?;
            Ok((!text.is_empty()).then(|| Box::from(text.as_ref())))
        }
        // A number as its digits were sent.
        Some(_) => Ok(Some(raw.get().into())),
    }
}
