//! The writer: one thread that owns the active segment. Group commit happens here and nowhere else.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use attempt_ledger_domain::{Position, Revision};
use tracing::{error, warn};

use super::content::GrowingContent;
use super::group::{AppendJob, Group};
use super::open_log::OpenLog;
use super::options::LINGER_JOBS_MIN;
use super::plain_segment::{PlainIndex, PlainSegment};
use super::segments::Segment;
use super::stream_heads::StreamHeads;
use super::watermark::{ActiveContent, Watermark, WatermarkFile};
use crate::{AppendError, ReadError, Stream};

/// A group waits this long for company for each call in it, in microseconds, …
const LINGER_PER_JOB_US: u64 = 16;

/// … and never longer than this.
const LINGER_US_MAX: u64 = 1_000;

/// Why a group was not written.
enum WriteFailure {
    /// The segment is as it was before.
    Undone(io::Error),
    /// What the disk holds is not known.
    Unknown(String),
}

/// Everything in it is owned by the writer thread.
pub(super) struct LogWriter {
    pub shared: Arc<OpenLog>,
    pub active: Arc<PlainSegment>,
    /// Durable bytes of the active segment.
    pub end: u64,
    /// Their checksum.
    pub content: GrowingContent,
    pub heads: StreamHeads,
    pub watermark: WatermarkFile,
    /// Bytes of the jobs that are still in the queue.
    pub queued_bytes: Arc<AtomicUsize>,
}

/// How long to wait for company before a group is synced. A sync costs about as much processor time as ten
/// requests, so under load fewer and larger groups answer more callers sooner. A caller who is alone never
/// waits.
fn linger(jobs: usize) -> Option<Duration> {
    if jobs < LINGER_JOBS_MIN {
        return None;
    }
    let pause_us = u64::try_from(jobs).unwrap_or(u64::MAX).saturating_mul(LINGER_PER_JOB_US);
    Some(Duration::from_micros(pause_us.min(LINGER_US_MAX)))
}

/// Poisons the log when the writer thread unwinds, so that callers are refused instead of left waiting.
struct PanicGuard(Arc<OpenLog>);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.poison.set("the writer panicked".to_owned());
        }
    }
}

impl LogWriter {
    /// Works until every sender of jobs is gone and the queue is empty.
    pub fn run(mut self, jobs: &Receiver<AppendJob>) {
        let _guard = PanicGuard(Arc::clone(&self.shared));
        let mut group = Group::default();
        while let Ok(job) = jobs.recv() {
            self.take(job, &mut group);
            self.take_waiting(jobs, &mut group);
            if let Some(pause) = linger(group.jobs()) {
                thread::sleep(pause);
                self.take_waiting(jobs, &mut group);
            }
            self.finish(&mut group);
        }
    }

    fn take_waiting(&mut self, jobs: &Receiver<AppendJob>, group: &mut Group) {
        while group.bytes.len() < self.shared.options.group_bytes_max
            && let Ok(job) = jobs.try_recv()
        {
            self.take(job, group);
        }
    }

    fn take(&mut self, job: AppendJob, group: &mut Group) {
        let queued = self.queued_bytes.fetch_sub(job.bytes, Ordering::Relaxed);
        assert!(queued >= job.bytes, "the queue holds what it gives");
        let shared = &self.shared;
        let next = shared.head().next();
        group.add(job, next, &mut self.heads, |stream| look_up(shared, stream));
    }

    /// Writes the group and answers everyone in it.
    fn finish(&mut self, group: &mut Group) {
        if let Some(reason) = self.shared.poison.get() {
            group.fail(&AppendError::Poisoned { reason: reason.clone() });
            self.heads.roll_back();
            return;
        }
        if group.is_empty() {
            self.heads.commit();
            group.acknowledge();
            return;
        }
        match self.write(group) {
            Ok(()) => self.publish(group),
            Err(failure) => {
                self.heads.roll_back();
                let answer = self.answer(failure);
                group.fail(&answer);
            }
        }
    }

    fn write(&mut self, group: &Group) -> Result<(), WriteFailure> {
        let length = group.bytes.len() as u64;
        if self.end > 0 && self.end + length > self.shared.options.segment_bytes_max {
            self.rotate()?;
        }
        let disk = &*self.shared.disk;
        if let Err(error) = disk.write_at(&self.active.file, &group.bytes, self.end) {
            return Err(match disk.truncate(&self.active.file, self.end) {
                Ok(()) => WriteFailure::Undone(error),
                Err(second) => WriteFailure::Unknown(format!(
                    "a write failed ({error}) and what it left could not be cut off ({second})"
                )),
            });
        }
        // After a failed sync the kernel may drop the written pages and report success next time: the only
        // honest thing is to stop.
        disk.sync(&self.active.file).map_err(|error| WriteFailure::Unknown(error.to_string()))?;
        if let Some(reason) = nameless(&self.active) {
            return Err(WriteFailure::Unknown(reason));
        }
        self.end += length;
        Ok(())
    }

    /// Makes the durable group visible: first to recovery, then to readers, last to the callers.
    fn publish(&mut self, group: &mut Group) {
        let shared = Arc::clone(&self.shared);
        let head = Position(shared.head().0 + group.records());
        self.content.add(&group.bytes);
        let content = ActiveContent { checksum: self.content.checksum(), before: self.active.before };
        let (segment, bytes) = (self.active.first, self.end);
        let watermark = Watermark { segment, bytes, position: head, content: Some(content) };
        if let Err(error) = self.watermark.write(&*shared.disk, watermark) {
            // Only the next recovery's ability to distinguish rot from a torn write suffers.
            warn!(%error, "the watermark could not be written");
        }
        if shared.head() == Position(0)
            && let Err(reason) = shared.format.begin(group.first_leaf(), &*shared.disk)
        {
            error!(%reason, "the log takes no writes: it is not the one that was here");
            let _ = shared.poison.set(reason);
        }
        self.active.publish(|index| group.publish(index));
        let (records, end) = self.active.extent();
        assert_eq!(self.active.first.0 + records, head.0 + 1, "positions follow the head");
        assert_eq!(end, self.end, "readers see what is durable, no more and no less");
        self.heads.commit();
        shared.is_full.store(false, Ordering::Relaxed);
        shared.head.send_replace(head);
        group.acknowledge();
    }

    /// Starts a new segment. The full one is synced once more: an earlier cut-off may not be durable yet.
    fn rotate(&mut self) -> Result<(), WriteFailure> {
        let shared = Arc::clone(&self.shared);
        if shared.options.pack {
            let max = shared.options.unpacked_segments_max;
            shared.packer_gate.wait_until(|| shared.segments.snapshot().full_count() < max);
        }
        let unknown = |error: io::Error| WriteFailure::Unknown(error.to_string());
        shared.disk.sync(&self.active.file).map_err(unknown)?;
        let first = shared.head().next();
        let path = shared.layout.plain(first);
        let file = match shared.disk.create(&path) {
            Ok(file) => file,
            Err(error) => return Err(self.undo_create(&path, error)),
        };
        shared.disk.sync_directory(&shared.layout.log()).map_err(unknown)?;
        let before = self.active.last_leaf().ok();
        let segment = Arc::new(PlainSegment::new(first, &path, file, PlainIndex::default(), before));
        shared.segments.push(Segment::Plain(Arc::clone(&segment)));
        self.active = segment;
        self.end = 0;
        self.content = GrowingContent::default();
        // It writes the full segment's keys file, too.
        shared.packer_gate.wake();
        Ok(())
    }

    /// A creation that failed may have happened. The current segment may still take smaller groups, and then
    /// a file with the name of a later position would make the log look torn: it must go.
    fn undo_create(&self, path: &Path, error: io::Error) -> WriteFailure {
        match self.shared.disk.remove(path) {
            Ok(()) => WriteFailure::Undone(error),
            Err(second) if second.kind() == io::ErrorKind::NotFound => WriteFailure::Undone(error),
            Err(second) => WriteFailure::Unknown(format!(
                "a segment could not be created ({error}) nor what is left of it removed ({second})"
            )),
        }
    }

    fn answer(&self, failure: WriteFailure) -> AppendError {
        match failure {
            WriteFailure::Undone(error) if is_full(&error) => {
                self.shared.is_full.store(true, Ordering::Relaxed);
                AppendError::Full
            }
            WriteFailure::Undone(error) => AppendError::Failed { reason: error.to_string() },
            WriteFailure::Unknown(reason) => {
                error!(%reason, "the log takes no more writes until it is opened again");
                let reason = self.shared.poison.get_or_init(|| reason).clone();
                AppendError::Poisoned { reason }
            }
        }
    }
}

/// What is said of an active segment that was removed under the running log.
pub(super) fn nameless(active: &PlainSegment) -> Option<String> {
    (!active.has_name()).then(|| {
        format!(
            "{} was removed while the log was open, and what it holds is gone when the process ends: take a \
             backup of the running service first",
            active.path.display()
        )
    })
}

pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// The revision of a stream that the writer does not remember.
fn look_up(shared: &OpenLog, stream: Stream) -> Result<Revision, ReadError> {
    match stream {
        Stream::Attempt(id) => shared.events_of(id),
        _ => Ok(Revision(0)),
    }
}
