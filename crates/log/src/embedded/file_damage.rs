//! What is wrong with the files of a log that does not open: each is judged by itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attempt_ledger_domain::Position;

use super::layout::{LogLayout, SegmentName};
use super::open_files::OpenFiles;
use super::packed_segment::PackedSegment;
use crate::ReadError;
use crate::record::decode_frame;

/// The first damage of each segment that has any, oldest first.
pub(super) fn file_damage(layout: &LogLayout) -> Result<Vec<ReadError>, ReadError> {
    let log = layout.log();
    let io = |path: &Path| {
        let file = path.display().to_string();
        move |source| ReadError::Io { file, source }
    };
    let mut segments: BTreeMap<Position, PathBuf> = BTreeMap::new();
    for entry in fs::read_dir(&log).map_err(io(&log))? {
        let path = entry.map_err(io(&log))?.path();
        match SegmentName::parse(&path) {
            Some(SegmentName::Packed(first)) => drop(segments.insert(first, path)),
            Some(SegmentName::Plain(first)) => drop(segments.entry(first).or_insert(path)),
            _ => {}
        }
    }
    let last = segments.keys().next_back().copied();
    let files = Arc::new(OpenFiles::new());
    let judge = |(first, path): (Position, PathBuf)| match SegmentName::parse(&path) {
        Some(SegmentName::Packed(_)) => {
            PackedSegment::open(&path, &files).and_then(|packed| packed.check_lines()).err()
        }
        _ => match fs::read(&path) {
            Ok(bytes) => plain_damage(&path, &bytes, first, Some(first) == last),
            Err(source) => Some(io(&path)(source)),
        },
    };
    Ok(segments.into_iter().filter_map(judge).collect())
}

/// Of the last segment, the end may be torn: it was never acknowledged.
fn plain_damage(path: &Path, bytes: &[u8], first: Position, is_last: bool) -> Option<ReadError> {
    let damaged = |offset: usize, reason: String| {
        let file = path.display().to_string();
        Some(ReadError::Damaged { file, offset: offset as u64, reason })
    };
    let (mut start, mut expected) = (0, first);
    while start < bytes.len() {
        let Some(length) = memchr::memchr(b'\n', &bytes[start..]) else {
            let reason = "the last line has no line break".to_owned();
            return if is_last { None } else { damaged(start, reason) };
        };
        match decode_frame(&bytes[start..start + length]) {
            Ok(frame) if frame.position == expected => {}
            Ok(frame) => {
                return damaged(start, format!("position {} lies where {expected} should", frame.position));
            }
            Err(error) => return damaged(start, error.to_string()),
        }
        start += length + 1;
        expected = expected.next();
    }
    None
}
