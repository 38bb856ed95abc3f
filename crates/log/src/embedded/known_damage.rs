//! Which segments are known to be damaged, while the log serves all that is whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use attempt_ledger_system::lock::take_over;

use super::layout::SegmentName;
use crate::ReadError;

/// By file, what is wrong with it: every read of a segment notes it, until the log is opened again.
#[derive(Debug, Default)]
pub(super) struct KnownDamage(Mutex<BTreeMap<String, String>>);

impl KnownDamage {
    /// Notes what a read met, where that is damage to a segment.
    pub fn note(&self, error: &ReadError) {
        let ReadError::Damaged { file, .. } = error else { return };
        let name = SegmentName::parse(Path::new(file));
        if matches!(name, Some(SegmentName::Plain(_) | SegmentName::Packed(_))) {
            let mut files = take_over(self.0.lock());
            files.entry(file.clone()).or_insert_with(|| error.to_string());
        }
    }

    /// The same for what was read.
    pub fn noted<T>(&self, read: Result<T, ReadError>) -> Result<T, ReadError> {
        read.inspect_err(|error| self.note(error))
    }

    pub fn has(&self, path: &Path) -> bool {
        take_over(self.0.lock()).contains_key(&path.display().to_string())
    }

    /// What is wrong, a text for each segment.
    pub fn all(&self) -> Vec<String> {
        take_over(self.0.lock()).values().cloned().collect()
    }
}
