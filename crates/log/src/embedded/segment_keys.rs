//! The keys of packed segments in memory, eight bytes each: lookups use them where the index does not answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use attempt_ledger_domain::Position;
use attempt_ledger_system::lock::take_over;

use super::key_checksums::{KeyChecksums, confirm, key_map_of};
use super::key_map::Posting;
use super::packed_segment::PackedSegment;
use crate::{Key, ReadError};

/// Memory for the keys of segments: those of eight million records. Segments beyond it are read for each
/// lookup.
const SEGMENT_KEYS_BYTES_MAX: usize = 128 * 1024 * 1024;

/// What was read of segments so far.
#[derive(Debug, Default)]
struct SegmentKeySet {
    segments: HashMap<Position, Arc<KeyChecksums>>,
    bytes: usize,
}

/// Finds records of packed segments without the index.
#[derive(Debug, Default)]
pub(super) struct SegmentKeyCache {
    /// Held while one segment is read, so that lookups at the same time do not all read it.
    set: Mutex<SegmentKeySet>,
}

impl SegmentKeyCache {
    /// The records of a segment under a key, ascending. The first lookup in a segment reads all of it.
    pub fn postings(&self, key: Key, packed: &PackedSegment) -> Result<Vec<Posting>, ReadError> {
        let mut set = take_over(self.set.lock());
        let known = set.segments.get(&packed.first).map(Arc::clone);
        let keys = match known {
            Some(keys) => keys,
            None => {
                let map = key_map_of(packed)?;
                let keys = Arc::new(KeyChecksums::of(map.iter(packed.first), packed.first));
                if set.bytes + keys.bytes() > SEGMENT_KEYS_BYTES_MAX {
                    return Ok(map.postings(key, packed.first));
                }
                set.bytes += keys.bytes();
                set.segments.insert(packed.first, Arc::clone(&keys));
                keys
            }
        };
        drop(set);
        confirm(key, &keys.candidates(key), packed)
    }

    /// Gives back the memory of segments that begin before a position.
    pub fn forget_before(&self, end: Position) {
        let mut set = take_over(self.set.lock());
        set.segments.retain(|first, _| *first >= end);
        set.bytes = set.segments.values().map(|keys| keys.bytes()).sum();
    }
}
