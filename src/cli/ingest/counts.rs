//! What became of the lines of an ingest.

use serde::{Deserialize, Serialize};

/// What became of the lines so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) lines: u64,
    pub(super) recorded: u64,
    pub(super) duplicates: u64,
    pub(super) refused: u64,
    /// Decisions about refusals, which an export wrote.
    #[serde(default, skip_serializing_if = "is_none_of_them")]
    pub(super) skipped: u64,
    /// Those of the refused that are kept nowhere, because they are longer than a server takes.
    #[serde(default, skip_serializing_if = "is_none_of_them")]
    pub(super) not_kept: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none_of_them(count: &u64) -> bool {
    *count == 0
}
