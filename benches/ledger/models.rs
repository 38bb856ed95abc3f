//! The read side: how fast the log is folded, and how fast questions are answered.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use attempt_ledger::ledger::Ledger;
use attempt_ledger::log::{EmbeddedLog, EventLog};
use attempt_ledger::projector::{Fact, Pass, folds};
use attempt_ledger::read_store::{Changes, Checkpoint, Failure, Projection, ReadStore, Reader, StoreError};
use attempt_ledger_domain::Position;

use crate::report::{Report, grouped};
use crate::{disk, log};

/// Fills a directory, then measures its read side.
pub fn measure(report: &mut Report, events: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    log::fill(report, &runtime, directory.path(), events / log::EVENTS_PER_ATTEMPT);
    fold(report, directory.path());
}

/// Folds a filled directory's log, part by part and in full.
fn fold(report: &mut Report, directory: &Path) {
    let log: Arc<dyn EventLog> =
        Arc::new(EmbeddedLog::open(directory, &Ledger::embedded_options()).expect("it opens"));
    let head = log.head();
    let decoded = decode_rate(report, &log);
    let started = Instant::now();
    let mut pass = Pass::new(log.clone(), Arc::new(Nowhere), folds(), Checkpoint::default());
    pass.run(head, &mut |_| ControlFlow::Continue(())).expect("it folds");
    let rate = head.0 as f64 / started.elapsed().as_secs_f64();
    report.row(
        "folding every read model, kept nowhere",
        format!("{} events/s", grouped(rate)),
        format!(
            "{:.2} of reading and parsing alone; {} MB resident",
            rate / decoded,
            disk::resident_bytes() / 1_000_000
        ),
    );
}

fn decode_rate(report: &mut Report, log: &Arc<dyn EventLog>) -> f64 {
    let started = Instant::now();
    let mut after = Position(0);
    loop {
        let page = log.read_after(after, 4_096).expect("it reads");
        let Some(last) = page.last() else { break };
        after = last.position;
        for stored in &page {
            std::hint::black_box(Fact::read(stored).expect("it parses"));
        }
    }
    let rate = after.0 as f64 / started.elapsed().as_secs_f64();
    report.row(
        "reading and parsing every record, one core",
        format!("{} events/s", grouped(rate)),
        "what a fold needs of leaf and payload".to_owned(),
    );
    rate
}

/// Takes every batch and keeps nothing: the limit of any store.
struct Nowhere;

impl ReadStore for Nowhere {
    fn reader(&self) -> Result<Box<dyn Reader + '_>, StoreError> {
        Err(StoreError::Failed { reason: "nothing is kept here".to_owned() })
    }

    fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        std::hint::black_box(changes);
        Ok(())
    }

    fn set_failure(&self, _projection: Projection, _failure: Option<&Failure>) -> Result<(), StoreError> {
        Ok(())
    }

    fn reset(&self, _projections: &[Projection]) -> Result<(), StoreError> {
        Ok(())
    }
}
