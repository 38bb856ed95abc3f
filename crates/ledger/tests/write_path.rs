//! The write path: one delivery or many, what the log answers, and what the cache keeps of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use attempt_ledger_domain::{
    Address, AttemptId, Position, QueueDefinition, QueueId, QueueType, Revision, UnixMillis,
};
use attempt_ledger_ledger::{EventReceipt, Ledger, LedgerError, LedgerOptions, Receipt, Submission};
use attempt_ledger_log::record::{Leaf, RecordKind, leaf_hash};
use attempt_ledger_log::{AppendError, EventLog, MemoryLog};
use attempt_ledger_seed::{ArrivalPattern, Scenario, SeedOptions, deliveries};
use attempt_ledger_system::environment::{Environment, System};
use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::sync::Semaphore;
use watched_log::WatchedLog;

#[path = "../../../tests/support/watched_log.rs"]
mod watched_log;

/// 2026-07-22T00:00:00Z.
const DAY: UnixMillis = UnixMillis(1_784_678_400_000);
const EVENTS: [&str; 4] = ["joined", "offering", "bridged", "leaving"];

fn submission(attempt_id: i64, step: usize) -> Submission {
    let timestamp = DAY.0 + i64::try_from(step).expect("a small number") * 1_000;
    let body = format!(r#"{{"attempt_id":{attempt_id},"queue_id":1,"agent_id":7,"timestamp":{timestamp}}}"#);
    let event = Some(EVENTS[step].to_owned());
    let address = Address { event, queue_type: Some("inbound_queue".to_owned()), ..Address::default() };
    Submission { address, body: Bytes::from(body), source: Arc::from("test") }
}

/// Time stands still the day after, so that nothing but the way in differs between two runs.
struct NextDay;

impl Environment for NextDay {
    fn now(&self) -> UnixMillis {
        UnixMillis(DAY.0 + 2 * 86_400_000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        System.fill(bytes);
    }
}

fn ledger(log: Arc<dyn EventLog>) -> Arc<Ledger> {
    Ledger::open(log, Arc::new(NextDay), LedgerOptions::default()).expect("it opens")
}

fn watched_log() -> WatchedLog {
    WatchedLog::over(Arc::new(MemoryLog::new()))
}

/// Whether the log has, where the receipt says, what the receipt says.
fn assert_lies_there(log: &dyn EventLog, location: &EventReceipt) {
    let stored = log.read(&[location.position]).expect("it reads").remove(0);
    let leaf = Leaf::parse(&stored.leaf).expect("a leaf");
    let EventReceipt { attempt_id, event, id, revision, .. } = *location;
    assert_eq!((leaf.attempt_id, leaf.event, leaf.id), (Some(attempt_id), Some(event), id));
    assert_eq!(leaf.revision, Some(revision), "{location:?}");
}

/// Whether each attempt's events follow each other by revision and by hash.
fn assert_chained(log: &dyn EventLog) {
    let mut ends = BTreeMap::new();
    for stored in log.read_after(Position(0), usize::MAX >> 1).expect("it reads") {
        let leaf = Leaf::parse(&stored.leaf).expect("a leaf");
        if leaf.kind == RecordKind::Event {
            let (revision, previous) = ends.remove(&leaf.attempt_id).unwrap_or((Revision(0), None));
            assert_eq!((leaf.revision, leaf.previous), (Some(revision.next()), previous));
            ends.insert(leaf.attempt_id, (revision.next(), Some(leaf_hash(&stored.leaf))));
        }
    }
}

#[tokio::test]
async fn every_receipt_of_a_batch_names_where_its_record_lies() {
    let log = Arc::new(MemoryLog::new());
    let ledger = ledger(log.clone());
    // The steps of three attempts in turns, so that the log's order is not the order of the lines.
    let batch: Vec<Submission> =
        (0..EVENTS.len()).flat_map(|step| [9, 7, 8].map(|attempt| submission(attempt, step))).collect();
    for (is_first, batch) in [(true, batch.clone()), (false, batch)] {
        let receipts = ledger.record_batch(batch).await.expect("it is kept");
        for (line, receipt) in receipts.iter().enumerate() {
            match receipt {
                Receipt::Recorded(location) if is_first => {
                    assert_eq!(location.attempt_id, AttemptId([9, 7, 8][line % 3]));
                    assert_lies_there(log.as_ref(), location);
                }
                Receipt::Duplicate(location) if !is_first => assert_lies_there(log.as_ref(), location),
                other => panic!("line {line}: {other:?}"),
            }
        }
    }
    assert_chained(log.as_ref());
}

/// What became of a delivery, without the ids that are drawn.
fn outcome(receipt: &Receipt) -> String {
    match receipt {
        Receipt::Recorded(at) => format!("recorded {} {} {}", at.attempt_id, at.revision, at.event),
        Receipt::Duplicate(at) => format!("duplicate {} {} {}", at.attempt_id, at.revision, at.event),
        Receipt::Observed(observed) => format!("observed {} {}", observed.observation, observed.repeated),
        Receipt::Refused(refused) => format!("refused {:?} {}", refused.refusal, refused.repeated),
    }
}

#[tokio::test]
async fn deliveries_come_to_the_same_one_by_one_and_as_one_batch() {
    for seed in [1, 2, rand::random()] {
        let options = SeedOptions {
            seed,
            attempts: 200,
            first_attempt_id: 1,
            start: DAY,
            span_ms: 86_400_000,
            arrivals: ArrivalPattern::Day,
            scenario: Scenario::Broken,
        };
        let mut submissions: Vec<Submission> = deliveries(&options)
            .enumerate()
            .map(|(number, delivery)| Submission {
                address: Address {
                    event: Some(delivery.hook.wire_name().to_owned()),
                    // Some senders give ids, and give them twice, also to other attempts.
                    id: (number % 7 == 0).then(|| format!("id-{}", number % 91)),
                    queue_type: Some(delivery.queue_type.name().to_owned()),
                    ..Address::default()
                },
                body: Bytes::from(delivery.body),
                source: Arc::from("test"),
            })
            .collect();
        submissions.extend_from_within(..100);
        let (one_by_one, at_once) = (Arc::new(MemoryLog::new()), Arc::new(MemoryLog::new()));
        let (singles, batches) = (ledger(one_by_one.clone()), ledger(at_once.clone()));
        let mut left = Vec::new();
        for submission in &submissions {
            left.push(outcome(&singles.record(submission.clone()).await.expect("it is kept")));
        }
        let right = batches.record_batch(submissions).await.expect("it is kept");
        let right: Vec<String> = right.iter().map(outcome).collect();
        for outcome in ["recorded", "duplicate", "refused"] {
            assert!(left.iter().any(|one| one.starts_with(outcome)), "{outcome} occurs, seed {seed}");
        }
        for (line, (left, right)) in left.iter().zip(&right).enumerate() {
            assert_eq!(left, right, "line {line}, seed {seed}");
        }
        assert_eq!((left.len(), one_by_one.head()), (right.len(), at_once.head()), "seed {seed}");
        assert_chained(one_by_one.as_ref());
        assert_chained(at_once.as_ref());
    }
}

#[tokio::test]
async fn what_the_log_did_not_take_is_not_in_the_cache() {
    let log = Arc::new(watched_log());
    let ledger = ledger(log.clone());
    ledger.record(submission(7, 0)).await.expect("it is kept");
    log.is_full.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let error = ledger.record(submission(7, 1)).await.expect_err("the disk is full");
        assert!(matches!(error, LedgerError::Append(AppendError::Full)), "{error}");
        let error = ledger.record_batch(vec![submission(7, 1)]).await.expect_err("the disk is full");
        assert!(matches!(error, LedgerError::Append(AppendError::Full)), "{error}");
    }
    log.is_full.store(false, Ordering::SeqCst);
    let receipt = ledger.record(submission(7, 1)).await.expect("it is kept");
    let Receipt::Recorded(location) = receipt else { panic!("{receipt:?}") };
    assert_eq!(location.revision, Revision(2));
    assert_lies_there(log.as_ref(), &location);
    assert_chained(log.as_ref());
}

/// One of the many offers of an attempt.
fn offer(attempt_id: i64, number: i64) -> Submission {
    let timestamp = DAY.0 + number * 1_000;
    let body = format!(r#"{{"attempt_id":{attempt_id},"queue_id":1,"agent_id":7,"timestamp":{timestamp}}}"#);
    Submission { body: Bytes::from(body), ..submission(attempt_id, 1) }
}

async fn read_by_one_more(ledger: &Arc<Ledger>, log: &WatchedLog, attempt_id: i64) -> usize {
    let before = log.records_read();
    let receipt = ledger.record(offer(attempt_id, 80_000)).await.expect("it is kept");
    assert!(matches!(receipt, Receipt::Recorded(_)), "{receipt:?}");
    log.records_read() - before
}

#[tokio::test]
async fn attempts_in_memory_are_bounded_by_what_they_remember_together() {
    const ATTEMPTS: i64 = 16;
    const OFFERS: i64 = 256;
    let log = Arc::new(watched_log());
    let options = LedgerOptions { cached_deliveries_max: 1_024, ..LedgerOptions::default() };
    let ledger = Ledger::open(log.clone(), Arc::new(NextDay), options).expect("it opens");
    for attempt_id in 1..=ATTEMPTS {
        let offers = (0..OFFERS).map(|number| offer(attempt_id, number)).collect();
        ledger.record_batch(offers).await.expect("it is kept");
    }
    let mut forgotten = 0;
    for attempt_id in (1..=ATTEMPTS).rev() {
        forgotten += usize::from(read_by_one_more(&ledger, &log, attempt_id).await > 0);
    }
    assert!(forgotten >= 12, "four of 256 fit into 1,024, and {forgotten} of 16 had to be read");
}

#[tokio::test]
async fn an_attempt_that_is_longer_than_others_may_be_stays_in_memory() {
    let log = Arc::new(watched_log());
    let ledger = ledger(log.clone());
    let offers = (0..40_000).map(|number| offer(7, number)).collect();
    ledger.record_batch(offers).await.expect("it is kept");
    let others = (1_000..2_000).map(|attempt_id| submission(attempt_id, 0)).collect();
    ledger.record_batch(others).await.expect("it is kept");
    assert_eq!(read_by_one_more(&ledger, &log, 7).await, 0, "a hook costs the same however long it is");
}

#[tokio::test]
async fn a_recording_that_is_abandoned_leaves_its_attempt_to_be_read_from_the_log() {
    let log = Arc::new(watched_log());
    log.answers.forget_permits(Semaphore::MAX_PERMITS - 1);
    let ledger = ledger(log.clone());
    ledger.record(submission(7, 0)).await.expect("it is kept");
    // The log takes the event, but the caller goes away before it has answered.
    assert!(ledger.record(submission(7, 1)).now_or_never().is_none(), "the answer is held back");
    log.answers.add_permits(Semaphore::MAX_PERMITS >> 1);
    let receipt = ledger.record(submission(7, 1)).await.expect("it is kept");
    let Receipt::Duplicate(location) = receipt else { panic!("{receipt:?}") };
    assert_lies_there(log.as_ref(), &location);
    let receipt = ledger.record(submission(7, 2)).await.expect("it is kept");
    let Receipt::Recorded(location) = receipt else { panic!("{receipt:?}") };
    assert_eq!(location.revision, Revision(3));
    assert_chained(log.as_ref());
}

/// The records that are read while so many deliveries of one attempt are recorded or refused, all under one
/// id.
async fn read_by_recording(deliveries: usize, first: &str, rest: &str) -> usize {
    let log = Arc::new(watched_log());
    let ledger = ledger(log.clone());
    for number in 0..deliveries {
        let timestamp = DAY.0 + i64::try_from(number).expect("a small number") * 1_000;
        let body = format!(r#"{{"attempt_id":7,"queue_id":1,"timestamp":{timestamp},"number":{number}}}"#);
        let event = if number == 0 { first } else { rest };
        let address = Address {
            event: Some(event.to_owned()),
            queue_type: Some("outbound_ivr".to_owned()),
            id: Some("the same for all".to_owned()),
            ..Address::default()
        };
        let submission = Submission { address, body: Bytes::from(body), source: Arc::from("test") };
        let receipt = ledger.record(submission).await.expect("it is kept");
        assert_eq!(
            matches!(receipt, Receipt::Recorded(_)),
            number == 0 && first == "offering",
            "{receipt:?}"
        );
    }
    log.records_read()
}

#[tokio::test]
async fn an_id_that_is_refused_again_and_again_does_not_make_each_delivery_dearer() {
    // The id names an event of the attempt, or nothing at all: an IVR has no Missed.
    for (first, rest) in [("offering", "joined"), ("missed", "missed")] {
        for deliveries in [50, 400] {
            let read = read_by_recording(deliveries, first, rest).await;
            assert!(read <= 2 * deliveries, "{read} records were read for {deliveries} deliveries");
        }
    }
}

/// A delivery that waits for the definition of its queue.
fn waiting(attempt_id: i64, event: &str) -> Submission {
    let body = format!(r#"{{"attempt_id":{attempt_id},"queue_id":1,"timestamp":{}}}"#, DAY.0);
    let address = Address { event: Some(event.to_owned()), ..Address::default() };
    Submission { address, body: Bytes::from(body), source: Arc::from("test") }
}

#[tokio::test]
async fn what_still_waits_for_a_definition_is_replayed_after_a_restart() {
    let log = Arc::new(MemoryLog::new());
    let before = ledger(log.clone());
    for attempt_id in 0..100 {
        let receipt = before.record(waiting(attempt_id, "joined")).await.expect("it is kept");
        assert!(matches!(receipt, Receipt::Refused(_)), "{receipt:?}");
    }
    // A stop between the definition and the replays: the log has the one and not the others.
    let definition = QueueDefinition {
        queue_id: QueueId(1),
        queue_type: QueueType::InboundQueue,
        name: None,
        hooks: None,
        service_level_threshold_ms: None,
        short_abandon_threshold_ms: None,
        leaving_deadline_ms: None,
        variables: None,
    };
    let mut define = Box::pin(before.define_queue(definition, "test"));
    while before.queue(QueueId(1)).is_none() {
        assert!(define.as_mut().now_or_never().is_none(), "what waits is not replayed in one go");
        tokio::task::yield_now().await;
    }
    drop(define);
    let after = ledger(log);
    after.resume_replays();
    let mut revisions = 0;
    while revisions < 100 {
        tokio::task::yield_now().await;
        revisions = (0..100)
            .filter(|attempt| {
                let page =
                    after.attempt_records(AttemptId(*attempt), Position(0), None, 10).expect("it reads");
                let records = page.expect("it is there").records;
                records.iter().filter(|record| record.leaf.kind == RecordKind::Event).count() == 1
            })
            .count();
    }
}
