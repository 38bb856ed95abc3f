//! The same question at an older position gives the old answer; the difference of two positions says why.

use std::sync::Arc;
use std::time::Duration;

use attempt_ledger::environment::System;
use attempt_ledger::ledger::{Ledger, LedgerOptions};
use attempt_ledger::log::{AppendError, Appended, EventLog, Key, ReadError, StoredRecord, StreamAppend};
use attempt_ledger::projector::{Projector, folds};
use attempt_ledger::queries::{
    DOSSIER_BYTES_MAX, ExplanationPart, HistoryQuestion, HistorySubject, Listing, ParameterOverrides,
    Questions,
};
use attempt_ledger::read_store::{AgentFilter, AttemptFilter, ModelsDirectory, Order};
use attempt_ledger_domain::{AgentId, AttemptId, Position, QueueId, UnixMillis};
use attempt_ledger_projections::calendar::{Interval, Range, Zone, buckets};
use attempt_ledger_projections::history::Attribution;
use attempt_ledger_projections::metrics::{HistoryKind, Number, Reason, Thresholds, find, metrics_of};
use futures_util::future::BoxFuture;
use rand::RngExt as _;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::read_models::support::{bad_day, random, recorded};

/// A log as it was when it ended at a position.
struct Prefix {
    whole: Arc<dyn EventLog>,
    head: watch::Sender<Position>,
}

impl EventLog for Prefix {
    fn append(&self, batch: Vec<StreamAppend>) -> BoxFuture<'_, Vec<Result<Appended, AppendError>>> {
        Box::pin(async move { vec![Err(AppendError::Busy); batch.len()] })
    }

    fn find(&self, key: Key) -> Result<Vec<Position>, ReadError> {
        let mut found = self.whole.find(key)?;
        found.retain(|position| *position <= self.head());
        Ok(found)
    }

    fn find_events(&self, attempt_id: AttemptId) -> Result<Vec<Position>, ReadError> {
        let mut found = self.whole.find_events(attempt_id)?;
        found.retain(|position| *position <= self.head());
        Ok(found)
    }

    fn refusals_before(&self, before: Position, limit: usize) -> Result<Vec<Position>, ReadError> {
        self.whole.refusals_before(before.min(self.head().next()), limit)
    }

    fn read(&self, positions: &[Position]) -> Result<Vec<StoredRecord>, ReadError> {
        self.whole.read(positions)
    }

    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        let mut records = self.whole.read_after(after, limit)?;
        records.retain(|record| record.position <= self.head());
        Ok(records)
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

/// Questions to a log, answered when the read models contain all of it.
fn asked_of(log: Arc<dyn EventLog>) -> (Questions, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).unwrap();
    let models = Arc::new(ModelsDirectory::open(directory.path()).unwrap());
    let projector = Arc::new(Projector::start(log.clone(), models, folds()).unwrap());
    let questions = Questions::new(ledger, projector, DOSSIER_BYTES_MAX);
    let patience = Duration::from_secs(60);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(questions.wait_for(log.head(), patience)).unwrap();
    (questions, directory)
}

fn every_whose(questions: &Questions) -> Vec<HistorySubject> {
    let queues =
        questions.queue_groups(None, usize::MAX, None).unwrap().0.into_iter().map(HistorySubject::Queue);
    let agents = questions.agents(&AgentFilter::default(), usize::MAX).unwrap().rows;
    let agents = agents.into_iter().step_by(7).map(|agent| HistorySubject::Agent(agent.agent_id, None));
    queues.chain([HistorySubject::Queues]).chain(agents).collect()
}

fn question(whose: HistorySubject, attribution: Attribution, as_of: Option<Position>) -> HistoryQuestion {
    let day = UnixMillis(1_784_678_400_000);
    let range = Range::new(UnixMillis(day.0 - 86_400_000), UnixMillis(day.0 + 4 * 86_400_000)).unwrap();
    let zone: Zone = "Europe/Kyiv".parse().unwrap();
    let history =
        if matches!(whose, HistorySubject::Agent(..)) { HistoryKind::Agent } else { HistoryKind::Queue };
    HistoryQuestion {
        whose,
        buckets: buckets(range, Interval::HOUR, zone, 1_000).unwrap(),
        attribution,
        metrics: metrics_of(history).collect(),
        wishes: ParameterOverrides {
            thresholds: Thresholds { short_abandon_ms: Some(10_000), ..Thresholds::default() },
            ..ParameterOverrides::default()
        },
        as_of,
    }
}

#[test]
fn an_older_position_gives_the_old_answer() {
    let mut random = random();
    let ledger = recorded(&bad_day(random.random()));
    let whole = ledger.log().clone();
    let (now, _directory) = asked_of(whole.clone());
    for _ in 0..3 {
        let as_of = Position(random.random_range(1..whole.head().0));
        let prefix = Prefix { whole: whole.clone(), head: watch::Sender::new(as_of) };
        let (then, _directory) = asked_of(Arc::new(prefix));
        for order in [Order::NewestFirst, Order::OldestFirst] {
            let listing = Listing { order, ..Listing::default() };
            let was = then.attempts(&listing, 10_000).unwrap().rows;
            let told = now.attempts(&Listing { as_of: Some(as_of), ..listing }, 10_000).unwrap();
            assert_eq!(told.rows, was, "as of {as_of}");
            assert_eq!(told.freshness.position, as_of);
        }
        for whose in every_whose(&then) {
            for attribution in Attribution::ALL {
                let was = then.history(&question(whose, attribution, None)).unwrap();
                let told = now.history(&question(whose, attribution, Some(as_of))).unwrap();
                let place = format!("{whose:?} by {} as of {as_of}", attribution.name());
                assert!(told.buckets().eq(was.buckets()), "{place}");
                assert_eq!(told.total(), was.total(), "{place}");
                assert_eq!(told.identity, was.identity, "{place}");
                assert_eq!(told.mix, was.mix, "{place}");
            }
        }
    }
}

#[test]
fn pages_of_the_past_join_without_gap_or_repetition() {
    let ledger = recorded(&bad_day(11));
    let as_of = Position(ledger.log().head().0 / 2);
    let (questions, _directory) = asked_of(ledger.log().clone());
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let filter = AttemptFilter { is_late: Some(false), ..AttemptFilter::default() };
        let mut listing = Listing { filter, order, as_of: Some(as_of), ..Listing::default() };
        let whole = questions.attempts(&listing, 10_000).unwrap().rows;
        let mut joined = Vec::new();
        loop {
            let page = questions.attempts(&listing, 17).unwrap();
            joined.extend(page.rows);
            listing.after = page.next;
            if listing.after.is_none() {
                break;
            }
        }
        assert_eq!(joined, whole);
    }
}

#[test]
fn the_attempts_behind_a_number_add_up_to_it() {
    let mut random = random();
    let ledger = recorded(&bad_day(random.random()));
    let (questions, _directory) = asked_of(ledger.log().clone());
    let head = ledger.log().head();
    for as_of in [None, Some(Position(random.random_range(1..head.0)))] {
        for whose in [
            HistorySubject::Queue(QueueId(17).into()),
            HistorySubject::Queues,
            HistorySubject::Agent(AgentId(317), None),
        ] {
            let attribution = Attribution::ALL[random.random_range(0..3)];
            let asked = question(whose, attribution, as_of);
            for metric in asked.metrics.clone() {
                let explained = questions.explain(&asked, metric, ExplanationPart::first(10_000)).unwrap();
                assert_eq!(explained.next, None);
                if explained.measured.reason == Some(Reason::AnswerNotTimed) {
                    // Of some it is known, of the whole it is not.
                    assert_eq!(explained.measured.value, None);
                    continue;
                }
                let shares = || explained.shares.iter().map(|share| &share.measured);
                let place = format!("{} of {whose:?} by {}", metric.key, attribution.name());
                let sum = |read: fn(&attempt_ledger_projections::metrics::Measurement) -> Option<i64>| {
                    shares().filter_map(read).sum::<i64>()
                };
                assert_eq!(explained.measured.numerator.unwrap_or(0), sum(|it| it.numerator), "{place}");
                assert_eq!(explained.measured.denominator.unwrap_or(0), sum(|it| it.denominator), "{place}");
                if let Some(Number::Whole(count)) =
                    explained.measured.value.filter(|_| metric.key != "max_wait")
                {
                    let whole = |it: &attempt_ledger_projections::metrics::Measurement| match it.value {
                        Some(Number::Whole(count)) => Some(count),
                        _ => None,
                    };
                    assert_eq!(count, sum(whole), "{place}");
                }
            }
        }
    }
}

#[test]
fn a_number_that_changed_names_the_attempts_and_the_records_that_changed_it() {
    let ledger = recorded(&bad_day(12));
    let (questions, _directory) = asked_of(ledger.log().clone());
    let since = Position(ledger.log().head().0 * 2 / 3);
    let metric = find("n_answered").unwrap();
    let asked = question(HistorySubject::Queues, Attribution::Start, None);
    let difference = questions.changes(&asked, metric, since, 10_000).unwrap();
    let whole = |value: Option<Number>| match value {
        Some(Number::Whole(count)) => count,
        other => panic!("{other:?}"),
    };
    let (before, after) = (whole(difference.before.value), whole(difference.after.value));
    assert!(after > before, "{after} > {before}");
    let mut moved = 0;
    for changed in &difference.changed {
        let share = |measured: &Option<_>| {
            measured
                .as_ref()
                .map_or(0, |it: &attempt_ledger_projections::metrics::Measurement| whole(it.value))
        };
        moved += share(&changed.after) - share(&changed.before);
        assert!(!changed.causes.is_empty(), "{changed:?}");
        assert!(changed.causes.iter().all(|cause| cause.position > since), "{changed:?}");
    }
    assert_eq!(after - before, moved);
    assert_eq!(difference.changed_count, difference.changed.len() as u64);
}
