//! Opening is recovery: there is no other way in, whether the log was closed, killed or cut off.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attempt_ledger_domain::Position;
use attempt_ledger_system::aside::set_aside;
use attempt_ledger_system::disk::Disk;
use attempt_ledger_system::environment::{Environment as _, System};
use tracing::{info, warn};

use super::content::{GrowingContent, last_leaf_of};
use super::content_check::{check_before, check_content};
use super::error::OpenError;
use super::keys_recovery::{by_keys_file, sweep, write_keys_file};
use super::layout::{LogLayout, SegmentName};
use super::open_files::OpenFiles;
use super::options::EmbeddedOptions;
use super::packed_file::verify;
use super::packed_segment::PackedSegment;
use super::plain_segment::{PlainIndex, PlainSegment};
use super::scan::scan;
use super::segments::{Segment, SegmentSet};
use super::tail::Tail;
use super::watermark::Watermark;

/// Bytes at the end of the log that were never acknowledged and are gone now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedTail {
    /// The segment.
    pub file: PathBuf,
    /// Where the tail started.
    pub offset: u64,
    /// How long it was.
    pub bytes: u64,
    /// Why it was not a record.
    pub reason: String,
}

/// The segments of a log, ready to be read and appended to.
pub(super) struct RecoveredLog {
    pub set: SegmentSet,
    pub active: Arc<PlainSegment>,
    pub active_content: GrowingContent,
    pub head: Position,
    pub dropped: Option<DroppedTail>,
    pub open_files: Arc<OpenFiles>,
    pub records_scanned: u64,
    pub keys_fault: Option<String>,
}

#[derive(Clone, Copy, Default)]
struct SegmentForms {
    plain: bool,
    packed: bool,
}

type SegmentsFound = BTreeMap<Position, SegmentForms>;

struct Recovery<'r> {
    layout: &'r LogLayout,
    options: &'r EmbeddedOptions,
    disk: &'r dyn Disk,
    watermark: Option<Watermark>,
    open_files: Arc<OpenFiles>,
    segments: Vec<Segment>,
    /// The segments that have a keys file, ascending.
    keys_files: Vec<Position>,
    records_scanned: u64,
    /// What was wrong with a keys file.
    keys_fault: Option<String>,
    /// The position that the next segment must start with.
    next: Position,
    dropped: Option<DroppedTail>,
    /// The bytes of the last plain segment.
    active_content: GrowingContent,
}

/// Reads all segments; changes only what a crash has left unfinished. Being killed here does no harm.
pub(super) fn recover(
    layout: &LogLayout,
    options: &EmbeddedOptions,
    disk: &dyn Disk,
) -> Result<RecoveredLog, OpenError> {
    let path = layout.watermark();
    let watermark = Watermark::read(&path).map_err(OpenError::io(&path))?;
    if watermark.is_none() && path.exists() {
        warn!(file = %path.display(), "the watermark does not read and is ignored");
    }
    let (found, keys_files) = list(layout, disk)?;
    let mut recovery = Recovery {
        layout,
        options,
        disk,
        watermark,
        open_files: Arc::new(OpenFiles::new()),
        segments: Vec::with_capacity(found.len() + 1),
        keys_files,
        records_scanned: 0,
        keys_fault: None,
        next: Position(1),
        dropped: None,
        active_content: GrowingContent::default(),
    };
    let last = found.keys().next_back().copied();
    for (first, forms) in found {
        recovery.add(first, forms, Some(first) == last)?;
    }
    recovery.finish()
}

/// The segments by first position, and which of them have a keys file. What was left unfinished is removed.
fn list(layout: &LogLayout, disk: &dyn Disk) -> Result<(SegmentsFound, Vec<Position>), OpenError> {
    let log = layout.log();
    let mut keys_files = Vec::new();
    let mut found = SegmentsFound::new();
    for entry in fs::read_dir(&log).map_err(OpenError::io(&log))? {
        let path = entry.map_err(OpenError::io(&log))?.path();
        match SegmentName::parse(&path) {
            Some(SegmentName::Plain(first)) => found.entry(first).or_default().plain = true,
            Some(SegmentName::Packed(first)) => found.entry(first).or_default().packed = true,
            Some(SegmentName::Keys(first)) => keys_files.push(first),
            Some(SegmentName::Unfinished) => disk.remove(&path).map_err(OpenError::io(&path))?,
            None => {}
        }
    }
    keys_files.sort_unstable();
    Ok((found, keys_files))
}

impl Recovery<'_> {
    fn add(&mut self, first: Position, forms: SegmentForms, is_last: bool) -> Result<(), OpenError> {
        if first != self.next {
            let reason = format!("the log goes on at position {first}, after {}", self.next.0 - 1);
            return Err(OpenError::Missing { file: self.layout.plain(self.next), reason });
        }
        if forms.packed {
            match self.open_packed(first, forms.plain) {
                Ok(packed) => {
                    self.next = Position(first.0 + packed.records);
                    self.segments.push(Segment::Packed(Arc::new(packed)));
                    return Ok(());
                }
                Err(OpenError::Damaged { reason, .. }) if forms.plain => {
                    // The plain file is packed again later. Should it turn out to be half a copy, most of the
                    // packed one still reads.
                    let path = self.layout.packed(first);
                    let aside = set_aside(&path, System.now()).map_err(OpenError::io(&path))?;
                    warn!(file = %path.display(), ?aside, %reason, "a damaged packed copy is kept aside");
                }
                Err(error) => return Err(error),
            }
        }
        let plain = self.open_plain(first, is_last)?;
        self.next = Position(first.0 + plain.records());
        self.segments.push(Segment::Plain(Arc::new(plain)));
        Ok(())
    }

    fn open_packed(&self, first: Position, has_plain: bool) -> Result<PackedSegment, OpenError> {
        let path = self.layout.packed(first);
        let packed = PackedSegment::open(&path, &self.open_files)?;
        let damaged = |reason: &str| {
            Err(OpenError::Damaged { file: path.clone(), offset: 0, reason: reason.to_owned() })
        };
        if packed.first != first {
            return damaged("it holds the records of another segment");
        }
        if has_plain {
            // A crash came between the renaming and the removal.
            verify(&path, first, packed.records)?;
            let plain = self.layout.plain(first);
            info!(file = %plain.display(), "a plain segment is packed already and is removed");
            self.disk.remove(&plain).map_err(OpenError::io(&plain))?;
            self.sync_names()?;
        }
        Ok(packed)
    }

    fn open_plain(&mut self, first: Position, is_last: bool) -> Result<PlainSegment, OpenError> {
        let path = self.layout.plain(first);
        if !is_last && let Some(segment) = self.open_by_keys(first, &path) {
            check_before(&path, segment.before, &self.segments, &self.layout.keys(first))?;
            return Ok(segment);
        }
        let file = self.disk.open(&path).map_err(OpenError::io(&path))?;
        let bytes = fs::read(&path).map_err(OpenError::io(&path))?;
        let scanned = scan(&bytes, first);
        self.records_scanned += scanned.index.offsets.len() as u64;
        let end = scanned.index.end;
        let mark = self.watermark.filter(|mark| mark.segment == first && mark.bytes > end);
        match (scanned.fault, mark) {
            (None, None) => {}
            (fault, Some(_)) => {
                let cut = || "acknowledged records are missing from here on".to_owned();
                let reason = fault.unwrap_or_else(cut);
                return Err(OpenError::Damaged { file: path, offset: end, reason });
            }
            (Some(reason), None) if !is_last => {
                return Err(OpenError::Damaged { file: path, offset: end, reason });
            }
            (Some(reason), None) => {
                self.drop_tail(&path, &file, &bytes, &scanned.index, first, reason)?;
            }
        }
        if let Some(mark) = self.watermark.filter(|mark| mark.segment == first) {
            check_content(&path, &bytes, mark, &self.segments, &self.layout.watermark())?;
        }
        if is_last {
            self.active_content =
                GrowingContent::of(&bytes[..usize::try_from(end).expect("it is in memory")]);
            // What was written but never synced becomes part of the log now: it must not vanish later.
            self.disk.sync(&file).map_err(OpenError::io(&path))?;
        }
        let before = last_leaf_of(&self.segments);
        let segment = PlainSegment::new(first, &path, file, scanned.index, before);
        if !is_last && segment.records() > 0 {
            // At once: a process that is killed again before it serves has read this segment for the last
            // time.
            write_keys_file(self.layout, self.disk, &segment);
        }
        Ok(segment)
    }

    /// A full segment that need not be scanned, because its keys file fits.
    fn open_by_keys(&mut self, first: Position, path: &Path) -> Option<PlainSegment> {
        let keys_path = self.layout.keys(first);
        match by_keys_file(&keys_path, first, path) {
            Ok(Some(segment)) => {
                let end = segment.extent().1;
                let is_behind = |mark: &Watermark| mark.segment == first && mark.bytes > end;
                // A scan says what is missing.
                self.watermark.filter(is_behind).is_none().then_some(segment)
            }
            Ok(None) => None,
            Err(reason) => {
                let file = keys_path.display();
                warn!(%file, %reason, "a keys file is not believed; its segment is read");
                self.keys_fault.get_or_insert(format!("{}: {reason}", keys_path.display()));
                None
            }
        }
    }

    fn drop_tail(
        &mut self,
        path: &Path,
        file: &File,
        bytes: &[u8],
        index: &PlainIndex,
        first: Position,
        reason: String,
    ) -> Result<(), OpenError> {
        let tail = Tail {
            bytes,
            fault: usize::try_from(index.end).expect("the file is in memory"),
            expected: Position(first.0 + index.offsets.len() as u64),
            durable: self.durable_bytes(first),
            group_bytes_max: self.options.group_bytes_max,
        };
        if let Some(refusal) = tail.refusal() {
            let reason = format!("{reason}; {refusal}");
            return Err(OpenError::Damaged { file: path.to_owned(), offset: index.end, reason });
        }
        let dropped = DroppedTail {
            file: path.to_owned(),
            offset: index.end,
            bytes: bytes.len() as u64 - index.end,
            reason,
        };
        warn!(
            file = %path.display(), offset = dropped.offset, bytes = dropped.bytes,
            reason = %dropped.reason, "left out a tail that was never acknowledged"
        );
        self.disk.truncate(file, index.end).map_err(OpenError::io(path))?;
        self.dropped = Some(dropped);
        Ok(())
    }

    /// How many bytes of the last segment are known to be durable; a watermark in an earlier one says none.
    fn durable_bytes(&self, first: Position) -> Option<u64> {
        self.watermark.map(|mark| if mark.segment == first { mark.bytes } else { 0 })
    }

    fn sync_names(&self) -> Result<(), OpenError> {
        let log = self.layout.log();
        self.disk.sync_directory(&log).map_err(OpenError::io(&log))
    }

    fn finish(mut self) -> Result<RecoveredLog, OpenError> {
        let head = Position(self.next.0 - 1);
        if let Some(mark) = self.watermark.filter(|mark| mark.position > head) {
            let reason = format!(
                "the log ends at position {head}, but {} was acknowledged in a segment that starts at {}, \
                 says {}; removing that file gives up what is missing",
                mark.position,
                mark.segment,
                self.layout.watermark().display()
            );
            return Err(OpenError::Missing { file: self.layout.plain(self.next), reason });
        }
        let active = match self.segments.last() {
            Some(Segment::Plain(active)) => Arc::clone(active),
            _ => self.create_active()?,
        };
        let set = SegmentSet(self.segments);
        let plain: Vec<_> = set.plain().map(Arc::clone).collect();
        sweep(self.layout, self.disk, &self.keys_files, &plain, self.options.is_copy)?;
        Ok(RecoveredLog {
            set,
            active,
            active_content: self.active_content,
            head,
            dropped: self.dropped,
            open_files: self.open_files,
            records_scanned: self.records_scanned,
            keys_fault: self.keys_fault,
        })
    }

    fn create_active(&mut self) -> Result<Arc<PlainSegment>, OpenError> {
        let path = self.layout.plain(self.next);
        let file = self.disk.create(&path).map_err(OpenError::io(&path))?;
        self.sync_names()?;
        let before = last_leaf_of(&self.segments);
        let active = PlainSegment::new(self.next, &path, file, PlainIndex::default(), before);
        let active = Arc::new(active);
        self.segments.push(Segment::Plain(Arc::clone(&active)));
        Ok(active)
    }
}
