//! What a ledger contains before a load begins.

use attempt_ledger::environment::{Environment as _, System};
use attempt_ledger::seed::{ArrivalPattern, Scenario, SeedOptions, deliveries, ndjson_line};
use attempt_ledger_domain::UnixMillis;
use serde_json::{Value, json};

use crate::service::Service;

/// The attempt of [`Stock::LongAttempt`].
pub const LONG_ATTEMPT_ID: u64 = 7;
/// The queue of [`Stock::Waiting`]; those after it are free.
pub const WAITING_QUEUE_ID: u64 = 900_000;
/// The deliveries of one batch.
pub const BATCH_LINES: u64 = 4_000;

const LONG_ATTEMPT_EVENTS: u64 = 10_000;
const DAY_EVENTS: usize = 200_000;
const DAY_MS: i64 = 86_400_000;
/// Events of the seed have up to four for an attempt, so that these are enough.
const DAY_ATTEMPTS: u64 = 100_000;
const DAY_FIRST_ATTEMPT_ID: i64 = 10_000_000;
const LARGE_EVENTS: u64 = 1_000;
const LARGE_FIRST_ATTEMPT_ID: u64 = 20_000_000;
const LARGE_EVENT_BYTES: usize = 60_000;
/// As much as one request may hold.
const LARGE_BATCH_LINES: u64 = 250;
const WAITING_BATCHES: u64 = 5;
const WAITING_FIRST_ATTEMPT_ID: u64 = 30_000_000;

#[derive(Clone, Copy)]
pub enum Stock {
    /// One attempt with 10,000 events.
    LongAttempt,
    /// 200,000 events of a day.
    Day,
    /// 1,000 events that make a page of 60 MB.
    LargePage,
    /// 20,000 refused deliveries that wait for the definition of one queue.
    Waiting,
}

impl Stock {
    /// Records it.
    pub fn fill(self, service: &Service) {
        let before = service.head();
        let records = match self {
            Self::LongAttempt => fill_long_attempt(service),
            Self::Day => fill_day(service),
            Self::LargePage => fill_large_page(service),
            Self::Waiting => fill_waiting(service),
        };
        assert_eq!(
            service.head() - before,
            records,
            "each delivery of a stock is recorded, or refused and kept"
        );
    }
}

/// Returns how many records it makes, as the others do.
fn fill_long_attempt(service: &Service) -> u64 {
    let begin_ms = System.now().0 - DAY_MS;
    for first in (0..LONG_ATTEMPT_EVENTS).step_by(2_000) {
        let lines = (first..first + 2_000).map(|number| {
            let event = if number == 0 { "joined" } else { "offering" };
            let occurred_at = begin_ms + i64::try_from(number).expect("a small number");
            line(&json!({
                "event": event, "queue_type": "inbound_queue", "attempt_id": LONG_ATTEMPT_ID,
                "timestamp": occurred_at,
            }))
        });
        service.record(lines.collect::<String>().as_bytes());
    }
    LONG_ATTEMPT_EVENTS
}

fn fill_day(service: &Service) -> u64 {
    let options = SeedOptions {
        seed: 42,
        attempts: DAY_ATTEMPTS,
        first_attempt_id: DAY_FIRST_ATTEMPT_ID,
        start: UnixMillis(System.now().0 - DAY_MS),
        span_ms: DAY_MS.unsigned_abs(),
        arrivals: ArrivalPattern::Day,
        scenario: Scenario::Clean,
    };
    let mut lines = String::new();
    let mut count = 0;
    for delivery in deliveries(&options).take(DAY_EVENTS) {
        ndjson_line(&delivery, &mut lines);
        count += 1;
        if count % BATCH_LINES == 0 {
            service.record(lines.as_bytes());
            lines.clear();
        }
    }
    count
}

fn fill_large_page(service: &Service) -> u64 {
    let filler = "x".repeat(LARGE_EVENT_BYTES);
    for first in (0..LARGE_EVENTS).step_by(LARGE_BATCH_LINES as usize) {
        let lines = (first..first + LARGE_BATCH_LINES).map(|number| {
            let attempt_id = LARGE_FIRST_ATTEMPT_ID + number;
            line(&json!({
                "event": "joined", "queue_type": "inbound_queue", "attempt_id": attempt_id, "note": filler,
            }))
        });
        service.record(lines.collect::<String>().as_bytes());
    }
    LARGE_EVENTS
}

fn fill_waiting(service: &Service) -> u64 {
    for batch in 0..WAITING_BATCHES {
        let first = WAITING_FIRST_ATTEMPT_ID + batch * BATCH_LINES;
        service.record(waiting_lines(WAITING_QUEUE_ID, first).as_bytes());
    }
    WAITING_BATCHES * BATCH_LINES
}

/// A batch of deliveries that are refused until this queue is defined.
pub fn waiting_lines(queue_id: u64, first_attempt_id: u64) -> String {
    let attempts = first_attempt_id..first_attempt_id + BATCH_LINES;
    let delivery = |attempt_id| json!({ "event": "joined", "attempt_id": attempt_id, "queue_id": queue_id });
    attempts.map(|attempt_id: u64| line(&delivery(attempt_id))).collect()
}

fn line(delivery: &Value) -> String {
    format!("{delivery}\n")
}
