//! The packer: one thread that compresses full segments, oldest first, beside the writer, and brings the
//! index forward.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_domain::Position;
use attempt_ledger_system::cancellation::scope;
use attempt_ledger_system::durable_file;
use tracing::{debug, error, info};

use super::index_value::IndexMarker;
use super::keys_recovery::write_keys_file;
use super::open_log::OpenLog;
use super::options::HURRY_SEGMENTS;
use super::packed_file::{Ancestry, verify, write_packed, write_upgraded};
use super::packed_segment::PackedSegment;
use super::packer_gate::PackerTurn;
use super::plain_segment::PlainSegment;
use super::scrub::Scrub;
use crate::ReadError;

/// zstd's level while full segments pile up: a twentieth larger, four times as fast.
const ZSTD_LEVEL_HURRY: i32 = 3;

/// The pause after the index could not be brought forward.
const RETRY: Duration = Duration::from_secs(10);

/// The lowest priority that there is.
const PACKER_NICE: i32 = 19;

/// Works until the log closes.
pub(super) fn run(shared: &OpenLog) {
    // Callers wait for the writer, nobody waits for the packer: on Linux this is the priority of this thread
    // alone. Where it is not permitted, packing competes with the rest.
    if let Err(error) = rustix::process::setpriority_process(None, PACKER_NICE) {
        debug!(%error, "the packer runs at normal priority");
    }
    shared.keys.check_tables();
    let mut scrub = Scrub::begin(shared.options.scrub_interval);
    scope(shared.packer_gate.stop_token(), || {
        let mut has_failed = false;
        loop {
            let pause = scrub.pause(&shared.segments.snapshot());
            let pause = if has_failed { pause.min(RETRY) } else { pause };
            match shared.packer_gate.wait_for_work(pause) {
                PackerTurn::End => break,
                PackerTurn::Work => has_failed = !work(shared),
                PackerTurn::Pause if has_failed => has_failed = !work(shared),
                PackerTurn::Pause => {}
            }
            scrub.step(shared);
        }
    });
}

/// Works until nothing is left to do. Returns whether the index is where it should be.
fn work(shared: &OpenLog) -> bool {
    let mut can_pack = shared.options.pack;
    while !shared.packer_gate.is_stopping() {
        write_keys_files(shared);
        // Segments first: the writer waits for them when there are too many.
        let mut is_packed = false;
        if can_pack && let Some(plain) = shared.segments.snapshot().oldest_full() {
            let packed = pack(shared, &plain);
            if matches!(packed, Err(ReadError::Cancelled)) {
                // Where it cannot be removed, opening the log does it.
                let _ = shared.disk.remove(&shared.layout.unfinished(plain.first));
                return true;
            }
            is_packed = packed.is_ok();
            // A segment that could not be packed stays plain and readable; the next full one is the next
            // occasion.
            can_pack = is_packed;
            let failure = packed.err();
            if let Some(failure) = &failure {
                error!(%failure, "a segment could not be packed");
                shared.damage.note(failure);
            }
            shared.packer_gate.report(failure.map(|failure| failure.to_string()));
        }
        let indexed = index_oldest(shared);
        shared.packer_gate.note_progress();
        match indexed {
            Ok(is_indexed) if is_packed || is_indexed => continue,
            Ok(_) => {}
            Err(ReadError::Cancelled) => return true,
            Err(failure) => {
                shared.damage.note(&failure);
                error!(%failure, "the index could not be brought forward; it is tried again");
                return false;
            }
        }
        let upgraded = upgrade_oldest(shared);
        shared.packer_gate.note_progress();
        match upgraded {
            Ok(true) => continue,
            Ok(false) => {}
            Err(failure) => {
                shared.damage.note(&failure);
                error!(%failure, "a packed segment could not be given a lineage");
            }
        }
        if !read_oldest(shared) {
            return true;
        }
    }
    true
}

/// Writes the keys files of segments that became full. They come before packing: a process that is killed
/// before it has packed reads no segment again.
fn write_keys_files(shared: &OpenLog) {
    for plain in shared.segments.snapshot().full() {
        if plain.lacks_keys_file() {
            write_keys_file(&shared.layout, &*shared.disk, plain);
            shared.packer_gate.note_progress();
        }
    }
}

/// Reads a segment that was opened by its keys file and cannot be packed: what opening has not checked is
/// checked here. Returns whether there may be another one.
fn read_oldest(shared: &OpenLog) -> bool {
    let set = shared.segments.snapshot();
    let Some(plain) = set.full().find(|plain| plain.is_unread() && !shared.damage.has(&plain.path)) else {
        return false;
    };
    if let Err(failure) = read_keys(shared, plain) {
        if matches!(failure, ReadError::Cancelled) {
            return false;
        }
        error!(%failure, "a segment could not be read");
        shared.damage.note(&failure);
        if shared.damage.has(&plain.path) {
            return true;
        }
        shared.packer_gate.report(Some(failure.to_string()));
        return false;
    }
    shared.packer_gate.note_progress();
    true
}

fn read_keys(shared: &OpenLog, plain: &PlainSegment) -> Result<(), ReadError> {
    if !plain.read_keys()? {
        let file = shared.layout.keys(plain.first);
        error!(file = %file.display(), "the keys of a segment were not those of its records; they are now");
        write_keys_file(&shared.layout, &*shared.disk, plain);
    }
    Ok(())
}

/// Brings an index that is behind, or that takes the place of a damaged one, a segment forward. Returns
/// whether there is more to do.
fn index_oldest(shared: &OpenLog) -> Result<bool, ReadError> {
    let set = shared.segments.snapshot();
    if !shared.keys.is_behind(&set) {
        return Ok(false);
    }
    Ok(shared.keys.advance(&set)?.is_some())
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
    read_keys(shared, plain)?;
    let ancestry = ancestry_of(shared, plain.first)?;
    let mut between = || write_keys_files(shared);
    let file =
        write_packed(disk, plain, &unfinished, &shared.options, level(shared), ancestry, &mut between)?;
    verify(&unfinished, plain.first, plain.records())?;
    durable_file::publish(disk, &file, &unfinished, &path).map_err(io(&path))?;
    let packed = PackedSegment::open(&path, &shared.open_files)?;
    let entries = plain.index();
    shared.keys.add(plain.first, entries.keys.map().iter(plain.first), IndexMarker::of(&packed));
    drop(entries);
    let records = packed.records;
    shared.segments.replace(packed);
    disk.remove(&plain.path).map_err(io(&plain.path))?;
    let keys = shared.layout.keys(plain.first);
    match disk.remove(&keys) {
        // Where it could not be written.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        removed => removed.map_err(io(&keys))?,
    }
    disk.sync_directory(&log).map_err(io(&log))?;
    info!(file = %path.display(), records, "packed a segment");
    Ok(())
}

/// Gives the oldest packed segment that has none a lineage. Returns whether there may be another one.
fn upgrade_oldest(shared: &OpenLog) -> Result<bool, ReadError> {
    let set = shared.segments.snapshot();
    if set.is_mixed() {
        // A lineage names the packed segment before, which is not packed yet.
        return Ok(false);
    }
    let Some(packed) = set.packed().find(|packed| packed.lineage.is_none()) else {
        if shared.format.has_unnamed() {
            shared.format.complete(&*shared.disk);
        }
        return Ok(false);
    };
    let (unfinished, path) = (shared.layout.unfinished(packed.first), &packed.path);
    let ancestry = ancestry_of(shared, packed.first)?;
    let file = write_upgraded(&*shared.disk, packed, &unfinished, ancestry)?;
    verify(&unfinished, packed.first, packed.records)?;
    let published = durable_file::publish(&*shared.disk, &file, &unfinished, path);
    published.map_err(|source| ReadError::Io { file: path.display().to_string(), source })?;
    // Readers of the old file find the same frames in the same places.
    shared.segments.replace(PackedSegment::open(path, &shared.open_files)?);
    info!(file = %path.display(), "a packed segment names its ledger now");
    Ok(true)
}

/// The ledger, and the packed segment before a position.
fn ancestry_of(shared: &OpenLog, first: Position) -> Result<Ancestry, ReadError> {
    let set = shared.segments.snapshot();
    let before = set.packed().take_while(|packed| packed.first < first).last();
    let previous =
        match before.map(|packed| packed.lineage.map_or_else(|| packed.lines_digest(), |it| Ok(it.lines))) {
            None => None,
            Some(lines) => Some(lines?),
        };
    let ledger = shared.format.ledger().expect("a log with full segments has a first record");
    Ok(Ancestry { ledger, previous })
}

/// Compresses well while there is time for it, and fast while full segments pile up.
fn level(shared: &OpenLog) -> i32 {
    if shared.segments.snapshot().full_count() > HURRY_SEGMENTS {
        return ZSTD_LEVEL_HURRY.min(shared.options.zstd_level);
    }
    shared.options.zstd_level
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
