//! A log between its directory and its threads: locked, recovered, held against what lies beside it.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use attempt_ledger_system::disk::Disk;
use attempt_ledger_system::scratch_directory::ScratchDirectory;
use attempt_ledger_system::still_disk::StillDisk;
use tokio::sync::watch;

use super::content::GrowingContent;
use super::directory::{enter, enter_to_read};
use super::error::OpenError;
use super::format_file::{DirectoryFormat, FormatFile};
use super::index_look::{IndexLook, look};
use super::index_recovery::{RecoveredIndex, recover_index};
use super::known_damage::KnownDamage;
use super::layout::LogLayout;
use super::lineage_check::check_lineage;
use super::open_log::OpenLog;
use super::open_report::OpenReport;
use super::options::EmbeddedOptions;
use super::packed_keys::{IndexState, PackedKeys};
use super::packer_gate::PackerGate;
use super::plain_segment::PlainSegment;
use super::recovery::{RecoveredLog, recover};
use super::segments::Segments;

/// A log without threads.
pub(super) struct OpenedLog {
    pub shared: Arc<OpenLog>,
    pub report: OpenReport,
    pub active: Arc<PlainSegment>,
    pub active_content: GrowingContent,
    pub locks: Vec<File>,
    /// Of a log that is only read: where the copy of its index lies.
    pub index_copy: Option<ScratchDirectory>,
}

/// Creates the directory where needed, and mends what a crash has left.
pub(super) fn open_to_write(
    directory: &Path,
    options: &EmbeddedOptions,
    disk: Arc<dyn Disk>,
) -> Result<OpenedLog, OpenError> {
    let options = options.clamped();
    let layout = LogLayout { root: directory.to_owned() };
    let (locks, found) = enter(&layout, &options, &*disk)?;
    let (recovered, format) = recover_log(&layout, &options, &*disk, &found)?;
    let packer_gate = Arc::<PackerGate>::default();
    let indexed = recover_index(&layout, &recovered.set, &options, &packer_gate)?;
    Ok(assemble(layout, options, disk, (locks, format), recovered, indexed, packer_gate))
}

/// Makes and changes nothing. The index cannot be opened without being written: it is opened in a copy.
pub(super) fn open_to_read(directory: &Path, options: &EmbeddedOptions) -> Result<OpenedLog, OpenError> {
    let options = options.clamped();
    let layout = LogLayout { root: directory.to_owned() };
    let (locks, found) = enter_to_read(&layout, &options)?;
    let (recovered, format) = recover_log(&layout, &options, &StillDisk, &found)?;
    let packer_gate = Arc::<PackerGate>::default();
    let IndexLook { current, copy, fault } = look(&layout, &recovered.set, &options)?;
    let state = IndexState { current, ..IndexState::default() };
    let indexed = RecoveredIndex {
        keys: PackedKeys::new(&layout, &options, state, &packer_gate),
        is_rebuilt: false,
        segments_added: 0,
        ahead: None,
        fault,
    };
    let disk = Arc::new(StillDisk);
    let opened = assemble(layout, options, disk, (locks, format), recovered, indexed, packer_gate);
    let opened = OpenedLog { index_copy: copy, ..opened };
    let reason = "the directory is only read".to_owned();
    opened.shared.packer_gate.end(reason.clone());
    let _ = opened.shared.poison.set(reason);
    Ok(opened)
}

fn recover_log(
    layout: &LogLayout,
    options: &EmbeddedOptions,
    disk: &dyn Disk,
    found: &DirectoryFormat,
) -> Result<(RecoveredLog, DirectoryFormat), OpenError> {
    let recovered = recover(layout, options, disk)?;
    let format = check_lineage(layout, &recovered.set, found, options)?;
    if format != *found {
        let path = layout.format();
        format.write(&path, disk).map_err(OpenError::io(&path))?;
    }
    Ok((recovered, format))
}

fn assemble(
    layout: LogLayout,
    options: EmbeddedOptions,
    disk: Arc<dyn Disk>,
    (locks, format): (Vec<File>, DirectoryFormat),
    recovered: RecoveredLog,
    indexed: RecoveredIndex,
    packer_gate: Arc<PackerGate>,
) -> OpenedLog {
    let segments = recovered.set.0.len();
    let report = OpenReport {
        records: recovered.head.0,
        segments,
        segments_packed: segments - recovered.set.plain().count(),
        records_scanned: recovered.records_scanned,
        dropped: recovered.dropped,
        is_index_rebuilt: indexed.is_rebuilt,
        segments_indexed: indexed.segments_added,
        index_ahead: indexed.ahead,
        index_fault: indexed.fault.or(recovered.keys_fault),
    };
    let shared = Arc::new(OpenLog {
        format: FormatFile::new(layout.format(), format),
        layout,
        disk,
        segments: Segments::new(recovered.set),
        open_files: recovered.open_files,
        keys: indexed.keys,
        head: watch::Sender::new(recovered.head),
        poison: OnceLock::new(),
        is_full: AtomicBool::new(false),
        packer_gate,
        damage: KnownDamage::default(),
        options,
    });
    let RecoveredLog { active, active_content, .. } = recovered;
    OpenedLog { shared, report, active, active_content, locks, index_copy: None }
}
