//! Benchmarks against a limit measured in the same run: `cargo bench --bench ledger`.
//!
//! Sizes come from the environment: `EVENTS` (default 1,000,000) for the log, `SECONDS` (default 5) for each
//! measurement over HTTP or at a rate. Every figure stands beside what it is a share of.

mod backends;
mod client;
mod disk;
mod double;
mod http;
mod live;
mod log;
mod models;
mod moving;
#[path = "../../tests/support/postgres.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is a test's, and the tests use the rest")]
mod postgres;
#[path = "../../tests/support/processes.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "it is a test's, and the tests use the rest")]
mod processes;
mod report;

use std::sync::Arc;

use attempt_ledger::ledger::Submission;
use attempt_ledger::seed::{ArrivalPattern, Scenario, SeedDelivery, SeedOptions};
use attempt_ledger_domain::{Address, UnixMillis};
use bytes::Bytes;

use report::Report;

/// The same as the program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 2026-07-22T00:00:00Z.
const DAY: UnixMillis = UnixMillis(1_784_678_400_000);

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} must be a number")),
        Err(_) => default,
    }
}

/// Legal traffic of a day, so that every delivery goes the whole way.
fn traffic(attempts: u64, first_attempt_id: i64) -> SeedOptions {
    SeedOptions {
        seed: 42,
        attempts,
        first_attempt_id,
        start: DAY,
        span_ms: 86_400_000,
        arrivals: ArrivalPattern::Day,
        scenario: Scenario::Clean,
    }
}

/// A delivery on its way into the ledger.
fn submission(delivery: SeedDelivery, source: &Arc<str>) -> Submission {
    let address = Address {
        event: Some(delivery.hook.wire_name().to_owned()),
        queue_type: Some(delivery.queue_type.name().to_owned()),
        ..Address::default()
    };
    Submission { address, body: Bytes::from(delivery.body), source: source.clone() }
}

fn main() {
    // `cargo test` runs benches too, with `--test`: there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    if std::env::args().any(|argument| argument == double::SERVE) {
        return double::serve();
    }
    let events = setting("EVENTS", 1_000_000);
    let seconds = setting("SECONDS", 5);
    let mut report = Report::default();
    // `cargo bench --bench ledger -- batches` runs one part.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wants = |part: &str| wanted.is_empty() || wanted.iter().any(|name| name == part);
    if wants("single") {
        http::single_appends(&mut report, seconds);
    }
    if wants("batches") {
        http::batches(&mut report, seconds);
    }
    if wants("log") {
        log::grow_and_read(&mut report, events, seconds);
    }
    if wants("models") {
        models::measure(&mut report, events);
    }
    if wants("live") {
        live::measure(&mut report, seconds);
    }
    if wants("backends") {
        backends::measure(&mut report);
        moving::measure(&mut report, events / 5);
    }
    report.print();
}
