//! What became of the lines of an ingest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cli::visible::visible;

/// What became of the lines so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Of the recorded and of the duplicates, how many have each flag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) flags: BTreeMap<String, u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none_of_them(count: &u64) -> bool {
    *count == 0
}

impl Counts {
    /// Counts what is odd about a delivery.
    pub(super) fn add_flags(&mut self, flags: &[String]) {
        for flag in flags {
            *self.flags.entry(flag.clone()).or_default() += 1;
        }
    }

    /// In a line, and a second one where anything is odd.
    pub(super) fn in_words(&self) -> String {
        let Self { lines, recorded, duplicates, refused, skipped, not_kept, flags } = self;
        let kept = refused - not_kept;
        let not_kept = match not_kept {
            0 => String::new(),
            count => format!(", {count} too long to be kept"),
        };
        let skipped = match skipped {
            0 => String::new(),
            count => format!(", {count} decisions about refusals skipped"),
        };
        let flagged: Vec<String> =
            flags.iter().map(|(flag, count)| format!("{count} {}", visible(flag))).collect();
        let flagged = match flagged.is_empty() {
            true => String::new(),
            false => format!("flagged: {}\n", flagged.join(", ")),
        };
        format!(
            "{lines} lines: {recorded} recorded, {duplicates} duplicates, {kept} refused and kept{not_kept}\
             {skipped}\n{flagged}"
        )
    }
}
