//! The sealer: one thread that compresses full segments, oldest first, beside the writer.

use std::sync::Arc;

use attempt_ledger_domain::Position;
use attempt_ledger_system::durable_file;
use tracing::{debug, error, info};

use super::index_value::Marker;
use super::options::{HURRY_SEGMENTS, ZSTD_LEVEL_HURRY};
use super::plain::PlainSegment;
use super::seal::{verify, write_sealed};
use super::sealed::SealedSegment;
use super::shared::Shared;
use crate::ReadError;

/// The lowest priority that there is.
const SEALER_NICE: i32 = 19;

/// Works until it is told to stop.
pub(super) fn run(shared: &Shared) {
    // Callers wait for the writer, nobody waits for the sealer: on Linux this is the priority of this thread
    // alone. Where it is not permitted, sealing competes with the rest.
    if let Err(error) = rustix::process::setpriority_process(None, SEALER_NICE) {
        debug!(%error, "the sealer runs at normal priority");
    }
    while shared.seal_gate.wait_for_work() {
        while !shared.seal_gate.is_stopping()
            && let Some(plain) = shared.segments.snapshot().oldest_full()
        {
            match seal(shared, &plain) {
                Ok(()) => shared.seal_gate.report(None),
                Err(failure) => {
                    // The segment stays plain and readable; the next full one is the next occasion.
                    error!(%failure, "a segment could not be sealed");
                    shared.seal_gate.report(Some(failure.to_string()));
                    break;
                }
            }
        }
    }
}

/// Each step may be the last before a crash; opening the log finishes what was begun.
fn seal(shared: &Shared, plain: &PlainSegment) -> Result<(), ReadError> {
    let io = |path: &std::path::Path| {
        let file = path.display().to_string();
        move |source| ReadError::Io { file, source }
    };
    let (disk, log) = (&*shared.disk, shared.layout.log());
    let unfinished = shared.layout.unfinished(plain.first);
    let path = shared.layout.sealed(plain.first);
    let file = write_sealed(disk, plain, &unfinished, &shared.options, level(shared))?;
    verify(&unfinished, plain.first, plain.records())?;
    durable_file::publish(disk, &file, &unfinished, &path).map_err(io(&path))?;
    let sealed = SealedSegment::open(&path, &shared.sealed_files)?;
    let marker = marker_of(&sealed);
    let entries = plain.index();
    shared.index.add(plain.first, entries.keys.iter(plain.first), marker)?;
    drop(entries);
    let records = sealed.records;
    shared.segments.replace(sealed);
    disk.remove(&plain.path).map_err(io(&plain.path))?;
    disk.sync_directory(&log).map_err(io(&log))?;
    info!(file = %path.display(), records, "sealed a segment");
    Ok(())
}

/// Compresses well while there is time for it, and fast while full segments pile up.
fn level(shared: &Shared) -> i32 {
    if shared.segments.snapshot().full_count() > HURRY_SEGMENTS {
        return ZSTD_LEVEL_HURRY.min(shared.options.zstd_level);
    }
    shared.options.zstd_level
}

/// What the index says once it holds the segment.
pub(super) fn marker_of(sealed: &SealedSegment) -> Marker {
    Marker { end: Position(sealed.first.0 + sealed.records), checksum: sealed.checksum }
}

/// Tells waiting threads when the sealer unwinds: nobody may wait for a thread that is gone.
pub(super) struct StopGuard(pub Arc<Shared>);

impl Drop for StopGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.seal_gate.end("the sealer panicked".to_owned());
        }
    }
}
