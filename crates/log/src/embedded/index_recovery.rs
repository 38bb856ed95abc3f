//! Brings the index up to date with the packed segments when the log is opened.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use attempt_ledger_domain::Position;
use tracing::{info, warn};

use super::error::OpenError;
use super::index::KeyIndex;
use super::key_map::KeyMap;
use super::options::EmbeddedOptions;
use super::packed_segment::PackedSegment;
use super::packer::marker_of;
use super::segments::{Segment, SegmentSet};
use crate::record::Leaf;
use crate::{Key, ReadError};

/// The index and what it took to have it.
pub(super) struct RecoveredIndex {
    pub index: KeyIndex,
    pub is_rebuilt: bool,
    pub segments_added: usize,
}

/// Opens the index, or deletes and rebuilds it when it is not the index of these segments.
pub(super) fn recover_index(
    directory: &Path,
    set: &SegmentSet,
    options: &EmbeddedOptions,
) -> Result<RecoveredIndex, OpenError> {
    let existed = directory.exists();
    match open_and_extend(directory, set, options) {
        Ok((index, segments_added)) => {
            let is_rebuilt = !existed && segments_added > 0;
            return Ok(RecoveredIndex { index, is_rebuilt, segments_added });
        }
        // The log itself does not read: no index would help.
        Err(error @ (ReadError::Damaged { .. } | ReadError::Io { .. })) => return Err(error.into()),
        Err(ReadError::Index { reason }) => {
            warn!(%reason, "the index does not fit the log; it is rebuilt");
        }
    }
    match fs::remove_dir_all(directory) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(OpenError::io(directory)(error)),
    }
    match open_and_extend(directory, set, options) {
        Ok((index, segments_added)) => {
            info!(segments = segments_added, "the index is rebuilt");
            Ok(RecoveredIndex { index, is_rebuilt: true, segments_added })
        }
        Err(ReadError::Index { reason }) => Err(OpenError::Index { directory: directory.to_owned(), reason }),
        Err(error) => Err(error.into()),
    }
}

fn open_and_extend(
    directory: &Path,
    set: &SegmentSet,
    options: &EmbeddedOptions,
) -> Result<(KeyIndex, usize), ReadError> {
    let index = KeyIndex::open(directory, options.index_cache_bytes)?;
    let marker = index.marker()?;
    let mut is_reached = marker.is_none();
    let mut added = 0;
    for segment in &set.0 {
        let Segment::Packed(packed) = segment else { break };
        let own = marker_of(packed);
        if is_reached {
            add(&index, packed, options)?;
            added += 1;
        } else if marker == Some(own) {
            is_reached = true;
        }
    }
    if !is_reached {
        let reason = "it belongs to another log, or to a later state of this one".to_owned();
        return Err(ReadError::Index { reason });
    }
    // Opening the log asks for this key anyway: what cannot answer it shall be rebuilt, not refused.
    index.postings(Key::Queues)?;
    Ok((index, added))
}

fn add(index: &KeyIndex, packed: &PackedSegment, options: &EmbeddedOptions) -> Result<(), ReadError> {
    let mut keys = KeyMap::default();
    let mut next = packed.first;
    while let Some(block) = packed.block(next)? {
        let mut failure = None;
        let _ = block.visit(next, |line| {
            let ordinal = u32::try_from(line.position.0 - packed.first.0).expect("fewer than 2^31");
            match Leaf::parse(&block.bytes[line.leaf.clone()]) {
                Ok(leaf) => {
                    let opening = &block.bytes[line.opening.clone()];
                    keys.insert(ordinal, &leaf, (options.sender_id_of)(&leaf, opening));
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
    index.add(packed.first, keys.iter(packed.first), marker_of(packed))
}
