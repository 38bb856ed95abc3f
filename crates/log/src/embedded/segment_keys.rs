//! The keys of packed segments in memory, eight bytes each: lookups use them where the index does not answer.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use attempt_ledger_domain::Position;
use attempt_ledger_system::lock::take_over;

use super::index_value::key_bytes;
use super::key_map::{KeyMap, Posting};
use super::options::SenderIdOf;
use super::packed_segment::PackedSegment;
use crate::record::{Leaf, RecordKind};
use crate::{Key, ReadError};

/// Memory for the keys of segments: those of eight million records. Segments beyond it are read for each
/// lookup.
const SEGMENT_KEYS_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Every key of one packed segment: checksums of keys with the ordinals of their records, ascending. Two keys
/// may share a checksum, so a record counts only once it was read.
#[derive(Debug)]
struct SegmentKeys(Vec<(u32, u32)>);

/// What was read of segments so far.
#[derive(Debug, Default)]
struct SegmentKeySet {
    segments: HashMap<Position, Arc<SegmentKeys>>,
    bytes: usize,
}

/// Finds records of packed segments without the index.
#[derive(Debug)]
pub(super) struct SegmentKeyCache {
    sender_id_of: SenderIdOf,
    /// Held while one segment is read, so that lookups at the same time do not all read it.
    set: Mutex<SegmentKeySet>,
}

/// Reads every key of a packed segment.
pub(super) fn key_map_of(packed: &PackedSegment, sender_id_of: SenderIdOf) -> Result<KeyMap, ReadError> {
    let mut keys = KeyMap::default();
    let mut next = packed.first;
    while let Some(block) = packed.block(next)? {
        let mut failure = None;
        let _ = block.visit(next, |line| {
            let ordinal = u32::try_from(line.position.0 - packed.first.0).expect("fewer than 2^31");
            match Leaf::parse(&block.bytes[line.leaf.clone()]) {
                Ok(leaf) => {
                    let opening = &block.bytes[line.opening.clone()];
                    keys.insert(ordinal, &leaf, sender_id_of(&leaf, opening));
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failure = Some(block.damaged(line.line.start, &error.to_string()));
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        next = Position(block.first.0 + block.records);
    }
    Ok(keys)
}

impl SegmentKeys {
    fn of(keys: &KeyMap, first: Position) -> Self {
        let mut pairs = Vec::new();
        for (key, postings) in keys.iter(first) {
            let checksum = checksum_of(key);
            pairs.extend(postings.iter().map(|posting| (checksum, ordinal_of(posting.position, first))));
        }
        pairs.sort_unstable();
        Self(pairs)
    }

    fn bytes(&self) -> usize {
        size_of_val(self.0.as_slice())
    }

    /// The records under a key, ascending.
    fn postings(
        &self,
        key: Key,
        packed: &PackedSegment,
        sender_id_of: SenderIdOf,
    ) -> Result<Vec<Posting>, ReadError> {
        let checksum = checksum_of(key);
        let start = self.0.partition_point(|(other, _)| *other < checksum);
        let candidates = self.0[start..].iter().take_while(|(other, _)| *other == checksum);
        let mut postings = Vec::new();
        let mut last = None;
        for (_, ordinal) in candidates {
            let position = Position(packed.first.0 + u64::from(*ordinal));
            let block = match last.take_if(|block: &mut super::block::LineBlock| block.contains(position)) {
                Some(block) => block,
                None => packed.block(position)?.expect("the keys are of this segment"),
            };
            let stored = block.record(position)?;
            let leaf = Leaf::parse(&stored.leaf).map_err(|error| block.damaged(0, &error.to_string()))?;
            let sender_id = sender_id_of(&leaf, &stored.opening);
            if Key::of(&leaf, sender_id).any(|other| other == key) {
                postings.push(Posting { position, is_event: leaf.kind == RecordKind::Event });
            }
            last = Some(block);
        }
        Ok(postings)
    }
}

impl SegmentKeyCache {
    pub fn new(sender_id_of: SenderIdOf) -> Self {
        Self { sender_id_of, set: Mutex::default() }
    }

    /// The records of a segment under a key, ascending. The first lookup in a segment reads all of it.
    pub fn postings(&self, key: Key, packed: &PackedSegment) -> Result<Vec<Posting>, ReadError> {
        let mut set = take_over(self.set.lock());
        let known = set.segments.get(&packed.first).map(Arc::clone);
        let keys = match known {
            Some(keys) => keys,
            None => {
                let map = key_map_of(packed, self.sender_id_of)?;
                let keys = Arc::new(SegmentKeys::of(&map, packed.first));
                if set.bytes + keys.bytes() > SEGMENT_KEYS_BYTES_MAX {
                    return Ok(map.postings(key, packed.first));
                }
                set.bytes += keys.bytes();
                set.segments.insert(packed.first, Arc::clone(&keys));
                keys
            }
        };
        drop(set);
        keys.postings(key, packed, self.sender_id_of)
    }

    /// Gives back the memory of segments that begin before a position.
    pub fn forget_before(&self, end: Position) {
        let mut set = take_over(self.set.lock());
        set.segments.retain(|first, _| *first >= end);
        set.bytes = set.segments.values().map(|keys| keys.bytes()).sum();
    }
}

fn checksum_of(key: Key) -> u32 {
    crc32c::crc32c(&key_bytes(key))
}

fn ordinal_of(position: Position, first: Position) -> u32 {
    u32::try_from(position.0 - first.0).expect("fewer than 2^31")
}
