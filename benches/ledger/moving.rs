//! The same events through every backend: copied, followed, folded into each read store and asked for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use attempt_ledger::environment::System;
use attempt_ledger::ledger::{Ledger, LedgerOptions};
use attempt_ledger::log::EventLog;
use attempt_ledger::log::copy::{LogCopy, WriteOrder};
use attempt_ledger::projector::{Projector, Rebuild, RebuildPhase, RebuildProgress, SoleWriter, folds};
use attempt_ledger::queries::{
    DOSSIER_BYTES_MAX, HistoryQuestion, HistorySubject, ParameterOverrides, Questions,
};
use attempt_ledger::read_store::{Models, ModelsDirectory, Projection};
use attempt_ledger_domain::{Position, UnixMillis};
use attempt_ledger_projections::calendar::{Interval, Range, Zone, buckets};
use attempt_ledger_projections::history::Attribution;
use attempt_ledger_projections::metrics::{HistoryKind, metrics_of};
use attempt_ledger_system::cancellation::CancellationToken;

use crate::backends::{cluster, embedded};
use crate::double::Double;
use crate::report::{Report, grouped};
use crate::{DAY, disk, log, postgres, traffic};

const DAY_MS: i64 = 86_400_000;
/// Questions of each kind.
const ASKED: usize = 300;

/// Fills a directory, copies it into a cluster, follows that, and folds it into each read store.
pub fn measure(report: &mut Report, events: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let disk = tempfile::tempdir().expect("a directory");
    log::fill(report, &runtime, disk.path(), &traffic(events / log::EVENTS_PER_ATTEMPT, 1));
    let from: Arc<dyn EventLog> = Arc::new(embedded(disk.path()));
    let server = Double::start();
    if server.is_ours() {
        // LogCopy wants an empty log, which a server that is shared does not have.
        copy_and_follow(report, &runtime, from.as_ref(), &server);
    }
    drop(server);
    let models = tempfile::tempdir().expect("a directory");
    let file = Arc::new(ModelsDirectory::open(models.path()).expect("it opens"));
    let in_file = fold(report, &runtime, &from, file, "SQLite", None);
    let server = postgres::Cluster::durable();
    let database = server.database();
    fold(report, &runtime, &from, Arc::new(database.models()), "PostgreSQL", Some(in_file));
    let bytes: f64 =
        database.ask("SELECT pg_database_size(current_database())")[0].parse().expect("a number");
    report.row(
        "bytes in PostgreSQL per event",
        format!("{:.0}", bytes / from.head().0 as f64),
        format!(
            "of SQLite {:.0}, indexes included",
            disk::size_of(models.path()) as f64 / from.head().0 as f64
        ),
    );
}

fn copy_and_follow(
    report: &mut Report,
    runtime: &tokio::runtime::Runtime,
    from: &dyn EventLog,
    server: &Double,
) {
    let work = tempfile::tempdir().expect("a directory");
    let to = cluster(work.path(), server);
    let head = from.head();
    let copying = LogCopy { from, to: &to, order: WriteOrder::Write };
    let started = Instant::now();
    runtime.block_on(copying.run(Position(0), head, |_| ())).expect("it is copied");
    let elapsed = started.elapsed().as_secs_f64();
    report.row(
        "copying a directory into a cluster",
        format!("{} events/s", grouped(head.0 as f64 / elapsed)),
        format!("{} events, one write after the other", grouped(head.0 as f64)),
    );
    let node = tempfile::tempdir().expect("a directory");
    let (started, core) = (Instant::now(), disk::core_seconds());
    let follows = cluster(node.path(), server);
    let elapsed = started.elapsed().as_secs_f64();
    let core_us = (disk::core_seconds() - core) * 1e6 / head.0 as f64;
    assert_eq!(follows.head(), head);
    report.row(
        "a new node's first copy of a cluster",
        format!("{} events/s", grouped(head.0 as f64 / elapsed)),
        format!("{elapsed:.1} s until it listens; {core_us:.0} µs of a core an event"),
    );
}

/// Folds the log into a store as it is brought forward and as it is rebuilt, and asks it; answers with the
/// two rates.
fn fold(
    report: &mut Report,
    runtime: &tokio::runtime::Runtime,
    log: &Arc<dyn EventLog>,
    models: Arc<dyn Models>,
    name: &str,
    beside: Option<[f64; 2]>,
) -> [f64; 2] {
    let head = log.head();
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).expect("it opens");
    let (started, core) = (Instant::now(), disk::core_seconds());
    let projector = Projector::start(log.clone(), models.clone(), folds()).expect("it starts");
    assert!(runtime.block_on(projector.reached(head, Duration::from_secs(3_600))), "it gets there");
    let brought = head.0 as f64 / started.elapsed().as_secs_f64();
    let core_us = (disk::core_seconds() - core) * 1e6 / head.0 as f64;
    report.row(
        &format!("bringing every read model forward in {name}"),
        format!("{} events/s", grouped(brought)),
        format!(
            "{core_us:.0} µs of a core an event in the ledger's process{}",
            share(brought, beside.map(|[brought, _]| brought))
        ),
    );
    let questions = Questions::new(ledger, Arc::new(projector), DOSSIER_BYTES_MAX);
    ask(report, &questions, name);
    drop(questions);
    let rebuilt = rebuild(report, log, models.as_ref(), name, beside.map(|[_, rebuilt]| rebuilt));
    [brought, rebuilt]
}

fn share(rate: f64, beside: Option<f64>) -> String {
    beside.map(|beside| format!("; {:.2} of SQLite", rate / beside)).unwrap_or_default()
}

fn ask(report: &mut Report, questions: &Questions, name: &str) {
    let range = Range::new(DAY, UnixMillis(DAY.0 + DAY_MS)).expect("a day");
    let hours = buckets(range, "PT1H".parse::<Interval>().expect("an hour"), Zone::UTC, 100).expect("a day");
    let queues = questions.queue_groups(None, usize::MAX, None).expect("there are queues").0;
    let board = timed(|_| drop(std::hint::black_box(questions.board(None).expect("a board"))));
    let history = timed(|number| {
        let question = HistoryQuestion {
            whose: HistorySubject::Queue(queues[number % queues.len()]),
            buckets: hours.clone(),
            attribution: Attribution::Start,
            metrics: metrics_of(HistoryKind::Queue).collect(),
            wishes: ParameterOverrides::default(),
            as_of: None,
        };
        drop(std::hint::black_box(questions.history(&question).expect("an answer")));
    });
    for (what, took) in
        [("the board of every queue", board), ("a day of one queue by the hour, every metric", history)]
    {
        report.row(
            &format!("{what}, from {name}"),
            format!("p50 {:.1} ms, p99 {:.1} ms", took[ASKED / 2], took[ASKED * 99 / 100]),
            format!("{ASKED} questions, one after the other"),
        );
    }
}

/// How long each question took, in milliseconds, ascending.
fn timed(mut question: impl FnMut(usize)) -> Vec<f64> {
    let mut took: Vec<f64> = (0..ASKED)
        .map(|number| {
            let asked = Instant::now();
            question(number);
            asked.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    took.sort_unstable_by(f64::total_cmp);
    took
}

/// Builds every read model from nothing; answers with events a second.
fn rebuild(
    report: &mut Report,
    log: &Arc<dyn EventLog>,
    models: &dyn Models,
    name: &str,
    beside: Option<f64>,
) -> f64 {
    let (folds, cancelled) = (folds(), CancellationToken::new());
    let projections = Projection::ALL.to_vec();
    assert!(models.lead().expect("it can be asked"), "nobody else leads");
    let rebuild =
        Rebuild { log: log.clone(), models, folds: &folds, projections, swap: true, cancelled: &cancelled };
    let started = Instant::now();
    let mut folded_s = 0.0;
    let mut note = |progress: &RebuildProgress| {
        if progress.phase == RebuildPhase::Folding {
            folded_s = started.elapsed().as_secs_f64();
        }
    };
    rebuild.run(&SoleWriter, &mut note, &mut |_| {}).expect("it rebuilds");
    let rate = log.head().0 as f64 / folded_s;
    report.row(
        &format!("rebuilding every read model into {name}"),
        format!("{} events/s", grouped(rate)),
        format!(
            "{} events in {folded_s:.0} s, then {:.0} s to index, compare and swap{}",
            grouped(log.head().0 as f64),
            started.elapsed().as_secs_f64() - folded_s,
            share(rate, beside)
        ),
    );
    rate
}
