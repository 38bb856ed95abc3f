//! How keys and positions are written in the index.

use attempt_ledger_domain::Position;

use super::key_map::Posting;
use super::packed_segment::PackedSegment;
use super::varint;
use crate::Key;

const CHECKSUM_BYTES: usize = 4;

/// Raised when [`Key::of`](crate::Key::of) gives a record other keys. An index with other keys is built
/// again.
pub(super) const KEYS_VERSION: u32 = 4;

/// How far the log is indexed, and which log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndexMarker {
    /// The first position that is not indexed.
    pub end: Position,
    /// The table checksum of the last indexed segment.
    pub checksum: u32,
    /// Under which keys records are found: [`KEYS_VERSION`] of who made the index.
    pub keys_version: u32,
}

impl IndexMarker {
    /// What the index says once it holds the segment.
    pub fn of(packed: &PackedSegment) -> Self {
        Self { end: packed.end(), checksum: packed.checksum, keys_version: KEYS_VERSION }
    }
}

/// A tag and the key itself. Tag 0 is the marker's.
pub(super) fn key_bytes(key: Key) -> Vec<u8> {
    let (tag, rest): (u8, &[u8]) = match &key {
        Key::Attempt(id) => (1, &id.0.to_be_bytes()),
        Key::Refusal(id) => (2, id.as_bytes()),
        // Tag 3 was that of senders' ids.
        Key::Delivery(digest) => (5, &digest.0),
        Key::Queues => (4, &[]),
    };
    [&[tag], rest].concat()
}

/// Distances between positions, each with its event bit, behind a checksum.
pub(super) fn encode_postings(key: &[u8], postings: &[Posting]) -> Vec<u8> {
    let mut out = vec![0; CHECKSUM_BYTES];
    let mut previous = 0;
    for posting in postings {
        let distance = posting.position.0 - previous;
        varint::put(&mut out, distance << 1 | u64::from(posting.is_event));
        previous = posting.position.0;
    }
    with_checksum(key, out)
}

pub(super) fn decode_postings(key: &[u8], value: &[u8]) -> Option<Vec<Posting>> {
    let mut rest = without_checksum(key, value)?;
    let mut postings = Vec::with_capacity(rest.len());
    let mut previous = 0_u64;
    while !rest.is_empty() {
        let number = varint::take(&mut rest)?;
        previous = previous.checked_add(number >> 1)?;
        postings.push(Posting { position: Position(previous), is_event: number & 1 == 1 });
    }
    Some(postings)
}

pub(super) fn encode_marker(key: &[u8], marker: IndexMarker) -> Vec<u8> {
    let mut out = vec![0; CHECKSUM_BYTES];
    varint::put(&mut out, marker.end.0);
    varint::put(&mut out, marker.checksum.into());
    varint::put(&mut out, marker.keys_version.into());
    with_checksum(key, out)
}

pub(super) fn decode_marker(key: &[u8], value: &[u8]) -> Option<IndexMarker> {
    let mut rest = without_checksum(key, value)?;
    let end = Position(varint::take(&mut rest)?);
    let checksum = u32::try_from(varint::take(&mut rest)?).ok()?;
    // The first release wrote no version.
    let keys_version = if rest.is_empty() { 1 } else { u32::try_from(varint::take(&mut rest)?).ok()? };
    rest.is_empty().then_some(IndexMarker { end, checksum, keys_version })
}

/// The key is part of the checksum: a right value under a wrong key is a wrong answer.
fn with_checksum(key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
    let checksum = checksum(key, &value[CHECKSUM_BYTES..]);
    value[..CHECKSUM_BYTES].copy_from_slice(&checksum.to_le_bytes());
    value
}

fn without_checksum<'v>(key: &[u8], value: &'v [u8]) -> Option<&'v [u8]> {
    let (stated, rest) = value.split_at_checked(CHECKSUM_BYTES)?;
    (checksum(key, rest).to_le_bytes() == stated).then_some(rest)
}

fn checksum(key: &[u8], value: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(key), value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Digest;

    #[test]
    fn postings_are_read_back_under_their_own_key_only() {
        let posting = |position, is_event| Posting { position: Position(position), is_event };
        let postings = [posting(1, true), posting(2, false), posting(1 << 40, true)];
        let key = key_bytes(Key::Delivery(Digest([7; 32])));
        let value = encode_postings(&key, &postings);
        assert_eq!(decode_postings(&key, &value).as_deref(), Some(&postings[..]));
        assert_eq!(decode_postings(&key_bytes(Key::Queues), &value), None);
        assert_eq!(decode_postings(&key, &value[..value.len() - 1]), None);
    }

    #[test]
    fn marker_is_read_back() {
        let marker = IndexMarker { end: Position(70_000), checksum: u32::MAX, keys_version: 300 };
        let value = encode_marker(&[0], marker);
        assert_eq!(decode_marker(&[0], &value), Some(marker));
        assert_eq!(decode_marker(&[1], &value), None);
    }
}
