//! Claims about the invented traffic as a whole.

mod believable;
mod damage;
mod lawful;
mod pattern;
mod same;

use std::collections::BTreeMap;

use attempt_ledger_domain::{EventKind, HookName, Observation, QueueType, UnixMillis};

use super::*;

const DAY_MS: u64 = 86_400_000;
const HOUR_MS: u64 = 3_600_000;

/// 2026-07-22T00:00:00+03:00.
const MIDNIGHT: UnixMillis = UnixMillis(1_784_667_600_000);

fn options(scenario: Scenario, attempts: u64) -> SeedOptions {
    SeedOptions {
        seed: 20_260_722,
        attempts,
        first_attempt_id: 48_210_000,
        start: MIDNIGHT,
        span_ms: DAY_MS,
        arrivals: ArrivalPattern::Day,
        scenario,
    }
}

/// The fields of an intact body; none for a broken one.
fn fields(delivery: &SeedDelivery) -> Option<BTreeMap<String, String>> {
    serde_json::from_str(&delivery.body).ok()
}

fn number(fields: &BTreeMap<String, String>, key: &str) -> Option<i64> {
    fields.get(key)?.parse().ok()
}

type ReadDelivery = (SeedDelivery, BTreeMap<String, String>);

/// Clean traffic by attempt, each in the order of arrival.
fn clean_attempts(attempts: u64) -> BTreeMap<i64, Vec<ReadDelivery>> {
    let mut by_attempt: BTreeMap<i64, Vec<ReadDelivery>> = BTreeMap::new();
    for delivery in deliveries(&options(Scenario::Clean, attempts)) {
        let fields = fields(&delivery).expect("clean bodies are flat objects of strings");
        let attempt_id = number(&fields, "attempt_id").expect("clean bodies name the attempt");
        by_attempt.entry(attempt_id).or_default().push((delivery, fields));
    }
    by_attempt
}
