//! Keys files when the log is opened: which of them are believed, which are written, which are removed.

use std::path::Path;
use std::sync::Arc;

use attempt_ledger_domain::Position;
use attempt_ledger_system::disk::Disk;
use tracing::warn;

use super::error::OpenError;
use super::keys_file::KeysFile;
use super::layout::LogLayout;
use super::plain_keys::PlainKeys;
use super::plain_segment::{PlainIndex, PlainSegment};

/// Opens a full plain segment by its keys file; `None` where there is none that fits the segment. The hash of
/// the leaf before the segment is the one that the file states.
///
/// # Errors
/// What is wrong with the keys file. The segment itself is not judged.
pub(super) fn by_keys_file(
    keys_path: &Path,
    first: Position,
    path: &Path,
) -> Result<Option<PlainSegment>, String> {
    let Some(read) = KeysFile::read(keys_path)?.filter(|read| !read.has_other_keys) else { return Ok(None) };
    let KeysFile { first: stated, end, last_leaf, before, offsets, keys, .. } = read;
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let index = PlainIndex { offsets, end, keys: PlainKeys::Table(keys) };
    let segment = PlainSegment::new(first, path, file, index, before);
    let is_of_it =
        (stated, end) == (first, length) && segment.last_leaf().is_ok_and(|leaf| leaf == last_leaf);
    if is_of_it { Ok(Some(segment)) } else { Err("it is of another segment".to_owned()) }
}

/// Writes the keys file of a full segment, so that the next opening need not read the segment. Without it
/// nothing is lost but time.
pub(super) fn write_keys_file(layout: &LogLayout, disk: &dyn Disk, segment: &PlainSegment) {
    let path = layout.keys(segment.first);
    let written = segment.keys_file().map_err(|error| error.to_string());
    let written = written.and_then(|file| file.write(&path, disk).map_err(|error| error.to_string()));
    if let Err(error) = written {
        warn!(file = %path.display(), %error, "the keys of a segment could not be written");
    }
    segment.settle_keys_file();
}

/// Removes the keys files that no full plain segment has.
///
/// # Errors
/// [`OpenError::Missing`] or [`OpenError::Damaged`] where a segment was there once, or was longer.
pub(super) fn sweep(
    layout: &LogLayout,
    disk: &dyn Disk,
    found: &[Position],
    plain: &[Arc<PlainSegment>],
    is_copy: bool,
) -> Result<(), OpenError> {
    let active = plain.last().expect("a log has an active segment");
    for first in found {
        let path = layout.keys(*first);
        if *first >= active.first && !is_copy {
            judge(layout, &path, *first, active)?;
        }
        let is_full = *first < active.first && plain.iter().any(|segment| segment.first == *first);
        if !is_full && let Err(error) = disk.remove(&path) {
            warn!(file = %path.display(), %error, "a keys file that is not needed could not be removed");
        }
    }
    Ok(())
}

/// Refuses a log that ends before what a keys file has seen of it.
fn judge(layout: &LogLayout, path: &Path, first: Position, active: &PlainSegment) -> Result<(), OpenError> {
    let hint = format!("{} was made of it; removing that file gives up what is missing", path.display());
    if first > active.first {
        return Err(OpenError::Missing { file: layout.plain(first), reason: hint });
    }
    let offset = active.extent().1;
    match KeysFile::read(path) {
        Ok(Some(read)) if read.first == first && read.end > offset => {
            let reason = format!("it was {} bytes long: {hint}", read.end);
            Err(OpenError::Damaged { file: layout.plain(first), offset, reason })
        }
        _ => Ok(()),
    }
}
