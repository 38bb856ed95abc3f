//! What opening a log found and did.

use super::evidence::Witness;
use super::recovery::DroppedTail;

/// What opening the log found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReport {
    /// Records in the log.
    pub records: u64,
    /// Segments, the active one included.
    pub segments: usize,
    /// Segments that are packed.
    pub segments_packed: usize,
    /// Records of plain segments that were read, checked and indexed. Full segments with a keys file are not.
    pub records_scanned: u64,
    /// The unacknowledged tail that was dropped, if there was one.
    pub dropped: Option<DroppedTail>,
    /// Whether the index had to be rebuilt, or is being rebuilt.
    pub is_index_rebuilt: bool,
    /// Packed segments that were added to the index.
    pub segments_indexed: usize,
    /// Of a copy: the index that has seen more than the copy holds, and is set aside.
    pub index_ahead: Option<Witness>,
    /// Why the index, or a keys file, that was there had to be made again.
    pub index_fault: Option<String>,
}
