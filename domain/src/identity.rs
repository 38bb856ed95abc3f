//! What makes two deliveries the same delivery.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::content::write_content;
use crate::hook_name::HookName;
use crate::payload::Payload;
use crate::stated_time::EnvelopeTime;

/// SHA-256 over the hook's name, the time that a CloudEvent states and what the payload says, as typed
/// values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// Hashes what a delivery says. `scratch` is reused between calls and left with unspecified content.
    #[must_use]
    pub fn of(
        hook: impl Into<HookName>,
        envelope_time: Option<EnvelopeTime<'_>>,
        payload: &Payload<'_>,
        scratch: &mut Vec<u8>,
    ) -> Self {
        scratch.clear();
        scratch.extend_from_slice(hook.into().wire_name().as_bytes());
        match envelope_time {
            None => {}
            Some(EnvelopeTime::Read(time)) => {
                scratch.push(b'@');
                scratch.extend_from_slice(time.exact_ns.to_string().as_bytes());
            }
            Some(EnvelopeTime::Unread(stated)) => {
                scratch.push(b'?');
                scratch.extend_from_slice(stated.to_string().as_bytes());
            }
        }
        scratch.push(b'\n');
        write_content(payload, scratch);
        Self(Sha256::digest(scratch.as_slice()).into())
    }
}

/// SHA-256 of an id that the sender gave. Only the digest is indexed: ids may hold anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SenderId(pub [u8; 32]);

impl SenderId {
    /// The id that a sender gave outside the body: `source` and `id` of a CloudEvent, of which the source may
    /// be missing, else the one of the address. Empty ones count as absent.
    #[must_use]
    pub fn stated(of_envelope: [Option<&str>; 2], of_address: Option<&str>) -> Option<Self> {
        let given = |text: &&str| !text.is_empty();
        match of_envelope.map(|text| text.filter(given)) {
            [source, Some(id)] => Some(Self::of_pair(source.unwrap_or_default(), id)),
            _ => of_address.filter(given).map(Self::of),
        }
    }

    /// Digests an id as the sender wrote it.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self(Sha256::digest(id.as_bytes()).into())
    }

    /// Digests the `source` and `id` of a CloudEvent, which are unique together. The length keeps two pairs
    /// from running together, and the first byte, which no text has, from a single id.
    #[must_use]
    pub fn of_pair(source: &str, id: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update([0xff]);
        hasher.update(source.len().to_le_bytes());
        hasher.update(source.as_bytes());
        hasher.update(id.as_bytes());
        Self(hasher.finalize().into())
    }
}
