//! Appends through every backend side by side, as more of them are under way.
//!
//! The cluster is the double of the stream services in a process of its own, which has no disk and shares the
//! cores: its figures are the limit of our side of the wire. `ATTEMPT_LEDGER_TEST_ESDB` names a real one
//! instead.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use attempt_ledger::cluster_log::{ClusterAddress, ClusterLog, ClusterOptions};
use attempt_ledger::environment::System;
use attempt_ledger::ledger::{Ledger, LedgerOptions, Submission};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog, MemoryLog};
use attempt_ledger::seed::{Scenario, SeedOptions, deliveries};

use crate::double::Double;
use crate::report::{Report, grouped};
use crate::{disk, submission, traffic};

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

/// Measures single appends at each number under way, and batches.
pub fn measure(report: &mut Report) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = Double::start();
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
}

pub fn embedded(directory: &Path) -> EmbeddedLog {
    EmbeddedLog::open(directory, &EmbeddedOptions::default()).expect("it opens")
}

pub fn cluster(directory: &Path, server: &Double) -> ClusterLog {
    let address: ClusterAddress = server.address().parse().expect("an address");
    let copy: EmbeddedOptions = EmbeddedOptions::default();
    ClusterLog::open(directory, &address, &ClusterOptions::new(copy)).expect("it follows")
}

/// What one measurement of one backend came to.
struct Appended {
    rate: f64,
    /// Time on a core that an event took in this process, in microseconds.
    core_us: f64,
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
        let Appended { rate, core_us, took } = append(&backend.log);
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
            format!("p50 {:.2} ms, p99 {:.2} ms; {core_us:.0} µs of a core an event{share}", at(50), at(99)),
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
    let (started, core) = (Instant::now(), disk::core_seconds());
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
    finish(runtime, (started, core), callers, 1)
}

fn batches(runtime: &tokio::runtime::Runtime, log: &Arc<dyn EventLog>, first_attempt_id: i64) -> Appended {
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).expect("it opens");
    let work: Vec<_> =
        (0..BATCHES).map(|caller| of_caller(first_attempt_id, caller, ALL_MAX / BATCHES)).collect();
    let (started, core) = (Instant::now(), disk::core_seconds());
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
    finish(runtime, (started, core), callers, BATCH)
}

fn finish(
    runtime: &tokio::runtime::Runtime,
    (started, core): (Instant, f64),
    callers: Vec<tokio::task::JoinHandle<Vec<f64>>>,
    events_each: usize,
) -> Appended {
    let mut took = Vec::new();
    for caller in callers {
        took.extend(runtime.block_on(caller).expect("no panic"));
    }
    let events = (took.len() * events_each) as f64;
    let rate = events / started.elapsed().as_secs_f64();
    let core_us = (disk::core_seconds() - core) * 1e6 / events;
    took.sort_unstable_by(f64::total_cmp);
    Appended { rate, core_us, took }
}
