//! What a sender says about a delivery outside its body.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::stated_time::{EnvelopeTime, StatedTime};
use crate::{Observation, SenderId};

/// How a delivery was addressed: by URL path or query, and by headers. Kept as written; a replay needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The attributes of a CloudEvent around the payload: `source`, `id`, `type`, `time`, extensions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<BTreeMap<String, Value>>,
    /// The event or the observation of the URL, as written, else the event that a CloudEvent's `type` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The id given by `Idempotency-Key` or CloudEvents `source` and `id`, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The media type of a payload that is not JSON, without parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The queue type, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<String>,
}

impl Address {
    /// The length of the envelope as it is kept.
    #[must_use]
    pub fn envelope_bytes(&self) -> usize {
        let envelope = self.envelope.as_ref();
        envelope.map_or(0, |envelope| serde_json::to_vec(envelope).expect("JSON serializes").len())
    }

    /// The id that the sender gave outside the body: a CloudEvent's `source` and `id`, else the address's
    /// own.
    #[must_use]
    pub fn sender_id(&self) -> Option<SenderId> {
        let of_envelope = [self.envelope_text("source"), self.envelope_text("id")];
        SenderId::stated(of_envelope.each_ref().map(Option::as_deref), self.id.as_deref())
    }

    /// The `time` of a CloudEvent, of which RFC 3339 is the form.
    #[must_use]
    pub fn time(&self) -> Option<StatedTime> {
        StatedTime::of_attribute(&self.envelope_text("time")?)
    }

    /// The `time` of a CloudEvent, read or not; `None` where it states none.
    #[must_use]
    pub fn envelope_time(&self) -> Option<EnvelopeTime<'_>> {
        let stated = self.stated_time()?;
        Some(self.time().map_or(EnvelopeTime::Unread(stated), EnvelopeTime::Read))
    }

    /// The `time` of a CloudEvent as it is stated, be it one that is not read.
    fn stated_time(&self) -> Option<&serde_json::Value> {
        let time = self.envelope.as_ref()?.get("time")?;
        (!time.is_null() && *time != "").then_some(time)
    }

    /// Whether a CloudEvent states a `time`, be it one that is not read.
    pub(crate) fn states_time(&self) -> bool {
        self.stated_time().is_some()
    }

    /// The observation that the `type` of a CloudEvent names, such as `com.webitel.wait_agent.v1`. One of the
    /// eight events in it stands in `event`.
    pub(crate) fn observation_of_type(&self) -> Option<Observation> {
        self.envelope_text("type")?.rsplit('.').find_map(Observation::parse)
    }

    /// An attribute of the CloudEvent as text; see [`attribute_text`].
    #[must_use]
    pub fn envelope_text(&self, name: &str) -> Option<Cow<'_, str>> {
        attribute_text(self.envelope.as_ref()?.get(name)?)
    }

    /// Whether the id or an attribute has U+FFFD, in the place of a character that could not be read.
    #[must_use]
    pub fn has_unreadable_character(&self) -> bool {
        let is_in = |text: &str| !text.is_ascii() && text.contains(char::REPLACEMENT_CHARACTER);
        let attributes = || self.envelope.iter().flatten();
        self.id.as_deref().is_some_and(is_in)
            || attributes().any(|(name, value)| is_in(name) || value.as_str().is_some_and(is_in))
    }

    /// Whether the sender said nothing outside the body.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The text of an attribute that is text or a number; `None` for the empty text, which is the same as absent.
#[must_use]
pub fn attribute_text(value: &Value) -> Option<Cow<'_, str>> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Number(number) => Cow::Owned(number.to_string()),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}
