//! Two stores side by side: every difference, and a digest of each.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::ScopedJoinHandle;

use attempt_ledger_system::cancellation::is_cancelled;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use attempt_ledger_log::record::Digest;
use attempt_ledger_read_store::{CanonicalRow, Projection, ReadStore, StoreError};

/// Rows that are handed over at once: threads wake each other for each page, and not for each row.
const PAGE_ROWS: usize = 256;

/// Pages that each side reads ahead.
const PAGES_AHEAD: usize = 4;

/// A row that is not the same in both stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowDifference {
    /// The projection.
    pub projection: Projection,
    /// The table.
    pub table: &'static str,
    /// The primary key, as a JSON array.
    pub key: String,
    /// The other columns in the old store, as a JSON object; absent when it has no such row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The same in the new store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The result of comparing one projection in two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RowComparison {
    /// Rows in the old store.
    pub rows_before: u64,
    /// Rows in the new store.
    pub rows_after: u64,
    /// Rows that differ.
    pub differences: u64,
    /// The digest of the old store's rows.
    pub digest_before: Digest,
    /// The digest of the new store's rows.
    pub digest_after: Digest,
}

/// The digest of a projection: SHA-256 over its rows in the order of table and primary key. For each row:
/// table, key and columns in canonical JSON, each followed by a line break.
///
/// # Errors
/// [`StoreError`] when the store cannot be read.
pub fn digest(store: &dyn ReadStore, projection: Projection) -> Result<Digest, StoreError> {
    let mut digesting = Digesting::default();
    store.reader()?.canonical_rows(projection, &mut |row| {
        digesting.add(&row);
        ControlFlow::Continue(())
    })?;
    Ok(digesting.finish())
}

#[derive(Default)]
struct Digesting {
    hasher: Sha256,
    rows: u64,
}

impl Digesting {
    fn add(&mut self, row: &CanonicalRow) {
        for part in [row.table, &row.key, &row.columns] {
            self.hasher.update(part);
            self.hasher.update(b"\n");
        }
        self.rows += 1;
    }

    fn finish(self) -> Digest {
        Digest(self.hasher.finalize().into())
    }
}

/// Which of two stores could not be read.
#[derive(Debug, Error)]
pub enum CompareError {
    /// The old one.
    #[error("the old model cannot be read: {0}")]
    Before(StoreError),
    /// The new one.
    #[error("the new model cannot be read: {0}")]
    After(StoreError),
}

/// Compares a projection in two stores that stand at the same checkpoint.
///
/// # Errors
/// [`CompareError`] when either store cannot be read.
pub fn compare(
    before: &Arc<dyn ReadStore>,
    after: &Arc<dyn ReadStore>,
    projection: Projection,
    on_difference: &mut dyn FnMut(RowDifference),
) -> Result<RowComparison, CompareError> {
    std::thread::scope(|scope| {
        let read = |store: &Arc<dyn ReadStore>| {
            let (sender, pages) = sync_channel(PAGES_AHEAD);
            let store = store.clone();
            let reading = scope.spawn(move || send_pages(store.as_ref(), projection, &sender));
            (pages.into_iter().flatten(), reading)
        };
        let (mut old_rows, old_reading) = read(before);
        let (mut new_rows, new_reading) = read(after);
        let compared = merge(projection, &mut old_rows, &mut new_rows, on_difference);
        // One that was cancelled leaves rows.
        drop((old_rows, new_rows));
        let read = |reading: ScopedJoinHandle<'_, Result<(), StoreError>>| {
            reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        read(old_reading).map_err(CompareError::Before)?;
        read(new_reading).map_err(CompareError::After)?;
        Ok(compared)
    })
}

/// Ends early when nobody receives any more.
fn send_pages(
    store: &dyn ReadStore,
    projection: Projection,
    sender: &SyncSender<Vec<CanonicalRow>>,
) -> Result<(), StoreError> {
    let mut page = Vec::with_capacity(PAGE_ROWS);
    store.reader()?.canonical_rows(projection, &mut |row| {
        page.push(row);
        if page.len() < PAGE_ROWS {
            return ControlFlow::Continue(());
        }
        match sender.send(std::mem::replace(&mut page, Vec::with_capacity(PAGE_ROWS))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    // Where nobody receives, nobody misses the rest.
    let _ = sender.send(page);
    Ok(())
}

fn merge(
    projection: Projection,
    old_rows: &mut dyn Iterator<Item = CanonicalRow>,
    new_rows: &mut dyn Iterator<Item = CanonicalRow>,
    on_difference: &mut dyn FnMut(RowDifference),
) -> RowComparison {
    let (mut old_digest, mut new_digest) = (Digesting::default(), Digesting::default());
    let mut next_old = || old_rows.next().inspect(|row| old_digest.add(row));
    let mut next_new = || new_rows.next().inspect(|row| new_digest.add(row));
    let (mut old, mut new) = (next_old(), next_new());
    let mut differences = 0;
    while !is_cancelled() {
        let order = match (&old, &new) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => in_order(old, new),
        };
        let take_old = order.is_le();
        let take_new = order.is_ge();
        let before = if take_old { std::mem::replace(&mut old, next_old()) } else { None };
        let after = if take_new { std::mem::replace(&mut new, next_new()) } else { None };
        if let Some(difference) = difference(projection, before, after) {
            differences += 1;
            on_difference(difference);
        }
    }
    RowComparison {
        rows_before: old_digest.rows,
        rows_after: new_digest.rows,
        differences,
        digest_before: old_digest.finish(),
        digest_after: new_digest.finish(),
    }
}

/// One part of a primary key, in the order in which stores sort them.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(untagged)]
enum KeyPart {
    Null(()),
    Integer(i64),
    Text(String),
}

/// How two rows stand in the order of table and primary key.
fn in_order(left: &CanonicalRow, right: &CanonicalRow) -> Ordering {
    if left.key == right.key {
        return left.table.cmp(right.table);
    }
    let parts = |row: &CanonicalRow| serde_json::from_str::<Vec<KeyPart>>(&row.key).unwrap_or_default();
    left.table.cmp(right.table).then_with(|| parts(left).cmp(&parts(right)))
}

fn difference(
    projection: Projection,
    before: Option<CanonicalRow>,
    after: Option<CanonicalRow>,
) -> Option<RowDifference> {
    if before == after {
        return None;
    }
    let (table, key) = before.as_ref().or(after.as_ref()).map(|row| (row.table, row.key.clone()))?;
    let columns = |row: Option<CanonicalRow>| row.map(|row| row.columns);
    Some(RowDifference { projection, table, key, before: columns(before), after: columns(after) })
}
