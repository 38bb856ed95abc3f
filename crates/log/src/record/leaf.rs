//! The leaf: the canonical JSON (RFC 8785) that hashes, proofs and auditors rely on.

use std::borrow::Cow;
use std::fmt;

use attempt_ledger_domain::{
    AttemptId, EventKind, Observation, QueueId, QueueType, Revision, Rule, UnixMillis,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use uuid::Uuid;

use super::Digest;

/// The highest format that this program reads and writes. Readers refuse a higher one by name.
///
/// A record states the lowest format that holds it, so that what an earlier release can hold has the same
/// bytes as ever. Format 2 adds the address's `envelope` and `media_type`, and the leaf's `corrects` and
/// `observation`.
pub const FORMAT_VERSION: u32 = 2;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// One of the eight events, accepted by the guard.
    Event,
    /// Anything else that the dialer reports: no rule judges it.
    Observation,
    /// A delivery that a rule refused, or the decision that settled such a refusal.
    Refusal,
    /// A queue's definition.
    Queue,
}

/// How a refusal was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The kept delivery was judged again and is now recorded (or proved a duplicate).
    Replayed,
    /// An operator decided that it stays refused for good.
    Dismissed,
}

/// The fields of a leaf, in the order of their canonical form. Absent means unknown, never zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf<'a> {
    /// The attempt, as a decimal string: JSON numbers lose 64-bit integers in many readers.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal")]
    pub attempt_id: Option<AttemptId>,
    /// SHA-256 of the opening's salt followed by its payload bytes.
    pub commitment: Digest,
    /// The refusal whose delivery this record corrects; only on events and observations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Uuid>,
    /// The step of the attempt; on refusals, the step that the delivery claimed to be, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventKind>,
    /// This record's own id, given by the ledger.
    pub id: Uuid,
    /// What the record is about.
    pub kind: RecordKind,
    /// What the dialer reports; only on observations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<Observation>,
    /// When it happened: the producer's claim where plausible, else the time of receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<UnixMillis>,
    /// The leaf hash of the event at the attempt's (or queue's) previous revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// The queue, as a decimal string.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "decimal")]
    pub queue_id: Option<QueueId>,
    /// The queue type that the event was judged under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<QueueType>,
    /// When the ledger took it; never runs backwards within an attempt.
    pub recorded_at: UnixMillis,
    /// The place within the attempt (events) or among the queue's definitions (queues).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The rule that refused; only on refusals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The refusal that this record settles; only on decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settles: Option<Uuid>,
    /// Which credential delivered it; ASCII, never personal data.
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    /// The lowest format that holds the record.
    pub v: u32,
    /// How the refusal was settled; only on decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// Why bytes are not a leaf.
#[derive(Debug, Error)]
pub enum LeafError {
    /// Not the JSON that this program writes.
    #[error("the leaf does not parse: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Written by a later release.
    #[error(
        "the leaf has format version {found}, this program reads up to {FORMAT_VERSION}; \
         hint: open the ledger with the release that wrote it"
    )]
    Newer {
        /// The version in the leaf.
        found: u32,
    },
}

impl<'a> Leaf<'a> {
    /// The lowest format that holds the leaf; see [`FORMAT_VERSION`].
    #[must_use]
    pub fn format_needed(&self) -> u32 {
        let is_observation = self.kind == RecordKind::Observation || self.observation.is_some();
        if is_observation || self.corrects.is_some() { 2 } else { 1 }
    }

    /// The canonical bytes: keys sorted, no white space, integers only.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        debug_assert!(self.source.is_ascii(), "a source is ASCII");
        let mut bytes = Vec::with_capacity(512);
        serde_json::to_writer(&mut bytes, self).expect("a leaf has only strings and integers");
        bytes
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`LeafError::Newer`] for a later format, [`LeafError::Malformed`] for anything else that does not
    /// parse.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LeafError> {
        // A later format may have other fields: look at the version before complaining of them.
        match serde_json::from_slice::<Self>(bytes) {
            Ok(leaf) if leaf.v > FORMAT_VERSION => Err(LeafError::Newer { found: leaf.v }),
            Ok(leaf) if leaf.v == 0 => {
                Err(LeafError::Malformed(serde::de::Error::custom("there is no format version 0")))
            }
            Ok(leaf) => Ok(leaf),
            Err(error) => match serde_json::from_slice::<VersionOnly>(bytes) {
                Ok(VersionOnly { v }) if v > FORMAT_VERSION => Err(LeafError::Newer { found: v }),
                _ => Err(LeafError::Malformed(error)),
            },
        }
    }

    /// The same leaf, owning its text.
    #[must_use]
    pub fn into_owned(self) -> Leaf<'static> {
        Leaf { source: Cow::Owned(self.source.into_owned()), ..self }
    }
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u32,
}

/// The RFC 6962 hash of a leaf's stored bytes: SHA-256 over a zero byte and the bytes.
#[must_use]
pub fn leaf_hash(leaf_bytes: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([0_u8]);
    hasher.update(leaf_bytes);
    Digest(hasher.finalize().into())
}

impl fmt::Display for RecordKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Event => "event",
            Self::Observation => "observation",
            Self::Refusal => "refusal",
            Self::Queue => "queue",
        })
    }
}

/// 64-bit numbers as decimal strings, absent when `None`.
mod decimal {
    use std::borrow::Cow;
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub fn serialize<T: Display, S: Serializer>(
        number: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => serializer.collect_str(number),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr,
        T::Err: Display,
        D: Deserializer<'de>,
    {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map(Some).map_err(D::Error::custom)
    }
}
