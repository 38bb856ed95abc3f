//! What the writer, the packer and the readers of one log share.

use std::sync::{Arc, Mutex, OnceLock};

use attempt_ledger_domain::Position;
use attempt_ledger_system::disk::Disk;
use attempt_ledger_system::lock::take_over;
use tokio::sync::watch;

use super::format_file::FormatFile;
use super::layout::LogLayout;
use super::open_files::OpenFiles;
use super::options::EmbeddedOptions;
use super::packed_keys::PackedKeys;
use super::packer_gate::PackerGate;
use super::plain_segment::PlainSegment;
use super::segments::Segments;

/// One open log.
pub(super) struct OpenLog {
    pub layout: LogLayout,
    pub options: EmbeddedOptions,
    pub disk: Arc<dyn Disk>,
    pub format: FormatFile,
    pub segments: Segments,
    pub open_files: Arc<OpenFiles>,
    /// The keys of the packed segments.
    pub keys: PackedKeys,
    /// Moved by the writer after each fsync.
    pub head: watch::Sender<Position>,
    /// Why nothing more is written. Set once, by the writer.
    pub poison: OnceLock<String>,
    pub packer_gate: Arc<PackerGate>,
    /// Plain segments that the packer found damaged: the file, and what is wrong.
    pub damage: Mutex<Vec<(String, String)>>,
}

impl OpenLog {
    pub fn head(&self) -> Position {
        *self.head.borrow()
    }

    /// Notes a damaged segment, once.
    pub fn note_damage(&self, file: &str, what: &str) {
        let mut damage = take_over(self.damage.lock());
        if damage.iter().all(|(known, _)| known != file) {
            damage.push((file.to_owned(), what.to_owned()));
        }
    }

    pub fn is_damaged(&self, plain: &PlainSegment) -> bool {
        let file = plain.path.display().to_string();
        take_over(self.damage.lock()).iter().any(|(known, _)| *known == file)
    }

    /// What is wrong with the segments that were read in the background; `None` while they are whole.
    pub fn segment_damage(&self) -> Option<String> {
        let damage = take_over(self.damage.lock());
        let all: Vec<&str> = damage.iter().map(|(_, what)| what.as_str()).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}
