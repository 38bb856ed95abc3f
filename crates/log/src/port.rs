//! The port that every log backend implements, and the words that it is spoken in.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use attempt_ledger_domain::{AttemptId, Position, QueueId, Revision};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use thiserror::Error;
use tokio::sync::watch;
use uuid::Uuid;

use crate::record::{Digest, Leaf, RecordKind};

/// The stream that a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// `attempt-{id}`: the events of one attempt, at gapless revisions.
    Attempt(AttemptId),
    /// `observations-{day}`: the observations of one UTC day, given as days since 1970.
    Observations {
        /// Days since 1970-01-01.
        day: i64,
    },
    /// `refusals-{day}`: the refusals of one UTC day, given as days since 1970, and the decisions made on it.
    Refusals {
        /// Days since 1970-01-01.
        day: i64,
    },
    /// `queue-{id}`: the definitions of one queue, at gapless revisions.
    Queue(QueueId),
}

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

impl Stream {
    /// The stream that a record belongs to; `None` for a leaf that lacks what its kind must name.
    #[must_use]
    pub fn of(leaf: &Leaf<'_>) -> Option<Self> {
        match leaf.kind {
            RecordKind::Event => leaf.attempt_id.map(Self::Attempt),
            RecordKind::Queue => leaf.queue_id.map(Self::Queue),
            RecordKind::Observation => Some(Self::Observations { day: day_of(leaf) }),
            RecordKind::Refusal => Some(Self::Refusals { day: day_of(leaf) }),
        }
    }

    /// Whether its records have revisions. Those of a day have none: they are written in any order.
    #[must_use]
    pub const fn has_revisions(self) -> bool {
        matches!(self, Self::Attempt(_) | Self::Queue(_))
    }

    /// Whether a record of this kind moves the stream's revision.
    #[must_use]
    pub fn counts(self, kind: RecordKind) -> bool {
        match self {
            Self::Attempt(_) => kind == RecordKind::Event,
            Self::Queue(_) => kind == RecordKind::Queue,
            Self::Observations { .. } | Self::Refusals { .. } => false,
        }
    }
}

fn day_of(leaf: &Leaf<'_>) -> i64 {
    leaf.recorded_at.0.div_euclid(DAY_MS)
}

impl fmt::Display for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attempt(id) => write!(formatter, "attempt-{id}"),
            Self::Observations { day } => write!(formatter, "observations-{day}"),
            Self::Refusals { day } => write!(formatter, "refusals-{day}"),
            Self::Queue(id) => write!(formatter, "queue-{id}"),
        }
    }
}

/// What the writer believes about a stream when it appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing; used for streams without revisions.
    Any,
    /// The stream ends at this revision; 0 means that it has no record yet.
    Exactly(Revision),
}

/// A record on its way into the log.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// The parsed leaf, from which the keys are taken.
    pub leaf: Leaf<'static>,
    /// The leaf's canonical bytes: what is stored and hashed.
    pub leaf_bytes: Vec<u8>,
    /// The opening's bytes.
    pub opening_bytes: Vec<u8>,
}

/// Records for one stream, appended together or not at all.
#[derive(Clone, Debug)]
pub struct StreamAppend {
    /// The stream.
    pub stream: Stream,
    /// What must be true of the stream.
    pub expected: Expected,
    /// The records, at least one. In attempt and queue streams their revisions follow `expected` without a
    /// gap.
    pub records: Vec<NewRecord>,
}

/// Where the records of one [`StreamAppend`] went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The position of each record, in order.
    pub positions: Vec<Position>,
}

/// A record as it lies in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its place in the log.
    pub position: Position,
    /// The leaf's bytes.
    pub leaf: Bytes,
    /// The opening's bytes.
    pub opening: Bytes,
}

/// A way to find records without reading the log from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Everything that names the attempt: its events, its observations, its refused siblings, decisions about
    /// those.
    Attempt(AttemptId),
    /// A refusal and the decisions about it.
    Refusal(Uuid),
    /// The records of one delivery: an [observation](crate::record::observation_identity), the refusals of
    /// one whose attempt or event [could not be read](crate::record::unread_identity), an
    /// [event](crate::record::event_identity) that is none of its attempt's first, or the
    /// [refusals](crate::record::refusal_identity) of one that its attempt refused.
    Delivery(Digest),
    /// Every queue definition.
    Queues,
}

impl Key {
    /// The keys under which a record is found, given the identity of its delivery.
    pub fn of<'k>(leaf: &'k Leaf<'_>, identity: Option<Digest>) -> impl Iterator<Item = Self> + 'k {
        let attempt = leaf.attempt_id.map(Self::Attempt);
        let refusal =
            (leaf.kind == RecordKind::Refusal).then(|| Self::Refusal(leaf.settles.unwrap_or(leaf.id)));
        let queue = (leaf.kind == RecordKind::Queue).then_some(Self::Queues);
        [attempt, refusal, identity.map(Self::Delivery), queue].into_iter().flatten()
    }
}

/// Why an append did not happen, or is not known to have happened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AppendError {
    /// Somebody else wrote to the stream first.
    #[error("stream {stream} is at revision {current}, not {expected}")]
    Conflict {
        /// The stream.
        stream: Stream,
        /// What the writer believed.
        expected: Revision,
        /// What is true.
        current: Revision,
    },
    /// The queue in front of the writer is full. Nothing was written.
    #[error("the log's queue is full; hint: try again in a second")]
    Busy,
    /// The disk is full. Nothing was written; appends succeed again when there is space.
    #[error("no space is left for the log; hint: free disk space, no restart is needed")]
    Full,
    /// What the disk holds is not known, so nothing more is written: an fsync failed earlier, or the file was
    /// removed.
    #[error("the log refuses writes: {reason}; hint: mend the disk, then restart")]
    Poisoned {
        /// The first failure.
        reason: String,
    },
    /// The backend does not take so much at once, however often it is sent. Nothing was written.
    #[error("the log does not take so much at once: {reason}")]
    TooLarge {
        /// What the backend said.
        reason: String,
    },
    /// Writing or reading failed otherwise. The records are not acknowledged.
    #[error("the log could not be written: {reason}")]
    Failed {
        /// What the system said.
        reason: String,
    },
}

/// Why records could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Bytes on disk are not what was written.
    #[error("{file} is damaged at byte {offset}: {reason}; hint: restore this file from a backup")]
    Damaged {
        /// The file.
        file: String,
        /// Where in the file the damaged record or frame starts.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The system failed to read.
    #[error("{file} could not be read: {source}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nobody waits for the records any more.
    #[error("nobody waits for these records any more")]
    Cancelled,
    /// The derived index does not read, or differs from the log. Lookups never end with it.
    #[error(
        "the index failed: {reason}; hint: a running server rebuilds it by itself; without one, delete the \
         index directory"
    )]
    Index {
        /// What it said.
        reason: String,
    },
}

impl ReadError {
    /// The answer to a read of a position that the log does not have.
    pub(crate) fn beyond_head(file: impl fmt::Display, position: Position) -> Self {
        let reason = format!("there is no record at position {position}");
        let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, reason);
        Self::Io { file: file.to_string(), source }
    }
}

/// Receives records that another process appended, once they are visible to every read.
///
/// It is called on the log's own thread and must not wait for the log.
pub type ForeignObserver = Arc<dyn Fn(&[Leaf<'static>]) + Send + Sync>;

/// An ordered, durable sequence of records.
///
/// Positions are 1, 2, 3 … without a gap. Once [`EventLog::append`] answers with positions, the records are
/// durable and visible to every read.
pub trait EventLog: Send + Sync + 'static {
    /// Appends to several streams at once; the answer has one result for each, in order.
    ///
    /// Each [`StreamAppend`] is judged by itself: one conflict does not keep the others out.
    fn append(&self, batch: Vec<StreamAppend>) -> BoxFuture<'_, Vec<Result<Appended, AppendError>>>;

    /// The positions under a key, ascending; empty when there are none.
    ///
    /// # Errors
    /// [`ReadError`] when the index or the files behind it fail.
    fn find(&self, key: Key) -> Result<Vec<Position>, ReadError>;

    /// The positions of an attempt's events, by revision: the first one has revision 1.
    ///
    /// # Errors
    /// [`ReadError`] when the index or the files behind it fail.
    fn find_events(&self, attempt_id: AttemptId) -> Result<Vec<Position>, ReadError>;

    /// The positions of refusals (not of decisions) below `before`, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`] when the index or the files behind it fail.
    fn refusals_before(&self, before: Position, limit: usize) -> Result<Vec<Position>, ReadError>;

    /// The records at these positions, in the same order. Positions must be at or below the head.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] when a record's bytes are not what was written.
    fn read(&self, positions: &[Position]) -> Result<Vec<StoredRecord>, ReadError>;

    /// The records after a position, ascending, at most `limit`; fewer only at the head.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] when a record's bytes are not what was written.
    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError>;

    /// Visits the records after a position, ascending, until `visit` breaks off. However long they are, few
    /// are in memory at once.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] when a record's bytes are not what was written.
    fn visit_after(
        &self,
        after: Position,
        visit: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let mut after = after;
        while let Some(stored) = self.read_after(after, 1)?.pop() {
            after = stored.position;
            if visit(stored).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The position of the last durable record; 0 when the log is empty.
    fn head(&self) -> Position;

    /// Follows the head as it moves.
    fn subscribe(&self) -> watch::Receiver<Position>;

    /// Why the log takes no more writes; `None` while it does.
    fn poisoned(&self) -> Option<String>;

    /// Why writes cannot get through at present; `None` while they do. Unlike poison, it passes by itself.
    fn unreachable(&self) -> Option<String> {
        None
    }

    /// Whether there is no room for an append at present. Like being out of reach, it passes by itself.
    fn lacks_room(&self) -> bool {
        false
    }

    /// What is wrong with the derived index; `None` while it is whole. It is rebuilt meanwhile, and lookups
    /// that it does not answer read the log: they are slower, and find the same.
    fn index_damage(&self) -> Option<String> {
        None
    }

    /// What is known to be wrong with segments, a text for each file, whether a question or the background
    /// met it, and which files are missing. Reading a damaged record is an error, and all others are served.
    fn segment_damage(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether other processes append too, so that they may know of records that are not here yet.
    fn is_shared(&self) -> bool {
        false
    }

    /// Sets the observer of records that others appended. Most logs have no other writers.
    fn observe_foreign(&self, observer: ForeignObserver) {
        drop(observer);
    }
}
