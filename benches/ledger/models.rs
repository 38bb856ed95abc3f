//! The read side: how fast the log is folded, and how fast questions are answered.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attempt_ledger::environment::System;
use attempt_ledger::ledger::{Ledger, LedgerOptions};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog};
use attempt_ledger::projector::{
    Fact, Pass, Projector, Rebuild, RebuildPhase, RebuildProgress, SoleWriter, folds,
};
use attempt_ledger::queries::{
    DOSSIER_BYTES_MAX, HistoryQuestion, HistorySubject, ParameterOverrides, Questions,
};
use attempt_ledger::read_store::{
    Changes, Checkpoint, Failure, ModelsDirectory, Projection, ReadStore, Reader, StoreError,
};
use attempt_ledger::seed::{ArrivalPattern, SeedOptions};
use attempt_ledger_domain::{Position, UnixMillis};
use attempt_ledger_projections::calendar::{Interval, Range, Zone, buckets};
use attempt_ledger_projections::history::Attribution;
use attempt_ledger_projections::metrics::{HistoryKind, find, metrics_of};
use attempt_ledger_system::cancellation::CancellationToken;

use crate::report::{Report, grouped};
use crate::{DAY, disk, log, traffic};

const DAYS: u64 = 30;
const DAY_MS: u64 = 86_400_000;

/// Fills a directory with thirty days, then measures its read side.
pub fn measure(report: &mut Report, events: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    log::fill(report, &runtime, directory.path(), &month(events / log::EVENTS_PER_ATTEMPT));
    fold(report, directory.path());
    rebuild(report, directory.path());
    ask(report, &runtime, directory.path());
}

/// Legal traffic of thirty days.
fn month(attempts: u64) -> SeedOptions {
    SeedOptions { span_ms: DAYS * DAY_MS, arrivals: ArrivalPattern::Steady, ..traffic(attempts, 1) }
}

/// Builds every read model in a new SQLite file, as `attempt-ledger rebuild` does.
fn rebuild(report: &mut Report, directory: &Path) {
    let log: Arc<dyn EventLog> =
        Arc::new(EmbeddedLog::open(directory, &EmbeddedOptions::default()).expect("it opens"));
    let models = ModelsDirectory::open(&directory.join("read-models")).expect("it opens");
    let (folds, cancelled) = (folds(), CancellationToken::new());
    let rebuild = Rebuild {
        log: log.clone(),
        models: &models,
        folds: &folds,
        projections: Projection::ALL.to_vec(),
        swap: true,
        cancelled: &cancelled,
    };
    let before = disk::resident_bytes();
    let started = Instant::now();
    let mut folded_s = 0.0;
    let mut note = |progress: &RebuildProgress| {
        if progress.phase == RebuildPhase::Folding {
            folded_s = started.elapsed().as_secs_f64();
        }
    };
    rebuild.run(&SoleWriter, &mut note, &mut |_| {}).expect("it rebuilds");
    let head = log.head().0 as f64;
    report.row(
        "rebuilding every read model into SQLite",
        format!("{} events/s", grouped(head / folded_s)),
        format!(
            "{} events in {folded_s:.0} s, then {:.0} s to compare with nothing, index and sync; \
             {} MB more resident; {} MB",
            grouped(head),
            started.elapsed().as_secs_f64() - folded_s,
            disk::resident_bytes().saturating_sub(before) / 1_000_000,
            disk::size_of(&directory.join("read-models")) / 1_000_000
        ),
    );
}

/// Asks a thirty-day history of each queue over and over.
fn ask(report: &mut Report, runtime: &tokio::runtime::Runtime, directory: &Path) {
    let log = Arc::new(EmbeddedLog::open(directory, &EmbeddedOptions::default()).expect("it opens"));
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).expect("it opens");
    let models = ModelsDirectory::open(&directory.join("read-models")).expect("it opens");
    let projector = Projector::start(log.clone(), Arc::new(models), folds()).expect("it starts");
    let questions = Questions::new(ledger, Arc::new(projector), DOSSIER_BYTES_MAX);
    runtime.block_on(questions.wait_for(log.head(), Duration::from_secs(60))).expect("it is there");
    let range = Range::new(DAY, UnixMillis(DAY.0 + (DAYS * DAY_MS) as i64)).expect("thirty days");
    let days = buckets(range, Interval::DAY, Zone::UTC, 100).expect("thirty days");
    let all: Vec<_> = metrics_of(HistoryKind::Queue).collect();
    let few = ["n_offered", "n_answered", "service_level", "abandon_rate", "asa"];
    let few: Vec<_> = few.into_iter().filter_map(find).collect();
    let attempts = count_attempts(&questions);
    for (what, metrics) in [("every metric", all), ("the five of a queue board", few)] {
        let mut times: Vec<u128> = Vec::new();
        for queue in questions
            .queue_groups(None, usize::MAX, None)
            .expect("there are queues")
            .0
            .iter()
            .cycle()
            .take(200)
        {
            let question = HistoryQuestion {
                whose: HistorySubject::Queue(*queue),
                buckets: days.clone(),
                attribution: Attribution::Start,
                metrics: metrics.clone(),
                wishes: ParameterOverrides::default(),
                as_of: None,
            };
            let started = Instant::now();
            std::hint::black_box(questions.history(&question).expect("an answer"));
            times.push(started.elapsed().as_micros());
        }
        times.sort_unstable();
        report.row(
            &format!("thirty days of one queue by day, {what}"),
            format!("p50 {} ms, p99 {} ms", times[99] / 1_000, times[197] / 1_000),
            format!("{} attempts in all queues; exact percentiles", grouped(attempts)),
        );
    }
}

fn count_attempts(questions: &Questions) -> f64 {
    let mut attempts = 0.0;
    let listing = attempt_ledger::queries::Listing::default();
    let visited = questions.visit_attempts(&listing, &mut |_| {
        attempts += 1.0;
        ControlFlow::Continue(())
    });
    visited.expect("they are there");
    attempts
}

/// Folds a filled directory's log, part by part and in full.
fn fold(report: &mut Report, directory: &Path) {
    let log: Arc<dyn EventLog> =
        Arc::new(EmbeddedLog::open(directory, &EmbeddedOptions::default()).expect("it opens"));
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
