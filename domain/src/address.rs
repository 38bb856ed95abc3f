//! What a sender says about a delivery outside its body.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a delivery was addressed: by URL path or query, and by headers. Kept as written; a replay needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The attributes of a CloudEvent around the payload: `source`, `id`, `type`, `time`, extensions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<BTreeMap<String, Value>>,
    /// The event, as written.
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
    /// Whether the sender said nothing outside the body.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
