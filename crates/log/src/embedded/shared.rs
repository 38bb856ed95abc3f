//! What the writer, the sealer and the readers of one log share.

use std::sync::{Arc, OnceLock};

use attempt_ledger_domain::Position;
use attempt_ledger_system::disk::Disk;
use tokio::sync::watch;

use super::index::KeyIndex;
use super::layout::Layout;
use super::options::EmbeddedOptions;
use super::seal_gate::SealGate;
use super::sealed_files::SealedFiles;
use super::segments::Segments;

/// One open log.
pub(super) struct Shared {
    pub layout: Layout,
    pub options: EmbeddedOptions,
    pub disk: Arc<dyn Disk>,
    pub segments: Segments,
    pub sealed_files: Arc<SealedFiles>,
    pub index: KeyIndex,
    /// Moved by the writer after each fsync.
    pub head: watch::Sender<Position>,
    /// Why nothing more is written. Set once, by the writer.
    pub poison: OnceLock<String>,
    pub seal_gate: SealGate,
}

impl Shared {
    pub fn head(&self) -> Position {
        *self.head.borrow()
    }
}
