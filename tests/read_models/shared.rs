//! A log that several processes append to: what others know of it may be ahead of what this process sees.

use std::sync::Arc;

use attempt_ledger::log::copy::{LogCopy, WriteOrder};
use attempt_ledger::log::{
    AppendError, Appended, EventLog, Key, MemoryLog, ReadError, StoredRecord, StreamAppend,
};
use attempt_ledger::projector::{Projector, folds, statuses};
use attempt_ledger::read_store::{Models, ModelsDirectory, ReadStore};
use attempt_ledger_domain::{AttemptId, Position};
use futures_util::future::BoxFuture;
use rand::RngExt as _;
use tokio::sync::watch;

use crate::read_models::support::{bad_day, bring, check, random, recorded};
use crate::support::patience::PATIENCE;

/// What one process has seen of a log that others append to.
struct Seen(MemoryLog);

impl EventLog for Seen {
    fn append(&self, batch: Vec<StreamAppend>) -> BoxFuture<'_, Vec<Result<Appended, AppendError>>> {
        self.0.append(batch)
    }

    fn find(&self, key: Key) -> Result<Vec<Position>, ReadError> {
        self.0.find(key)
    }

    fn find_events(&self, attempt_id: AttemptId) -> Result<Vec<Position>, ReadError> {
        self.0.find_events(attempt_id)
    }

    fn refusals_before(&self, before: Position, limit: usize) -> Result<Vec<Position>, ReadError> {
        self.0.refusals_before(before, limit)
    }

    fn read(&self, positions: &[Position]) -> Result<Vec<StoredRecord>, ReadError> {
        self.0.read(positions)
    }

    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        self.0.read_after(after, limit)
    }

    fn head(&self) -> Position {
        self.0.head()
    }

    fn subscribe(&self) -> watch::Receiver<Position> {
        self.0.subscribe()
    }

    fn poisoned(&self) -> Option<String> {
        self.0.poisoned()
    }

    fn is_shared(&self) -> bool {
        true
    }
}

fn positions(store: &dyn ReadStore) -> Vec<Position> {
    statuses(store).unwrap().into_iter().map(|status| status.checkpoint.position).collect()
}

#[test]
fn models_that_are_ahead_of_what_a_process_has_seen_are_waited_for_and_not_emptied() {
    let mut random = random();
    let ledger = recorded(&bad_day(random.random()));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = tempfile::tempdir().unwrap();
    let models = Arc::new(ModelsDirectory::open(directory.path()).unwrap());
    let brought = Position(head.0 * 2 / 3);
    bring(&log, &models.current(), brought);

    let seen = Arc::new(Seen(MemoryLog::default()));
    let copying = LogCopy { from: log.as_ref(), to: seen.as_ref(), order: WriteOrder::Call };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let half = Position(head.0 / 2);
    runtime.block_on(copying.run(Position(0), half, |_| ())).unwrap();
    let projector = Projector::start(seen.clone(), models.clone(), folds()).unwrap();
    assert!(!projector.leads(), "it does not bring forward what it cannot see");
    assert!(positions(models.current().as_ref()).iter().all(|at| *at == brought));

    runtime.block_on(copying.run(half, head, |_| ())).unwrap();
    assert!(runtime.block_on(projector.reached(head, PATIENCE)));
    assert!(projector.leads());
    check(&log, &models.current(), head);
}

#[test]
fn models_that_are_ahead_of_a_log_of_our_own_are_evidence_and_are_not_emptied() {
    let mut random = random();
    let ledger = recorded(&bad_day(random.random()));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let directory = tempfile::tempdir().unwrap();
    let models = Arc::new(ModelsDirectory::open(directory.path()).unwrap());
    bring(&log, &models.current(), head);
    let shorter: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
    let projector = Projector::start(shorter, models.clone(), folds()).unwrap();
    assert!(!projector.leads(), "it waits for what the models have seen");
    drop(projector);
    assert!(positions(models.current().as_ref()).iter().all(|at| *at == head));
}
