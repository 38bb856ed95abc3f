//! The in-memory backend: for tests and for ledgers that nobody needs tomorrow.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use attempt_ledger_domain::{AttemptId, Position, Revision};
use attempt_ledger_system::lock::take_over;
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _};
use tokio::sync::watch;

use super::{
    AppendError, Appended, EventLog, Expected, Key, NewRecord, ReadError, StoredRecord, Stream, StreamAppend,
};
use crate::record::{RecordKind, delivery_identity_of};

/// An [`EventLog`] that forgets everything when it is dropped.
#[derive(Debug)]
pub struct MemoryLog {
    /// Held for the length of one call, never across an await.
    state: Mutex<MemoryState>,
    head: watch::Sender<Position>,
}

#[derive(Debug, Default)]
struct MemoryState {
    records: Vec<StoredRecord>,
    keys: HashMap<Key, Vec<Position>>,
    events: HashMap<AttemptId, Vec<Position>>,
    refusals: Vec<Position>,
    heads: HashMap<Stream, Revision>,
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self { state: Mutex::default(), head: watch::Sender::new(Position(0)) }
    }
}

impl MemoryLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, MemoryState> {
        // Every change below is a sequence of pushes: a panic cannot leave a half-changed state behind.
        take_over(self.state.lock())
    }
}

impl MemoryState {
    fn append(&mut self, append: StreamAppend) -> Result<Appended, AppendError> {
        let StreamAppend { stream, expected, records } = append;
        let current = self.heads.get(&stream).copied().unwrap_or_default();
        if let Expected::Exactly(expected) = expected
            && expected != current
        {
            return Err(AppendError::Conflict { stream, expected, current });
        }
        let mut counted = current;
        let mut positions = Vec::with_capacity(records.len());
        for record in records {
            if stream.counts(record.leaf.kind) {
                counted = counted.next();
            }
            positions.push(self.push(record));
        }
        if counted != current {
            self.heads.insert(stream, counted);
        }
        Ok(Appended { positions })
    }

    fn push(&mut self, record: NewRecord) -> Position {
        let position = Position(self.records.len() as u64 + 1);
        let identity = delivery_identity_of(&record.leaf, &record.opening_bytes);
        for key in Key::of(&record.leaf, identity) {
            self.keys.entry(key).or_default().push(position);
        }
        if let (RecordKind::Event, Some(attempt_id)) = (record.leaf.kind, record.leaf.attempt_id) {
            self.events.entry(attempt_id).or_default().push(position);
        }
        if record.leaf.kind == RecordKind::Refusal && record.leaf.settles.is_none() {
            self.refusals.push(position);
        }
        self.records.push(StoredRecord {
            position,
            leaf: Bytes::from(record.leaf_bytes),
            opening: Bytes::from(record.opening_bytes),
        });
        position
    }
}

impl EventLog for MemoryLog {
    fn append(&self, batch: Vec<StreamAppend>) -> BoxFuture<'_, Vec<Result<Appended, AppendError>>> {
        let mut state = self.state();
        let results = batch.into_iter().map(|append| state.append(append)).collect();
        let head = Position(state.records.len() as u64);
        self.head.send_if_modified(|current| std::mem::replace(current, head) != head);
        drop(state);
        std::future::ready(results).boxed()
    }

    fn find(&self, key: Key) -> Result<Vec<Position>, ReadError> {
        Ok(self.state().keys.get(&key).cloned().unwrap_or_default())
    }

    fn find_events(&self, attempt_id: AttemptId) -> Result<Vec<Position>, ReadError> {
        Ok(self.state().events.get(&attempt_id).cloned().unwrap_or_default())
    }

    fn refusals_before(&self, before: Position, limit: usize) -> Result<Vec<Position>, ReadError> {
        let state = self.state();
        let end = state.refusals.partition_point(|position| *position < before);
        Ok(state.refusals[..end].iter().rev().take(limit).copied().collect())
    }

    fn read(&self, positions: &[Position]) -> Result<Vec<StoredRecord>, ReadError> {
        let state = self.state();
        positions
            .iter()
            .map(|position| {
                usize::try_from(position.0)
                    .ok()
                    .and_then(|number| state.records.get(number.checked_sub(1)?))
                    .cloned()
                    .ok_or_else(|| ReadError::beyond_head("the log in memory", *position))
            })
            .collect()
    }

    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        let state = self.state();
        let start = usize::try_from(after.0).unwrap_or(usize::MAX).min(state.records.len());
        Ok(state.records[start..].iter().take(limit).cloned().collect())
    }

    fn head(&self) -> Position {
        *self.head.borrow()
    }

    fn subscribe(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    fn poisoned(&self) -> Option<String> {
        None
    }
}
