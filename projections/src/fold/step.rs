//! One delivery as the folds read it.

use std::fmt;

use attempt_ledger_domain::timeline::{LATE_AFTER_MS, RunStep};
use attempt_ledger_domain::{
    AgentId, EventKind, Position, QueueId, QueueType, StatedTime, UnixMillis, Value,
};
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// One delivery: its leaf's facts and the payload's fields that rows show.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The record's place in the log.
    pub position: Position,
    /// Which event it is.
    pub event: EventKind,
    /// The queue type that it was judged under.
    pub queue_type: Option<QueueType>,
    /// The queue that it names.
    pub queue_id: Option<QueueId>,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// Whether a sender's clock says so; otherwise the time is that of the receipt.
    pub has_stated_time: bool,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// The payload's fields that rows show.
    pub fields: StepFields,
}

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
    pub joined_at: Option<UnixMillis>,
    /// `bridged_at` as carried.
    pub bridged_at: Option<UnixMillis>,
    /// `timestamp`, plausible or not.
    pub timestamp: Option<UnixMillis>,
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
    /// Whether `call_voice_sec` is above 0, where it is a number.
    pub has_voice: Option<bool>,
    /// `amd_result`.
    pub amd_result: Option<Box<str>>,
    /// `amd_ai_result`.
    pub amd_ai_result: Option<Box<str>>,
}

impl StepFields {
    /// Reads a recorded payload: one JSON object. Fields that no row shows are skipped unread.
    ///
    /// # Errors
    /// What is wrong with the JSON.
    pub fn parse(payload: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(payload)
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
                while let Some(field) = map.next_key()? {
                    match field {
                        Field::AgentChannelId => fields.agent_channel_id = text(&mut map)?,
                        Field::AgentId => fields.agent_id = integer(&mut map)?.map(AgentId),
                        Field::AgentName => fields.agent_name = text(&mut map)?,
                        Field::AmdAiResult => fields.amd_ai_result = text(&mut map)?,
                        Field::AmdResult => fields.amd_result = text(&mut map)?,
                        Field::BridgedAt => fields.bridged_at = time(&mut map)?,
                        Field::CallCause => fields.call_cause = text(&mut map)?,
                        Field::CallSipCode => fields.call_sip_code = integer(&mut map)?,
                        Field::CallVoiceSec => fields.has_voice = number(&mut map)?.map(|it| it > 0.0),
                        Field::CcAttemptSeq => fields.attempt_seq = integer(&mut map)?,
                        Field::CcResult => fields.result = text(&mut map)?,
                        Field::Channel => fields.channel = text(&mut map)?,
                        Field::Destination => fields.destination = text(&mut map)?,
                        Field::JoinedAt => fields.joined_at = time(&mut map)?,
                        Field::Timestamp => fields.timestamp = time(&mut map)?,
                        Field::MemberChannelId => fields.member_channel_id = text(&mut map)?,
                        Field::MemberId => fields.member_id = integer(&mut map)?,
                        Field::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// The keys of the fields that rows show.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Field {
    AgentChannelId,
    AgentId,
    AgentName,
    AmdAiResult,
    AmdResult,
    BridgedAt,
    CallCause,
    CallSipCode,
    CallVoiceSec,
    CcAttemptSeq,
    CcResult,
    Channel,
    Destination,
    JoinedAt,
    MemberChannelId,
    MemberId,
    Timestamp,
    #[serde(other)]
    Other,
}

fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<Box<str>>, A::Error> {
    let value: Value<'de> = map.next_value()?;
    Ok(value.as_text().filter(|text| !text.is_empty()).map(|text| Box::from(text.as_ref())))
}

fn integer<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<i64>, A::Error> {
    Ok(map.next_value::<Value<'de>>()?.as_integer())
}

fn number<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<f64>, A::Error> {
    Ok(map.next_value::<Value<'de>>()?.as_number())
}

fn time<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<UnixMillis>, A::Error> {
    let raw: &RawValue = map.next_value()?;
    let value: Value<'_> = serde_json::from_str(raw.get()).map_err(A::Error::custom)?;
    // A double can round what was sent; the digits as sent do not.
    let time = if matches!(value, Value::Float(_)) {
        StatedTime::of_text(raw.get())
    } else {
        StatedTime::of(&value)
    };
    Ok(time.map(|time| time.at))
}

impl Step {
    /// Whether it came more than a day after what it reports.
    pub(super) fn is_late(&self) -> bool {
        self.recorded_at.since(self.occurred_at) >= LATE_AFTER_MS
    }
}

impl RunStep for Step {
    fn event(&self) -> EventKind {
        self.event
    }

    fn position(&self) -> Position {
        self.position
    }

    fn occurred_at(&self) -> UnixMillis {
        self.occurred_at
    }

    fn has_stated_time(&self) -> bool {
        self.has_stated_time
    }

    fn recorded_at(&self) -> UnixMillis {
        self.recorded_at
    }

    fn agent_id(&self) -> Option<AgentId> {
        self.fields.agent_id
    }

    fn joined_at(&self) -> Option<UnixMillis> {
        self.fields.joined_at
    }

    fn bridged_at(&self) -> Option<UnixMillis> {
        self.fields.bridged_at
    }
}
