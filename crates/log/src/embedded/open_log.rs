//! What the writer, the packer and the readers of one log share.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use attempt_ledger_domain::Position;
use attempt_ledger_system::disk::Disk;
use tokio::sync::watch;

use super::format_file::FormatFile;
use super::known_damage::KnownDamage;
use super::layout::LogLayout;
use super::open_files::OpenFiles;
use super::options::EmbeddedOptions;
use super::packed_keys::PackedKeys;
use super::packer_gate::PackerGate;
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
    /// Whether the last append found no room.
    pub is_full: AtomicBool,
    pub packer_gate: Arc<PackerGate>,
    pub damage: KnownDamage,
}

impl OpenLog {
    pub fn head(&self) -> Position {
        *self.head.borrow()
    }
}
