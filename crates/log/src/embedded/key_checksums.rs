//! The keys of a segment that never changes, eight bytes each, and the reading that confirms them.

use std::ops::ControlFlow;

use attempt_ledger_domain::Position;
use attempt_ledger_system::cancellation::is_cancelled;

use super::block::{LineBlock, LineSource};
use super::index_value::key_bytes;
use super::key_map::{KeyMap, Posting};
use super::options::SCAN_BYTES;
use crate::record::{Leaf, RecordKind, delivery_identity_of};
use crate::{Key, ReadError};

/// Checksums of keys with the ordinals of their records, ascending. Two keys may share a checksum, so a
/// record counts only once it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyChecksums(pub Vec<(u32, u32)>);

impl KeyChecksums {
    pub fn of(keys: impl Iterator<Item = (Key, Vec<Posting>)>, first: Position) -> Self {
        let mut pairs = Vec::new();
        for (key, postings) in keys {
            let checksum = checksum_of(key);
            pairs.extend(postings.iter().map(|posting| (checksum, ordinal_of(posting.position, first))));
        }
        pairs.sort_unstable();
        Self(pairs)
    }

    pub fn bytes(&self) -> usize {
        size_of_val(self.0.as_slice())
    }

    /// The ordinals of records that may have the key, ascending.
    pub fn candidates(&self, key: Key) -> Vec<u32> {
        let checksum = checksum_of(key);
        let start = self.0.partition_point(|(other, _)| *other < checksum);
        let of_key = self.0[start..].iter().take_while(|(other, _)| *other == checksum);
        of_key.map(|(_, ordinal)| *ordinal).collect()
    }
}

/// Which of the candidates in a segment have the key.
pub(super) fn confirm(
    key: Key,
    candidates: &[u32],
    segment: &impl LineSource,
) -> Result<Vec<Posting>, ReadError> {
    let mut postings = Vec::new();
    let mut last = None;
    for ordinal in candidates {
        let position = Position(segment.first().0 + u64::from(*ordinal));
        let block = match last.take_if(|block: &mut LineBlock| block.contains(position)) {
            Some(block) => block,
            None => segment.block_at(position, 0)?.expect("the keys are of this segment"),
        };
        let stored = block.record(position)?;
        let leaf = Leaf::parse(&stored.leaf).map_err(|error| block.damaged(0, &error.to_string()))?;
        let identity = delivery_identity_of(&leaf, &stored.opening);
        if Key::of(&leaf, identity).any(|other| other == key) {
            postings.push(Posting { position, is_event: leaf.kind == RecordKind::Event });
        }
        last = Some(block);
    }
    Ok(postings)
}

/// Reads every key of a segment. Every record is checked on its way.
pub(super) fn key_map_of(segment: &impl LineSource) -> Result<KeyMap, ReadError> {
    let first = segment.first();
    let mut keys = KeyMap::default();
    let mut next = first;
    while let Some(block) = segment.block_at(next, SCAN_BYTES)? {
        if is_cancelled() {
            return Err(ReadError::Cancelled);
        }
        let mut failure = None;
        let _ = block.visit(next, |line| match Leaf::parse(&block.bytes[line.leaf.clone()]) {
            Ok(leaf) => {
                let opening = &block.bytes[line.opening.clone()];
                keys.insert(ordinal_of(line.position, first), &leaf, delivery_identity_of(&leaf, opening));
                ControlFlow::Continue(())
            }
            Err(error) => {
                failure = Some(block.damaged(line.line.start, &error.to_string()));
                ControlFlow::Break(())
            }
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        next = Position(block.first.0 + block.records);
    }
    Ok(keys)
}

pub(super) fn ordinal_of(position: Position, first: Position) -> u32 {
    u32::try_from(position.0 - first.0).expect("fewer than 2^31")
}

fn checksum_of(key: Key) -> u32 {
    crc32c::crc32c(&key_bytes(key))
}
