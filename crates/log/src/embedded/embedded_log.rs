//! The embedded log's public face: opens, starts the two threads, passes calls on, closes.

use std::fmt;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::thread::JoinHandle;

use attempt_ledger_domain::{AttemptId, Position};
use attempt_ledger_system::disk::{Disk, RealDisk};
use attempt_ledger_system::scratch_directory::ScratchDirectory;
use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use super::directory::{evidence_of_emptied, has_segments};
use super::error::OpenError;
use super::evidence::Evidence;
use super::file_damage::file_damage;
use super::group::{AppendJob, bytes_of};
use super::layout::LogLayout;
use super::open_log::OpenLog;
use super::open_report::OpenReport;
use super::opening::{OpenedLog, open_to_read, open_to_write};
use super::options::EmbeddedOptions;
use super::reader::ScannedRecord;
use super::room::lacks_room;
use super::segments::Segment;
use super::start::{queue_heads, start_packer, start_watermark, start_writer};
use super::stream_heads::StreamHeads;
use super::watermark::Watermark;
use super::writer::{LogWriter, nameless};
use crate::{AppendError, Appended, EventLog, Key, ReadError, StoredRecord, StreamAppend};

/// An [`EventLog`] in a directory of this machine.
pub struct EmbeddedLog {
    pub(super) shared: Arc<OpenLog>,
    report: OpenReport,
    /// `None` once the log is closing: the writer ends when the last sender is gone. None of the three is
    /// there in a log that is only read.
    jobs: Option<SyncSender<AppendJob>>,
    queued_bytes: Arc<AtomicUsize>,
    writer: Option<JoinHandle<()>>,
    packer: Option<JoinHandle<()>>,
    /// Held until both threads have ended.
    _locks: Vec<File>,
    /// Of a log that is only read: where the copy of its index lies.
    index_copy: Option<ScratchDirectory>,
}

impl fmt::Debug for EmbeddedLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = formatter.debug_struct("EmbeddedLog");
        out.field("root", &self.shared.layout.root).field("report", &self.report);
        out.finish_non_exhaustive()
    }
}

impl EmbeddedLog {
    /// Opens a data directory, creating it where needed.
    ///
    /// # Errors
    /// [`OpenError`]; acknowledged records are never dropped to make a damaged log open.
    pub fn open(directory: &Path, options: &EmbeddedOptions) -> Result<Self, OpenError> {
        Self::open_on(directory, options, Arc::new(RealDisk))
    }

    pub(super) fn open_on(
        directory: &Path,
        options: &EmbeddedOptions,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, OpenError> {
        let OpenedLog { shared, report, active, active_content, locks, .. } =
            open_to_write(directory, options, disk)?;
        let mark = Watermark::of(&active, shared.head(), &active_content);
        let watermark = start_watermark(&shared.layout, &*shared.disk, mark)?;
        let queues = queue_heads(&shared)?;
        let queued_bytes = Arc::<AtomicUsize>::default();
        let writer = LogWriter {
            end: active.extent().1,
            active,
            content: active_content,
            heads: StreamHeads::new(shared.options.stream_heads_max, queues),
            watermark,
            queued_bytes: Arc::clone(&queued_bytes),
            shared: Arc::clone(&shared),
        };
        let (jobs, writer) = start_writer(writer)?;
        let packer = Some(start_packer(&shared)?);
        Ok(Self {
            shared,
            report,
            jobs: Some(jobs),
            queued_bytes,
            writer: Some(writer),
            packer,
            _locks: locks,
            index_copy: None,
        })
    }

    /// Opens a data directory in which nothing can be, or may be, written, as it lies. A torn end is left
    /// out, not cut off, and appends are refused. Several processes may do so at once.
    ///
    /// # Errors
    /// [`OpenError`]; a directory that a process has open for writing is refused.
    pub fn open_to_read(directory: &Path, options: &EmbeddedOptions) -> Result<Self, OpenError> {
        let OpenedLog { shared, report, locks, index_copy, .. } = open_to_read(directory, options)?;
        Ok(Self {
            shared,
            report,
            jobs: None,
            queued_bytes: Arc::default(),
            writer: None,
            packer: None,
            _locks: locks,
            index_copy,
        })
    }

    /// Whether a directory holds any records, or a file for them.
    ///
    /// # Errors
    /// [`OpenError::Io`] when it cannot be listed.
    pub fn exists(directory: &Path) -> Result<bool, OpenError> {
        has_segments(&LogLayout { root: directory.to_owned() })
    }

    /// What is left of a log in a directory that holds no records. Changes nothing.
    ///
    /// # Errors
    /// [`OpenError`] when `FORMAT` does not read.
    pub fn evidence(directory: &Path, options: &EmbeddedOptions) -> Result<Evidence, OpenError> {
        evidence_of_emptied(&LogLayout { root: directory.to_owned() }, options)
    }

    /// What is wrong with the files of a directory that does not open as a log: every damaged frame or line.
    ///
    /// # Errors
    /// [`ReadError::Io`] when the files cannot be listed.
    pub fn file_damage(directory: &Path) -> Result<Vec<ReadError>, ReadError> {
        file_damage(&LogLayout { root: directory.to_owned() })
    }

    /// What opening found and did.
    #[must_use]
    pub fn open_report(&self) -> &OpenReport {
        &self.report
    }

    /// Waits until every full segment is packed.
    ///
    /// # Errors
    /// What kept a segment from being packed. The segment stays plain and readable.
    pub fn wait_until_packed(&self) -> Result<(), String> {
        if !self.shared.options.pack {
            return Ok(());
        }
        self.shared.packer_gate.wake();
        let is_done = || self.shared.segments.snapshot().oldest_full().is_none();
        self.shared.packer_gate.wait_until(is_done).map_or(Ok(()), Err)
    }

    /// Waits until nothing is left to do in the background: every full segment is packed, or has a keys file
    /// and was read; every packed one is indexed, also where a damaged index is replaced, and has a lineage.
    ///
    /// # Errors
    /// What keeps the packer from working.
    pub fn wait_until_idle(&self) -> Result<(), String> {
        self.wait_until_packed()?;
        let is_done = || {
            let set = self.shared.segments.snapshot();
            !self.shared.keys.is_behind(&set)
                && set.packed().all(|packed| packed.lineage.is_some())
                && set.full().all(|full| !full.lacks_keys_file())
                && set.full().all(|full| !full.is_unread() || self.shared.damage.has(&full.path))
        };
        self.shared.packer_gate.wait_until(is_done).map_or(Ok(()), Err)
    }

    /// Recomputes what the packed segments' lineages state of their lines, and of the segments before.
    /// Returns what is wrong with each file that is not the one it should be.
    #[must_use]
    pub fn lineage_damage(&self) -> Vec<ReadError> {
        let mut damage = Vec::new();
        let mut previous = Some(None);
        for segment in &self.shared.segments.snapshot().0 {
            let Segment::Packed(packed) = segment else {
                // Opening has held it against the one behind it.
                previous = None;
                continue;
            };
            let lines = match packed.check_lines() {
                Ok(lines) => Some(lines),
                Err(error) => {
                    damage.push(error);
                    None
                }
            };
            let follows =
                packed.lineage.is_none_or(|lineage| previous.is_none_or(|it| lineage.previous == it));
            if lines.is_some() && !follows {
                damage
                    .push(packed.damaged_at_start("the segment before it is not the one its lineage names"));
            }
            // Of a segment that does not read, its lineage says what the next one names.
            previous = lines.or(packed.lineage.map(|lineage| lineage.lines)).map(Some);
        }
        damage
    }

    /// The file in which a record lies, and the byte at which it or its frame starts; `None` beyond the head.
    #[must_use]
    pub fn place_of(&self, position: Position) -> Option<(PathBuf, u64)> {
        let block = self.shared.segments.snapshot().block(position, 0).ok()??;
        Some((block.file.to_path_buf(), block.offset))
    }

    /// Compares the index with the packed segments, and keys files with theirs: each key leads to its
    /// records, and to no others.
    ///
    /// # Errors
    /// [`ReadError::Index`] with the first difference; others when the segments do not read.
    pub fn check_index(&self) -> Result<(), ReadError> {
        let set = self.shared.segments.snapshot();
        for plain in set.full() {
            if !plain.read_keys()? {
                let file = self.shared.layout.keys(plain.first);
                let reason = format!("{} does not hold the keys of its segment", file.display());
                return Err(ReadError::Index { reason });
            }
        }
        // The index of a log that is only read is a copy; where there is none, opening has said why.
        if self.packer.is_none() && self.index_copy.is_none() {
            return Ok(());
        }
        self.shared.keys.check(&set)
    }

    /// Visits the records after a position, ascending, up to the head of the moment or until `visit` breaks.
    ///
    /// Memory stays bounded by one block; records are borrowed from it.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] when a record's bytes are not what was written.
    pub fn scan<V>(&self, after: Position, visit: V) -> Result<(), ReadError>
    where
        V: FnMut(ScannedRecord<'_>) -> ControlFlow<()>,
    {
        self.shared.damage.noted(self.shared.scan(after, visit))
    }

    /// Writes and answers what is waiting, then ends both threads. Dropping the log does the same.
    pub fn close(self) {
        drop(self);
    }

    fn submit(&self, job: AppendJob) -> Result<(), AppendError> {
        let queued = self.queued_bytes.fetch_add(job.bytes, Ordering::Relaxed);
        let bytes = job.bytes;
        // A batch above the limit still goes through when nothing else is waiting.
        let sent = if queued > 0 && queued + bytes > self.shared.options.queue_bytes_max {
            Err(AppendError::Busy)
        } else {
            let jobs = self.jobs.as_ref().expect("the sender is there until the log is dropped");
            jobs.try_send(job).map_err(|error| match error {
                TrySendError::Full(_) => AppendError::Busy,
                TrySendError::Disconnected(_) => poisoned(&self.shared),
            })
        };
        if sent.is_err() {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        sent
    }
}

fn poisoned(shared: &OpenLog) -> AppendError {
    let reason = shared.poison.get().cloned();
    AppendError::Poisoned { reason: reason.unwrap_or_else(|| "the writer has ended".to_owned()) }
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            // A panic was already turned into poison; nobody is left to report it to.
            let _ = writer.join();
        }
        self.shared.packer_gate.stop();
        if let Some(packer) = self.packer.take() {
            let _ = packer.join();
        }
    }
}

impl EventLog for EmbeddedLog {
    fn append(&self, batch: Vec<StreamAppend>) -> BoxFuture<'_, Vec<Result<Appended, AppendError>>> {
        let count = batch.len();
        let all = move |error: AppendError| vec![Err(error); count];
        if self.shared.poison.get().is_some() {
            return std::future::ready(all(poisoned(&self.shared))).boxed();
        }
        let (reply, answer) = oneshot::channel();
        let bytes = bytes_of(&batch);
        let runtime = Handle::try_current().ok();
        if let Err(error) = self.submit(AppendJob { batch, bytes, reply, runtime }) {
            return std::future::ready(all(error)).boxed();
        }
        async move {
            match answer.await {
                Ok(results) => results,
                // The writer went down with the job.
                Err(_) => all(poisoned(&self.shared)),
            }
        }
        .boxed()
    }

    fn find(&self, key: Key) -> Result<Vec<Position>, ReadError> {
        self.shared.damage.noted(self.shared.find(key))
    }

    fn find_events(&self, attempt_id: AttemptId) -> Result<Vec<Position>, ReadError> {
        self.shared.damage.noted(self.shared.find_events(attempt_id))
    }

    fn refusals_before(&self, before: Position, limit: usize) -> Result<Vec<Position>, ReadError> {
        self.shared.damage.noted(self.shared.refusals_before(before, limit))
    }

    fn read(&self, positions: &[Position]) -> Result<Vec<StoredRecord>, ReadError> {
        self.shared.damage.noted(self.shared.read(positions))
    }

    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        self.shared.damage.noted(self.shared.read_after(after, limit))
    }

    fn visit_after(
        &self,
        after: Position,
        visit: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        self.shared.damage.noted(self.shared.visit_after(after, visit))
    }

    fn head(&self) -> Position {
        self.shared.head()
    }

    fn subscribe(&self) -> watch::Receiver<Position> {
        self.shared.head.subscribe()
    }

    fn poisoned(&self) -> Option<String> {
        if self.writer.is_some()
            && let Some(Segment::Plain(active)) = self.shared.segments.snapshot().0.last()
            && let Some(reason) = nameless(active)
            // One that has become full meanwhile is packed, and then its file goes.
            && let Some(Segment::Plain(still)) = self.shared.segments.snapshot().0.last()
            && Arc::ptr_eq(active, still)
        {
            // Noticed here where no append comes that would.
            return Some(self.shared.poison.get_or_init(|| reason).clone());
        }
        self.shared.poison.get().cloned()
    }

    fn lacks_room(&self) -> bool {
        self.shared.is_full.load(Ordering::Relaxed) && lacks_room(&self.shared.layout.log())
    }

    fn index_damage(&self) -> Option<String> {
        self.shared.keys.damage()
    }

    fn segment_damage(&self) -> Vec<String> {
        self.shared.segment_damage()
    }
}
