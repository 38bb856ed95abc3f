//! Every backend side by side: appends as more of them are under way, copying, following, rebuilding.
//!
//! The cluster is the double of the stream services in this process, which has no disk and shares the cores: its
//! figures are the limit of our side of the wire. `ATTEMPT_LEDGER_TEST_ESDB` names a real one instead.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use attempt_ledger::environment::System;
use attempt_ledger::ledger::{Ledger, LedgerOptions, Submission};
use attempt_ledger::log::copying::{Copying, Order};
use attempt_ledger::log::{
    ClusterAddress, ClusterLog, ClusterOptions, EmbeddedLog, EmbeddedOptions, EventLog, MemoryLog,
};
use attempt_ledger::projector::{Alone, Phase, Progress, Rebuild, folds};
use attempt_ledger::read_store::{Models, ModelsDirectory, Projection};
use attempt_ledger::seed::{Scenario, SeedOptions, deliveries};
use attempt_ledger_domain::Position;

use crate::report::{Report, grouped};
use crate::server::Server;
use crate::{log, postgres, submission, traffic};

/// Appends under way at once, one measurement after the other.
const IN_FLIGHT: [usize; 5] = [1, 4, 16, 64, 256];
/// Appends of each caller in one measurement, within these limits for all callers together.
const EACH: usize = 500;
const ALL_MIN: usize = 2_000;
const ALL_MAX: usize = 60_000;
/// Deliveries of one batch, and batches under way at once.
const BATCH: usize = 1_000;
const BATCHES: usize = 4;

/// One log to append to.
struct Backend {
    name: &'static str,
    log: Arc<dyn EventLog>,
}

/// Measures appends, then moves the same events from log to log, then rebuilds.
pub fn measure(report: &mut Report, events: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(Server::start());
    let (disk, copy) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    let backends = [
        Backend { name: "memory", log: Arc::new(MemoryLog::new()) },
        Backend { name: "embedded", log: Arc::new(embedded(disk.path())) },
        Backend { name: "cluster", log: Arc::new(cluster(copy.path(), &server)) },
    ];
    let mut first_attempt_id = 1;
    for in_flight in IN_FLIGHT {
        side_by_side(report, &format!("single appends, {in_flight} under way"), &backends, |log| {
            first_attempt_id += 1_000_000_000;
            singles(&runtime, log, in_flight, first_attempt_id)
        });
    }
    side_by_side(report, "batches of 1,000, four under way", &backends, |log| {
        first_attempt_id += 1_000_000_000;
        batches(&runtime, log, first_attempt_id)
    });
    drop(backends);
    move_and_rebuild(report, &runtime, events);
}

fn embedded(directory: &Path) -> EmbeddedLog {
    EmbeddedLog::open(directory, &Ledger::embedded_options()).expect("it opens")
}

fn cluster(directory: &Path, server: &Server) -> ClusterLog {
    let address: ClusterAddress = server.address().parse().expect("an address");
    let copy: EmbeddedOptions = Ledger::embedded_options();
    ClusterLog::open(directory, &address, &ClusterOptions::new(copy)).expect("it follows")
}

/// What one measurement of one backend came to.
struct Appended {
    rate: f64,
    /// Milliseconds from asking to the answer, ascending.
    took: Vec<f64>,
}

fn side_by_side(
    report: &mut Report,
    what: &str,
    backends: &[Backend],
    mut append: impl FnMut(&Arc<dyn EventLog>) -> Appended,
) {
    let mut in_directory = None;
    for backend in backends {
        let Appended { rate, took } = append(&backend.log);
        let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
        let share = match (backend.name, in_directory) {
            ("cluster", Some(in_directory)) => format!("; {:.2} of the embedded log", rate / in_directory),
            _ => String::new(),
        };
        if backend.name == "embedded" {
            in_directory = Some(rate);
        }
        report.row(
            &format!("{what}: {}", backend.name),
            format!("{} events/s", grouped(rate)),
            format!("p50 {:.2} ms, p99 {:.2} ms{share}", at(50), at(99)),
        );
    }
}

fn of_caller(first_attempt_id: i64, caller: usize, events: usize) -> Vec<Submission> {
    let source: Arc<str> = Arc::from("bench");
    let first = first_attempt_id + i64::try_from(caller).expect("small") * 1_000_000;
    let options = SeedOptions { scenario: Scenario::Clean, ..traffic(events as u64 / 3 + 2, first) };
    deliveries(&options).take(events).map(|delivery| submission(delivery, &source)).collect()
}

/// Each caller appends one event after the other, of attempts that are its own.
fn singles(
    runtime: &tokio::runtime::Runtime,
    log: &Arc<dyn EventLog>,
    callers: usize,
    first_attempt_id: i64,
) -> Appended {
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).expect("it opens");
    let each = (callers * EACH).clamp(ALL_MIN, ALL_MAX) / callers;
    let work: Vec<_> = (0..callers).map(|caller| of_caller(first_attempt_id, caller, each)).collect();
    let started = Instant::now();
    let callers: Vec<_> = work
        .into_iter()
        .map(|deliveries| {
            let ledger = ledger.clone();
            runtime.spawn(async move {
                let mut took = Vec::with_capacity(deliveries.len());
                for delivery in deliveries {
                    let asked = Instant::now();
                    ledger.record(delivery).await.expect("recorded");
                    took.push(asked.elapsed().as_secs_f64() * 1_000.0);
                }
                took
            })
        })
        .collect();
    finish(runtime, started, callers, 1)
}

fn batches(runtime: &tokio::runtime::Runtime, log: &Arc<dyn EventLog>, first_attempt_id: i64) -> Appended {
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).expect("it opens");
    let work: Vec<_> =
        (0..BATCHES).map(|caller| of_caller(first_attempt_id, caller, ALL_MAX / BATCHES)).collect();
    let started = Instant::now();
    let callers: Vec<_> = work
        .into_iter()
        .map(|deliveries| {
            let ledger = ledger.clone();
            runtime.spawn(async move {
                let mut took = Vec::new();
                for batch in deliveries.chunks_exact(BATCH) {
                    let asked = Instant::now();
                    ledger.record_batch(batch.to_vec()).await.expect("recorded");
                    took.push(asked.elapsed().as_secs_f64() * 1_000.0);
                }
                took
            })
        })
        .collect();
    finish(runtime, started, callers, BATCH)
}

fn finish(
    runtime: &tokio::runtime::Runtime,
    started: Instant,
    callers: Vec<tokio::task::JoinHandle<Vec<f64>>>,
    events_each: usize,
) -> Appended {
    let mut took = Vec::new();
    for caller in callers {
        took.extend(runtime.block_on(caller).expect("no panic"));
    }
    let rate = (took.len() * events_each) as f64 / started.elapsed().as_secs_f64();
    took.sort_unstable_by(f64::total_cmp);
    Appended { rate, took }
}

/// Fills a directory, copies it into a cluster, follows that, and rebuilds the read models in each store.
fn move_and_rebuild(report: &mut Report, runtime: &tokio::runtime::Runtime, events: u64) {
    let disk = tempfile::tempdir().expect("a directory");
    log::fill(report, runtime, disk.path(), &traffic(events / log::EVENTS_PER_ATTEMPT, 1));
    let from: Arc<dyn EventLog> = Arc::new(embedded(disk.path()));
    let head = from.head();
    let server = runtime.block_on(Server::start());
    if server.is_alone() {
        // Copying wants an empty log, which a server that is shared does not have.
        copy(report, runtime, from.as_ref(), &server);
    }
    let models = tempfile::tempdir().expect("a directory");
    let file = ModelsDirectory::open(models.path()).expect("it opens");
    let in_file = rebuild(report, &from, &file, "SQLite", None);
    let database = postgres::Cluster::durable();
    let database = database.database();
    rebuild(report, &from, &database.models(), "PostgreSQL", Some(in_file));
    assert_eq!(from.head(), head, "nobody wrote meanwhile");
}

fn copy(report: &mut Report, runtime: &tokio::runtime::Runtime, from: &dyn EventLog, server: &Server) {
    let work = tempfile::tempdir().expect("a directory");
    let to = cluster(work.path(), server);
    let head = from.head();
    let sender_id_of = Ledger::embedded_options().sender_id_of;
    let copying = Copying { from, to: &to, order: Order::OfWrites, sender_id_of };
    let started = Instant::now();
    runtime.block_on(copying.run(Position(0), head, |_| ())).expect("it is copied");
    let elapsed = started.elapsed().as_secs_f64();
    report.row(
        "copying a directory into a cluster",
        format!("{} events/s", grouped(head.0 as f64 / elapsed)),
        format!("{} events, one write after the other", grouped(head.0 as f64)),
    );
    let node = tempfile::tempdir().expect("a directory");
    let started = Instant::now();
    let follows = cluster(node.path(), server);
    let elapsed = started.elapsed().as_secs_f64();
    assert_eq!(follows.head(), head);
    report.row(
        "a new node's first copy of a cluster",
        format!("{} events/s", grouped(head.0 as f64 / elapsed)),
        format!("{elapsed:.1} s until it listens"),
    );
}

/// Builds every read model anew; answers with events a second.
fn rebuild(
    report: &mut Report,
    log: &Arc<dyn EventLog>,
    models: &dyn Models,
    name: &str,
    beside: Option<f64>,
) -> f64 {
    let (folds, cancelled) = (folds(), AtomicBool::new(false));
    let projections = Projection::ALL.to_vec();
    let rebuild =
        Rebuild { log: log.clone(), models, folds: &folds, projections, swap: true, cancelled: &cancelled };
    let started = Instant::now();
    let mut folded_s = 0.0;
    let mut note = |progress: &Progress| {
        if progress.phase == Phase::Folding {
            folded_s = started.elapsed().as_secs_f64();
        }
    };
    rebuild.run(&Alone, &mut note, &mut |_| {}).expect("it rebuilds");
    let rate = log.head().0 as f64 / folded_s;
    let share = beside.map(|beside| format!("; {:.2} of SQLite", rate / beside)).unwrap_or_default();
    report.row(
        &format!("rebuilding every read model into {name}"),
        format!("{} events/s", grouped(rate)),
        format!(
            "{} events in {folded_s:.0} s, then {:.0} s to index and swap{share}",
            grouped(log.head().0 as f64),
            started.elapsed().as_secs_f64() - folded_s
        ),
    );
    rate
}
