//! A fault between any two steps of read, apply, write and commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use attempt_ledger::projector::{bring_forward, folds};
use attempt_ledger::read_store::{Changes, Failure, Projection, ReadStore, Reader, StoreError};
use rand::RngExt as _;

use crate::read_models::support::{bad_day, check, empty_store, random, recorded};

/// A store that fails at some applies: before anything happened, or after everything did.
struct Faulty {
    inner: Arc<dyn ReadStore>,
    applied: AtomicU64,
}

impl ReadStore for Faulty {
    fn reader(&self) -> Result<Box<dyn Reader + '_>, StoreError> {
        self.inner.reader()
    }

    fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        let fault = || Err(StoreError::Failed { reason: "planted".to_owned() });
        match self.applied.fetch_add(1, Ordering::Relaxed) % 5 {
            1 => fault(),
            3 => self.inner.apply(changes).and_then(|()| fault()),
            _ => self.inner.apply(changes),
        }
    }

    fn set_failure(&self, projection: Projection, failure: Option<&Failure>) -> Result<(), StoreError> {
        self.inner.set_failure(projection, failure)
    }

    fn reset(&self, projections: &[Projection]) -> Result<(), StoreError> {
        self.inner.reset(projections)
    }
}

#[test]
fn a_batch_that_failed_and_one_that_failed_but_happened_are_each_applied_once() {
    let mut random = random();
    let ledger = recorded(&bad_day(random.random()));
    let (log, head) = (ledger.log().clone(), ledger.log().head());
    let inner = empty_store();
    let store: Arc<dyn ReadStore> = Arc::new(Faulty { inner: inner.clone(), applied: AtomicU64::new(0) });
    let (mut at, mut faults) = (0, 0);
    while at < head.0 {
        let up_to = (at + random.random_range(1..=200)).min(head.0);
        let go_on = &mut |_| std::ops::ControlFlow::Continue(());
        match bring_forward(&log, &store, &folds(), attempt_ledger_domain::Position(up_to), go_on) {
            Ok(_) => at = up_to,
            Err(_) => faults += 1,
        }
    }
    assert!(faults > 5, "only {faults} faults");
    check(&log, &inner, head);
}
