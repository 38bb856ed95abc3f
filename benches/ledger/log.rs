//! A log of many events: its size, its ordered scan, random reads, and opening it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use attempt_ledger::environment::System;
use attempt_ledger::ledger::{Ledger, LedgerOptions};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog as _};
use attempt_ledger::seed::{SeedOptions, deliveries};
use attempt_ledger_domain::Position;

use crate::client::{self, Requests};
use crate::report::{Report, grouped};
use crate::{disk, http, submission, traffic};

const READERS: usize = 16;
/// Events of a legal attempt, roughly: how many attempts make so many events.
pub const EVENTS_PER_ATTEMPT: u64 = 4;

/// Fills a directory, then measures it from every side.
pub fn grow_and_read(report: &mut Report, events: u64, seconds: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let attempts = events / EVENTS_PER_ATTEMPT;
    let head = fill(report, &runtime, directory.path(), &traffic(attempts, 1));
    sizes(report, directory.path(), head);
    scan(report, directory.path());
    open(report, directory.path());
    timelines(report, &runtime, directory.path(), attempts, seconds);
}

/// Records the deliveries of legal attempts into a directory.
pub fn fill(
    report: &mut Report,
    runtime: &tokio::runtime::Runtime,
    directory: &std::path::Path,
    options: &SeedOptions,
) -> Position {
    let log = Arc::new(EmbeddedLog::open(directory, &EmbeddedOptions::default()).expect("it opens"));
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).expect("it opens");
    let source: Arc<str> = Arc::from("bench");
    let started = Instant::now();
    let mut batch = Vec::new();
    let mut under_way = std::collections::VecDeque::new();
    for delivery in deliveries(options) {
        batch.push(submission(delivery, &source));
        if batch.len() == 4_096 {
            let (ledger, batch) = (ledger.clone(), std::mem::take(&mut batch));
            under_way.push_back(runtime.spawn(async move { ledger.record_batch(batch).await }));
            if under_way.len() == 4 {
                let first = under_way.pop_front().expect("four are under way");
                runtime.block_on(first).expect("no panic").expect("recorded");
            }
        }
    }
    under_way.push_back(runtime.spawn({
        let ledger = ledger.clone();
        async move { ledger.record_batch(batch).await }
    }));
    for rest in under_way {
        runtime.block_on(rest).expect("no panic").expect("recorded");
    }
    let head = log.head();
    let elapsed = started.elapsed().as_secs_f64();
    report.row(
        "recording in batches of 4,096 without HTTP, packing meanwhile",
        format!("{} events/s", grouped(head.0 as f64 / elapsed)),
        format!("{} events in {elapsed:.0} s", grouped(head.0 as f64)),
    );
    let started = Instant::now();
    log.wait_until_packed().expect("packed");
    eprintln!("packing went on for {:.1} s", started.elapsed().as_secs_f64());
    drop(ledger);
    drop(log);
    head
}

fn sizes(report: &mut Report, directory: &std::path::Path, head: Position) {
    let log = directory.join("log");
    let (packed, records) = disk::packed(&log, head.0);
    let index = disk::size_of(&directory.join("index")) as f64;
    report.row(
        "bytes on disk per event, packed",
        format!("{:.0}", packed as f64 / records as f64),
        format!(
            "{} events in packed segments; the derived index takes {:.0} bytes per event more",
            grouped(records as f64),
            index / records as f64
        ),
    );
}

fn scan(report: &mut Report, directory: &std::path::Path) {
    let log = EmbeddedLog::open(directory, &EmbeddedOptions::default()).expect("it opens");
    let started = Instant::now();
    let (mut after, mut bytes) = (Position(0), 0_u64);
    loop {
        let page = log.read_after(after, 4_096).expect("it reads");
        let Some(last) = page.last() else { break };
        after = last.position;
        bytes += page.iter().map(|record| (record.leaf.len() + record.opening.len()) as u64).sum::<u64>();
    }
    let elapsed = started.elapsed().as_secs_f64();
    drop(log);
    let (decode_s, decoded) = disk::decode_only(&directory.join("log"));
    report.row(
        "ordered scan with every checksum",
        format!(
            "{} events/s, {} MB/s",
            grouped(after.0 as f64 / elapsed),
            grouped(bytes as f64 / elapsed / 1e6)
        ),
        format!(
            "{:.2} of reading and decompressing the same files and nothing else ({} MB/s)",
            (bytes as f64 / elapsed) / (decoded as f64 / decode_s),
            grouped(decoded as f64 / decode_s / 1e6)
        ),
    );
}

fn open(report: &mut Report, directory: &std::path::Path) {
    let before = disk::resident_bytes();
    let started = Instant::now();
    let log = Arc::new(EmbeddedLog::open(directory, &EmbeddedOptions::default()).expect("it opens"));
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).expect("it opens");
    let elapsed = started.elapsed();
    let after = disk::resident_bytes();
    report.row(
        "opening the ledger again",
        format!("{} ms", elapsed.as_millis()),
        format!(
            "{} events; {} MB more resident",
            grouped(log.head().0 as f64),
            after.saturating_sub(before) / 1_000_000
        ),
    );
    drop(ledger);
    drop(log);
}

fn timelines(
    report: &mut Report,
    runtime: &tokio::runtime::Runtime,
    directory: &std::path::Path,
    attempts: u64,
    seconds: u64,
) {
    let (address, log) = http::start(runtime, directory);
    let noop = client::get("/livez");
    let noop: Requests = Arc::new(move || Some(noop.clone()));
    let state = AtomicU64::new(1);
    let requests: Requests = Arc::new(move || {
        // A multiplicative sequence visits attempts in no order that a cache could guess.
        let next = state.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        Some(client::get(&format!("/v1/attempts/{}/timeline", 1 + (next >> 11) % attempts)))
    });
    let noop = runtime.block_on(client::run(address, READERS, seconds, noop));
    let reads = runtime.block_on(client::run(address, READERS, seconds, requests));
    report.row(
        "random timeline read over HTTP, 16 clients",
        format!(
            "{}/s, p50 {} µs, p99 {} µs",
            grouped(reads.per_second()),
            reads.percentile_us(0.5),
            reads.percentile_us(0.99)
        ),
        format!(
            "{:.2} of the no-op handler's {}/s; {} MB resident",
            reads.per_second() / noop.per_second(),
            grouped(noop.per_second()),
            disk::resident_bytes() / 1_000_000
        ),
    );
    drop(log);
}
