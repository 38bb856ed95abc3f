//! Lines that an export of a ledger wrote: what was sent stands in them with when it was received first.

use std::borrow::Cow;

use attempt_ledger_domain::{Address, QueueDefinition, QueueType, Revision, UnixMillis};
use attempt_ledger_log::record::{Digest, RecordKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::submission::FirstReceipt;

/// What a line of an export holds.
pub(crate) enum ExportedRecord {
    /// A delivery, recorded or refused, as it was addressed and sent.
    Delivery(Address, Bytes, FirstReceipt),
    /// A definition of a queue, and the how manieth it was.
    Queue(QueueDefinition, Revision),
    /// What an operator decided about a refusal, which has another id wherever it is kept again.
    Decision,
}

/// A record as `GET /v1/events` shows it. No sender's body has all of these.
#[derive(Deserialize)]
struct EventLine<'a> {
    #[serde(rename = "position")]
    _position: u64,
    #[serde(rename = "id")]
    _id: Uuid,
    kind: RecordKind,
    #[serde(rename = "leaf_hash")]
    _leaf_hash: Digest,
    recorded_at: UnixMillis,
    #[serde(default)]
    occurred_at: Option<UnixMillis>,
    #[serde(default)]
    queue_type: Option<QueueType>,
    #[serde(default)]
    revision: Option<Revision>,
    #[serde(default)]
    settles: Option<Uuid>,
    #[serde(default)]
    address: Address,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    payload_text: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payload_base64: Option<Cow<'a, str>>,
}

/// A refusal as `GET /v1/refusals` shows it. No sender's body has all of these.
#[derive(Deserialize)]
struct RefusalLine<'a> {
    #[serde(rename = "refusal_id")]
    _refusal_id: Uuid,
    #[serde(rename = "position")]
    _position: u64,
    #[serde(rename = "code", borrow)]
    _code: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    recorded_at: UnixMillis,
    #[serde(default)]
    occurred_at: Option<UnixMillis>,
    address: Address,
    #[serde(borrow, default)]
    body: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    body_base64: Option<Cow<'a, str>>,
}

impl ExportedRecord {
    /// Reads a line; `None` for one that no export wrote.
    pub(crate) fn read(line: &[u8]) -> Option<Self> {
        let has = |name: &str| memmem::find(line, name.as_bytes()).is_some();
        if has("\"leaf_hash\"") {
            serde_json::from_slice::<EventLine<'_>>(line).ok()?.record()
        } else if has("\"refusal_id\"") {
            serde_json::from_slice::<RefusalLine<'_>>(line).ok()?.record()
        } else {
            None
        }
    }
}

impl EventLine<'_> {
    fn record(self) -> Option<ExportedRecord> {
        if self.settles.is_some() {
            return Some(ExportedRecord::Decision);
        }
        // Of a body that not every reader can read, the fields stand beside it.
        let sent = sent(self.payload_text, self.payload_base64);
        let body = sent.or_else(|| Some(Bytes::copy_from_slice(self.payload?.get().as_bytes())))?;
        if self.kind == RecordKind::Queue {
            return Some(ExportedRecord::Queue(serde_json::from_slice(&body).ok()?, self.revision?));
        }
        let Self { address, recorded_at, occurred_at, queue_type, .. } = self;
        Some(ExportedRecord::Delivery(address, body, FirstReceipt { recorded_at, occurred_at, queue_type }))
    }
}

impl RefusalLine<'_> {
    fn record(self) -> Option<ExportedRecord> {
        // What was replayed is an event by now, and what was dismissed stays out.
        if self.status != "open" {
            return Some(ExportedRecord::Decision);
        }
        let body = sent(self.body, self.body_base64)?;
        let Self { address, recorded_at, occurred_at, .. } = self;
        let first = FirstReceipt { recorded_at, occurred_at, queue_type: None };
        Some(ExportedRecord::Delivery(address, body, first))
    }
}

/// What was sent, where it stands as text or as base64.
fn sent(text: Option<Cow<'_, str>>, base64: Option<Cow<'_, str>>) -> Option<Bytes> {
    match (text, base64) {
        (Some(text), _) => Some(text.into_owned().into()),
        (None, Some(base64)) => STANDARD.decode(base64.as_bytes()).ok().map(Bytes::from),
        (None, None) => None,
    }
}
