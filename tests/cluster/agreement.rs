//! The same deliveries in memory, in a directory and in a cluster give the same records.

use std::collections::BTreeMap;
use std::sync::Arc;

use attempt_ledger::ledger::{Ledger, LedgerOptions, Submission};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog, MemoryLog};
use attempt_ledger::seed::{Scenario, queues};
use attempt_ledger_domain::{Position, QueueDefinition, QueueId};
use bytes::Bytes;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::cluster::server::Server;
use crate::cluster::traffic::{repeating, submissions_of_every_kind, told};
use crate::cluster::world::{by_stream, hasty, open};
use crate::support::seed::seed;

#[derive(Debug, PartialEq)]
struct Played {
    answers: Vec<String>,
    streams: BTreeMap<String, Vec<String>>,
}

async fn play(log: Arc<dyn EventLog>, seed: u64, deliveries: &[Submission]) -> Played {
    let start = log.head();
    let environment = Arc::new(repeating(seed));
    let ledger = Ledger::open(log.clone(), environment, LedgerOptions::default()).expect("it opens");
    let mut choose = ChaCha8Rng::seed_from_u64(seed);
    let mut answers = Vec::new();
    for (number, queue) in (0..).zip(queues()) {
        let definition = QueueDefinition {
            queue_id: QueueId(i64::try_from(seed).expect("small") * 100 + number),
            queue_type: queue.queue_type,
            name: Some(queue.name.to_owned()),
            hooks: None,
            service_level_threshold_ms: None,
            short_abandon_threshold_ms: None,
            leaving_deadline_ms: None,
            variables: None,
        };
        answers.push(format!("{:?}", ledger.define_queue(definition, "test").await.expect("it is defined")));
    }
    let mut rest = deliveries;
    while !rest.is_empty() {
        let size = if choose.random_bool(0.5) { 1 } else { choose.random_range(1..60) };
        let (now, later) = rest.split_at(size.min(rest.len()));
        rest = later;
        if let [one] = now {
            answers.push(told(ledger.record(one.clone()).await.expect("it is kept")));
        } else {
            let receipts = ledger.record_batch(now.to_vec()).await.expect("they are kept");
            answers.extend(receipts.into_iter().map(told));
        }
    }
    Played { answers, streams: by_stream(log.as_ref(), start) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_deliveries_give_the_same_answers_and_the_same_leaves_in_every_backend() {
    let seed = seed();
    let mut deliveries = submissions_of_every_kind(seed, 120, Scenario::Broken);
    // What names no attempt, and what is no text at all.
    let mut garbage = deliveries[0].clone();
    garbage.body = Bytes::from_static(b"{\"attempt_id\":");
    deliveries.insert(40, garbage.clone());
    garbage.body = Bytes::from_static(b"\xff\xfe\x00");
    deliveries.insert(80, garbage);

    let in_memory = play(Arc::new(MemoryLog::new()), seed, &deliveries).await;
    let directory = tempfile::tempdir().expect("a directory");
    let embedded = EmbeddedLog::open(directory.path(), &EmbeddedOptions::default()).expect("it opens");
    let in_directory = play(Arc::new(embedded), seed, &deliveries).await;
    let server = Server::start().await;
    let copy = tempfile::tempdir().expect("a directory");
    let log = open(copy.path(), &server.address(), hasty()).await.expect("it follows");
    let in_cluster = play(log.clone(), seed, &deliveries).await;
    assert!(in_memory.streams.len() > 100, "the deliveries are many");
    assert!(in_memory.streams.keys().any(|stream| stream.starts_with("observations-")), "of every kind");
    assert_eq!(in_memory, in_directory);
    assert_eq!(in_memory, in_cluster);

    let second = tempfile::tempdir().expect("a directory");
    let other = open(second.path(), &server.address(), hasty()).await.expect("it follows");
    let read = |log: &dyn EventLog| log.read_after(Position(0), usize::MAX >> 1).expect("it reads");
    let (ours, theirs) = (read(log.as_ref()), read(other.as_ref()));
    assert_eq!(ours[..], theirs[..ours.len()], "positions are the same on every node");
}
