//! Segments whose files were taken away under a running log.

use std::path::PathBuf;

use super::open_log::OpenLog;
use super::segments::Segment;

impl OpenLog {
    /// What is known to be wrong with segments, and which of them have no file at the moment.
    pub fn segment_damage(&self) -> Vec<String> {
        let mut damage = self.damage.all();
        let missing = self.missing_segments().into_iter().filter(|path| !self.damage.has(path));
        damage.extend(missing.map(|path| {
            let file = path.display();
            format!("{file} is missing; hint: restore this file from a backup before the ledger is stopped")
        }));
        damage
    }

    fn missing_segments(&self) -> Vec<PathBuf> {
        let paths = || self.segments.snapshot().0.iter().map(|one| Segment::path(one).to_owned()).collect();
        let mut missing: Vec<PathBuf> = paths();
        // What cannot be looked at may be there.
        missing.retain(|path| matches!(path.try_exists(), Ok(false)));
        if !missing.is_empty() {
            // The packer may have put a packed segment in its place meanwhile.
            let now: Vec<PathBuf> = paths();
            missing.retain(|path| now.contains(path));
        }
        missing
    }
}
