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

/// Every damage of each segment, oldest first: what follows one is judged, too.
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
        Some(SegmentName::Packed(_)) => match PackedSegment::open(&path, &files) {
            Ok(packed) => packed.damage(),
            Err(error) => vec![error],
        },
        _ => match fs::read(&path) {
            Ok(bytes) => plain_damage(&path, &bytes, first, Some(first) == last),
            Err(source) => vec![io(&path)(source)],
        },
    };
    Ok(segments.into_iter().flat_map(judge).collect())
}

/// The most places of one file that are told: a file of nothing but damage has no more to say.
const PLACES_MAX: usize = 1_000;

/// Each line that is not what it should be, up to [`PLACES_MAX`]. Of the last segment, the end may be torn:
/// it was never acknowledged.
fn plain_damage(path: &Path, bytes: &[u8], first: Position, is_last: bool) -> Vec<ReadError> {
    let mut found = Vec::new();
    let damage = |offset: usize, reason: String| {
        let file = path.display().to_string();
        ReadError::Damaged { file, offset: offset as u64, reason }
    };
    let (mut start, mut expected) = (0, Some(first));
    while start < bytes.len() {
        let Some(length) = memchr::memchr(b'\n', &bytes[start..]) else {
            if !is_last {
                found.push(damage(start, "the last line has no line break".to_owned()));
            }
            break;
        };
        match decode_frame(&bytes[start..start + length]) {
            Ok(frame) => {
                if let Some(expected) = expected.filter(|expected| *expected != frame.position) {
                    let reason = format!("position {} lies where {expected} should", frame.position);
                    found.push(damage(start, reason));
                }
                // What follows is judged by what is there.
                expected = Some(frame.position.next());
            }
            // How many records a damaged line was is not known.
            Err(error) => {
                found.push(damage(start, error.to_string()));
                expected = None;
            }
        }
        if found.len() == PLACES_MAX {
            break;
        }
        start += length + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_nothing_but_damage_has_no_more_than_a_thousand_places() {
        let found = plain_damage(Path::new("segment"), &[b'\n'; 5_000], Position(1), false);
        assert_eq!(found.len(), PLACES_MAX);
    }
}
