//! A log that counts what is read of it, so that a test knows what a question costs without a clock. Its disk
//! fills up, or its answers are held back, when a test says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use attempt_ledger_domain::{AttemptId, Position};
use attempt_ledger_log::{AppendError, Appended, EventLog, Key, ReadError, StoredRecord, StreamAppend};
use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, watch};

/// Counts the records that are read.
pub struct WatchedLog {
    log: Arc<dyn EventLog>,
    read: AtomicUsize,
    /// Whether nothing more can be written.
    pub is_full: AtomicBool,
    /// How many more appends are answered; what is appended beyond is there and not answered yet.
    pub answers: Semaphore,
    /// The position of a record that does not read; 0 for none.
    pub damaged: AtomicU64,
}

impl WatchedLog {
    pub fn over(log: Arc<dyn EventLog>) -> Self {
        let answers = Semaphore::new(Semaphore::MAX_PERMITS);
        let (read, is_full, damaged) = Default::default();
        Self { log, read, is_full, answers, damaged }
    }

    /// The records that were read so far.
    pub fn records_read(&self) -> usize {
        self.read.load(Ordering::Relaxed)
    }
}

impl EventLog for WatchedLog {
    fn append(&self, batch: Vec<StreamAppend>) -> BoxFuture<'_, Vec<Result<Appended, AppendError>>> {
        Box::pin(async move {
            if self.is_full.load(Ordering::SeqCst) {
                return batch.iter().map(|_| Err(AppendError::Full)).collect();
            }
            let answers = self.log.append(batch).await;
            self.answers.acquire().await.expect("the semaphore stays open").forget();
            answers
        })
    }

    fn find(&self, key: Key) -> Result<Vec<Position>, ReadError> {
        self.log.find(key)
    }

    fn find_events(&self, attempt_id: AttemptId) -> Result<Vec<Position>, ReadError> {
        self.log.find_events(attempt_id)
    }

    fn refusals_before(&self, before: Position, limit: usize) -> Result<Vec<Position>, ReadError> {
        self.log.refusals_before(before, limit)
    }

    fn read(&self, positions: &[Position]) -> Result<Vec<StoredRecord>, ReadError> {
        self.read.fetch_add(positions.len(), Ordering::Relaxed);
        if positions.iter().any(|position| position.0 == self.damaged.load(Ordering::SeqCst)) {
            let (file, reason) = ("the log".to_owned(), "a test says so".to_owned());
            return Err(ReadError::Damaged { file, offset: 0, reason });
        }
        self.log.read(positions)
    }

    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        let stored = self.log.read_after(after, limit)?;
        self.read.fetch_add(stored.len(), Ordering::Relaxed);
        Ok(stored)
    }

    fn head(&self) -> Position {
        self.log.head()
    }

    fn subscribe(&self) -> watch::Receiver<Position> {
        self.log.subscribe()
    }

    fn poisoned(&self) -> Option<String> {
        self.log.poisoned()
    }
}
