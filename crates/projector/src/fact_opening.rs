//! The part of an opening that the folds of events read.

use std::borrow::Cow;

use attempt_ledger_domain::{CoarseTime, SenderId, StatedTime, Value, attribute_text};
use attempt_ledger_projections::fold::StepFields;
use serde::{Deserialize, Deserializer};

/// An opening of which nothing is read but who says so and when, and the payload as far as rows show it.
#[derive(Deserialize)]
pub(crate) struct FactOpening<'a> {
    #[serde(borrow, default)]
    address: FactAddress<'a>,
    #[serde(default)]
    pub(crate) payload: Option<StepFields>,
}

#[derive(Default, Deserialize)]
struct FactAddress<'a> {
    #[serde(default)]
    envelope: Option<FactEnvelope>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct FactEnvelope {
    #[serde(default)]
    id: serde_json::Value,
    #[serde(default)]
    source: serde_json::Value,
    #[serde(default, deserialize_with = "stated_time")]
    time: Option<CoarseTime>,
}

fn stated_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CoarseTime>, D::Error> {
    Ok(StatedTime::of(&Value::deserialize(deserializer)?).map(StatedTime::coarse))
}

impl FactOpening<'_> {
    /// The time of a CloudEvent.
    pub(crate) fn envelope_time(&self) -> Option<CoarseTime> {
        self.address.envelope.as_ref()?.time
    }

    /// The id that the sender gave; one that the body states is in the address.
    pub(crate) fn sender_id(&self) -> Option<SenderId> {
        let envelope = self.address.envelope.as_ref();
        let attributes = [envelope.map(|it| &it.source), envelope.map(|it| &it.id)];
        let texts = attributes.map(|attribute| attribute.and_then(attribute_text));
        SenderId::stated(texts.each_ref().map(Option::as_deref), self.address.id.as_deref())
    }
}
