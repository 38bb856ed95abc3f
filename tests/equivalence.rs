//! The same commands through the in-memory and the embedded log give the same records.

use std::path::Path;
use std::sync::Arc;

use attempt_ledger::ledger::{Ledger, LedgerOptions, Receipt, Submission};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog, MemoryLog, StoredRecord};
use attempt_ledger::seed::{ArrivalPattern, Scenario, SeedOptions, deliveries, queues};
use attempt_ledger_domain::{Address, Position, QueueDefinition, UnixMillis};
use bytes::Bytes;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::support::clock::Clock;
use crate::support::seed::seed;

/// One step of a script.
#[derive(Clone)]
enum Step {
    Define(QueueDefinition),
    Single(Submission),
    Batch(Vec<Submission>),
    /// Settle the newest open refusal one way or the other.
    Replay,
    Dismiss,
}

fn script(seed: u64) -> Vec<Step> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let options = SeedOptions {
        seed,
        attempts: 250,
        first_attempt_id: 1,
        start: UnixMillis(1_784_678_400_000),
        span_ms: 86_400_000,
        arrivals: ArrivalPattern::Day,
        scenario: Scenario::Broken,
    };
    let mut all = deliveries(&options).map(|delivery| Submission {
        address: Address {
            event: Some(delivery.hook.wire_name().to_owned()),
            // A few senders give ids, a few of those twice; a few leave the queue type to the definition.
            id: random.random_bool(0.1).then(|| format!("id-{}", random.random_range(0..60))),
            queue_type: random.random_bool(0.7).then(|| delivery.queue_type.name().to_owned()),
            ..Address::default()
        },
        body: Bytes::from(delivery.body),
        source: Arc::from("test"),
    });
    let mut steps = Vec::new();
    let mut choose = ChaCha8Rng::seed_from_u64(seed ^ 1);
    let mut undefined: Vec<_> = queues().iter().collect();
    while let Some(submission) = all.next() {
        match choose.random_range(0..20) {
            0 => steps.extend(undefined.pop().map(|queue| {
                Step::Define(QueueDefinition {
                    queue_id: queue.id,
                    queue_type: queue.queue_type,
                    name: Some(queue.name.to_owned()),
                    hooks: Some(queue.hooks.iter().copied().collect()),
                    service_level_threshold_ms: None,
                    short_abandon_threshold_ms: None,
                    leaving_deadline_ms: None,
                    variables: None,
                })
            })),
            1 => steps.push(Step::Replay),
            2 => steps.push(Step::Dismiss),
            3..6 => steps.push(Step::Batch(all.by_ref().take(17).collect())),
            _ => {}
        }
        steps.push(Step::Single(submission));
    }
    steps
}

/// What a run answered, and what lies in the log.
#[derive(Debug, PartialEq)]
struct Played {
    answers: Vec<String>,
    records: Vec<StoredRecord>,
}

async fn play(log: Arc<dyn EventLog>, steps: &[Step]) -> Played {
    // Equal commands get equal records.
    let clock = Arc::new(Clock::ticking(1_784_800_000_000, 1));
    let ledger = Ledger::open(log.clone(), clock, LedgerOptions::default()).expect("opens");
    let mut answers = Vec::new();
    for step in steps {
        answers.push(answer(&ledger, step).await);
    }
    let records = log.read_after(Position(0), usize::MAX >> 1).expect("it reads");
    Played { answers, records }
}

async fn answer(ledger: &Arc<Ledger>, step: &Step) -> String {
    let newest = || {
        let open = ledger.refusals(ledger.log().head().next(), 1).expect("it reads");
        open.first().map(|view| view.refusal_id)
    };
    match step {
        Step::Define(definition) => {
            format!("{:?}", ledger.define_queue(definition.clone(), "test").await.expect("it is defined"))
        }
        Step::Single(submission) => {
            format!("{:?}", ledger.record(submission.clone()).await.expect("it is kept"))
        }
        Step::Batch(batch) => {
            let receipts: Vec<Receipt> = ledger.record_batch(batch.clone()).await.expect("it is kept");
            format!("{receipts:?}")
        }
        Step::Replay => match newest() {
            Some(id) => {
                format!("{:?}", ledger.replay(id, "again", "test").await.map_err(|error| error.to_string()))
            }
            None => "nothing to replay".to_owned(),
        },
        Step::Dismiss => match newest() {
            Some(id) => {
                format!("{:?}", ledger.dismiss(id, "noise", "test").await.map_err(|error| error.to_string()))
            }
            None => "nothing to dismiss".to_owned(),
        },
    }
}

fn embedded(directory: &Path) -> Arc<EmbeddedLog> {
    // Small segments, so that the script rotates and packs many of them.
    let options = EmbeddedOptions { segment_bytes_max: 40_000, ..EmbeddedOptions::default() };
    Arc::new(EmbeddedLog::open(directory, &options).expect("it opens"))
}

#[tokio::test]
async fn the_same_commands_give_the_same_answers_and_the_same_records() {
    for seed in [1, 2, seed()] {
        let steps = script(seed);
        let in_memory = play(Arc::new(MemoryLog::default()), &steps).await;
        let directory = tempfile::tempdir().expect("a directory");
        let log = embedded(directory.path());
        let on_disk = play(log.clone(), &steps).await;
        assert!(in_memory.records.len() > 700, "the script records something");
        for (index, (left, right)) in in_memory.answers.iter().zip(&on_disk.answers).enumerate() {
            assert_eq!(left, right, "answer {index} with seed {seed}");
        }
        assert_eq!(in_memory.records, on_disk.records, "seed {seed}");
        drop(log);
        let reopened = embedded(directory.path());
        let records = reopened.read_after(Position(0), usize::MAX >> 1).expect("it reads");
        assert_eq!(in_memory.records, records, "after opening again, seed {seed}");
    }
}
