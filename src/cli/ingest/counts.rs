//! What became of the lines of an ingest.

use serde::{Deserialize, Serialize};

/// What became of the lines so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) lines: u64,
    pub(super) recorded: u64,
    pub(super) duplicates: u64,
    pub(super) refused: u64,
}
