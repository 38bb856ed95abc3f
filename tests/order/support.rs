//! Delivers hooks to a ledger in memory and returns what its timelines say.

use std::collections::BTreeSet;
use std::sync::Arc;

use attempt_ledger::ledger::{Ledger, LedgerOptions, Receipt, Submission};
use attempt_ledger::log::MemoryLog;
use attempt_ledger::seed::SeedDelivery;
use attempt_ledger_domain::{Address, AttemptId, UnixMillis};
use bytes::Bytes;
use serde_json::Value;

use crate::support::clock::Clock;

/// 2026-07-22T00:00:00Z.
pub const DAY: UnixMillis = UnixMillis(1_784_678_400_000);

/// One hook as the producer fires it.
#[derive(Clone, Debug)]
pub struct Hook {
    pub queue_type: String,
    pub event: String,
    pub body: String,
}

impl From<SeedDelivery> for Hook {
    fn from(delivery: SeedDelivery) -> Self {
        Self {
            queue_type: delivery.queue_type.name().to_owned(),
            event: delivery.hook.wire_name().to_owned(),
            body: delivery.body,
        }
    }
}

pub struct Trace {
    pub file: String,
    pub manifest: Value,
    pub hooks: Vec<Hook>,
}

impl Trace {
    /// The attempt that most of the trace is about.
    pub fn attempt_id(&self) -> Option<i64> {
        let body: Value = serde_json::from_str(&self.hooks[0].body).expect("a trace is JSON");
        body["attempt_id"].as_str().map(|text| text.parse().expect("a number"))
    }
}

pub fn traces() -> Vec<Trace> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traces");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).expect(name);
    let manifest: Vec<Value> = serde_json::from_str(&read("manifest.json")).expect("the manifest is JSON");
    assert!(manifest.len() >= 11, "the traces are there");
    let trace = |manifest: Value| {
        let file = manifest["file"].as_str().expect("a file").to_owned();
        let lines = read(&file);
        let names = manifest["hooks"].as_array().expect("hooks").clone();
        let hook = |(line, name): (&str, &Value)| Hook {
            queue_type: manifest["queue_type"].to_string(),
            event: name.as_str().expect("a name").to_owned(),
            body: line.to_owned(),
        };
        let hooks = lines.lines().zip(&names).map(hook).collect();
        Trace { file, hooks, manifest: manifest.clone() }
    };
    manifest.into_iter().map(trace).collect()
}

/// Delivers the hooks, then returns every attempt's timeline without what depends on arrival: positions,
/// revisions, ids, and whether a delivery was recorded or refused when it came.
pub async fn told(hooks: &[Hook]) -> Vec<Value> {
    let log = Arc::new(MemoryLog::default());
    // Time stands still two days after the traces' day, so that nothing but order differs between two runs.
    let clock = Arc::new(Clock::at(DAY.0 + 2 * 86_400_000, rand::random()));
    let ledger = Ledger::open(log, clock, LedgerOptions::default()).expect("it opens");
    let mut attempts = BTreeSet::new();
    for hook in hooks {
        let submission = Submission {
            address: Address {
                event: Some(hook.event.clone()),
                queue_type: Some(hook.queue_type.clone()),
                ..Address::default()
            },
            body: Bytes::from(hook.body.clone()),
            source: Arc::from("test"),
        };
        let receipt = ledger.record(submission).await.expect("the log in memory never fails");
        attempts.extend(match receipt {
            Receipt::Recorded(place) | Receipt::Duplicate(place) => Some(place.attempt_id),
            Receipt::Observed(observed) => observed.attempt_id,
            Receipt::Refused(refused) => refused.attempt_id,
        });
    }
    attempts.into_iter().map(|attempt_id| tell(&ledger, attempt_id)).collect()
}

fn tell(ledger: &Ledger, attempt_id: AttemptId) -> Value {
    let timeline = ledger.timeline(attempt_id, None).expect("it reads").expect("it exists");
    let mut told = serde_json::to_value(timeline).expect("a timeline serializes");
    let lists = told.as_object_mut().expect("a timeline is an object").iter_mut();
    let lists = lists.filter(|(name, _)| ["entries", "observations"].contains(&name.as_str()));
    for entry in lists.flat_map(|(_, list)| list.as_array_mut().expect("a list")) {
        let entry = entry.as_object_mut().expect("an entry is an object");
        for arrival in ["id", "position", "revision", "outcome", "rule", "dismissed"] {
            entry.remove(arrival);
        }
    }
    told
}
