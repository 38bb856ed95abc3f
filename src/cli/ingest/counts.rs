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
    /// Those of the refused that were refused before: nothing of them was recorded again.
    #[serde(default, skip_serializing_if = "is_none_of_them")]
    pub(super) refused_before: u64,
    /// Of the refused, how many each rule refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) rules: BTreeMap<String, u64>,
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

    /// How many a rule refused for the first time.
    pub(super) const fn newly_refused(&self) -> u64 {
        self.refused - self.refused_before
    }

    /// In a line, and another one where anything was refused or is odd.
    pub(super) fn in_words(&self) -> String {
        let Self { lines, recorded, duplicates, skipped, not_kept, refused_before, rules, flags, .. } = self;
        let kept = self.newly_refused() - not_kept;
        let refused_before = match refused_before {
            0 => String::new(),
            count => format!(", {count} refused before"),
        };
        let not_kept = match not_kept {
            0 => String::new(),
            count => format!(", {count} too long to be kept"),
        };
        let skipped = match skipped {
            0 => String::new(),
            count => format!(", {count} decisions about refusals skipped"),
        };
        let (ruled, flagged) = (line("refused by", rules), line("flagged:", flags));
        format!(
            "{lines} lines: {recorded} recorded, {duplicates} duplicates, {kept} refused and kept\
             {refused_before}{not_kept}{skipped}\n{ruled}{flagged}"
        )
    }
}

/// How many of each, in a line that begins with a word; nothing where there are none.
fn line(word: &str, counts: &BTreeMap<String, u64>) -> String {
    let counts: Vec<String> =
        counts.iter().map(|(name, count)| format!("{count} {}", visible(name))).collect();
    if counts.is_empty() { String::new() } else { format!("{word} {}\n", counts.join(", ")) }
}
