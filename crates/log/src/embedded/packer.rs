//! The packer: one thread that compresses full segments, oldest first, beside the writer.

use std::sync::Arc;

use attempt_ledger_domain::Position;
use attempt_ledger_system::durable_file;
use tracing::{debug, error, info};

use super::index_value::IndexMarker;
use super::open_log::OpenLog;
use super::options::HURRY_SEGMENTS;
use super::packed_file::{verify, write_packed};
use super::packed_segment::PackedSegment;
use super::plain_segment::PlainSegment;
use crate::ReadError;

/// zstd's level while full segments pile up: a twentieth larger, four times as fast.
const ZSTD_LEVEL_HURRY: i32 = 3;

/// The lowest priority that there is.
const PACKER_NICE: i32 = 19;

/// Works until the log closes.
pub(super) fn run(shared: &OpenLog) {
    // Callers wait for the writer, nobody waits for the packer: on Linux this is the priority of this thread
    // alone. Where it is not permitted, packing competes with the rest.
    if let Err(error) = rustix::process::setpriority_process(None, PACKER_NICE) {
        debug!(%error, "the packer runs at normal priority");
    }
    while shared.packer_gate.wait_for_work() {
        while !shared.packer_gate.is_stopping()
            && let Some(plain) = shared.segments.snapshot().oldest_full()
        {
            match pack(shared, &plain) {
                Ok(()) => shared.packer_gate.report(None),
                Err(failure) => {
                    // The segment stays plain and readable; the next full one is the next occasion.
                    error!(%failure, "a segment could not be packed");
                    shared.packer_gate.report(Some(failure.to_string()));
                    break;
                }
            }
        }
    }
}

/// Each step may be the last before a crash; opening the log finishes what was begun.
fn pack(shared: &OpenLog, plain: &PlainSegment) -> Result<(), ReadError> {
    let io = |path: &std::path::Path| {
        let file = path.display().to_string();
        move |source| ReadError::Io { file, source }
    };
    let (disk, log) = (&*shared.disk, shared.layout.log());
    let unfinished = shared.layout.unfinished(plain.first);
    let path = shared.layout.packed(plain.first);
    let file = write_packed(disk, plain, &unfinished, &shared.options, level(shared))?;
    verify(&unfinished, plain.first, plain.records())?;
    durable_file::publish(disk, &file, &unfinished, &path).map_err(io(&path))?;
    let packed = PackedSegment::open(&path, &shared.open_files)?;
    let marker = marker_of(&packed);
    let entries = plain.index();
    shared.index.add(plain.first, entries.keys.iter(plain.first), marker)?;
    drop(entries);
    let records = packed.records;
    shared.segments.replace(packed);
    disk.remove(&plain.path).map_err(io(&plain.path))?;
    disk.sync_directory(&log).map_err(io(&log))?;
    info!(file = %path.display(), records, "packed a segment");
    Ok(())
}

/// Compresses well while there is time for it, and fast while full segments pile up.
fn level(shared: &OpenLog) -> i32 {
    if shared.segments.snapshot().full_count() > HURRY_SEGMENTS {
        return ZSTD_LEVEL_HURRY.min(shared.options.zstd_level);
    }
    shared.options.zstd_level
}

/// What the index says once it holds the segment.
pub(super) fn marker_of(packed: &PackedSegment) -> IndexMarker {
    IndexMarker { end: Position(packed.first.0 + packed.records), checksum: packed.checksum }
}

/// Releases waiting threads when the packer unwinds: nobody may wait for a thread that is gone.
pub(super) struct StopGuard(pub Arc<OpenLog>);

impl Drop for StopGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.packer_gate.end("the packer panicked".to_owned());
        }
    }
}
