//! A log that counts what is read of it: what a question costs, without a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use attempt_ledger::log::{AppendError, Appended, EventLog, Key, ReadError, StoredRecord, StreamAppend};
use attempt_ledger_domain::{AttemptId, Position};
use futures_util::future::BoxFuture;
use tokio::sync::watch;

/// Counts the records that are read.
pub struct CountingLog {
    log: Arc<dyn EventLog>,
    read: AtomicUsize,
}

impl CountingLog {
    pub fn over(log: Arc<dyn EventLog>) -> Self {
        Self { log, read: AtomicUsize::new(0) }
    }

    /// The records that were read so far.
    pub fn records_read(&self) -> usize {
        self.read.load(Ordering::Relaxed)
    }
}

impl EventLog for CountingLog {
    fn append(&self, batch: Vec<StreamAppend>) -> BoxFuture<'_, Vec<Result<Appended, AppendError>>> {
        self.log.append(batch)
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
