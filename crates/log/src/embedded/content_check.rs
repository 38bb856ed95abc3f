//! Whether a plain segment is the one that was here: it names no ledger itself, and what lies beside it does.

use std::path::Path;

use super::content::{ContentChecksum, last_leaf_of};
use super::error::OpenError;
use super::segments::Segment;
use super::watermark::Watermark;
use crate::record::Digest;

/// Refuses a segment that has other records before it than what was written beside it states.
pub(super) fn check_before(
    path: &Path,
    stated: Option<Digest>,
    segments: &[Segment],
    witness: &Path,
) -> Result<(), OpenError> {
    let (Some(stated), Some(found)) = (stated, last_leaf_of(segments)) else { return Ok(()) };
    if stated == found {
        return Ok(());
    }
    let before = segments.last().map_or_else(String::new, |segment| segment.path().display().to_string());
    let reason = format!(
        "{} says that it follows another record than the last one of {before}, so that one of both is not \
         the file that was here",
        witness.display()
    );
    Err(OpenError::Foreign { file: path.to_owned(), reason })
}

/// Refuses a segment whose durable bytes are not those that the watermark was written for.
pub(super) fn check_content(
    path: &Path,
    bytes: &[u8],
    mark: Watermark,
    segments: &[Segment],
    witness: &Path,
) -> Result<(), OpenError> {
    let Some(content) = mark.content else { return Ok(()) };
    let durable = usize::try_from(mark.bytes).ok().and_then(|end| bytes.get(..end));
    if durable.is_some_and(|durable| ContentChecksum::of(durable) != content.checksum) {
        let reason = format!(
            "{} was written beside {} other bytes of it; without an earlier copy of both, remove that file",
            witness.display(),
            mark.bytes
        );
        return Err(OpenError::Foreign { file: path.to_owned(), reason });
    }
    check_before(path, content.before, segments, witness)
}
