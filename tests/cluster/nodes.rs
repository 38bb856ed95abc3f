//! Several nodes over one cluster: what one writes, the others know.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use attempt_ledger::ledger::{LedgerError, ObservationReceipt, Receipt, RefusalStatus, Submission};
use attempt_ledger::log::{AppendError, EventLog};
use attempt_ledger::record::{Digest, Leaf, RecordKind, leaf_hash};
use attempt_ledger::seed::Scenario;
use attempt_ledger_domain::{Address, AttemptId, Position, QueueDefinition, QueueId, QueueType};
use attempt_ledger_streams_double::{Double, Moment, Options};
use bytes::Bytes;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::cluster::server::Server;
use crate::cluster::traffic::submissions;
use crate::cluster::world::{Node, until, until_as_far_as};
use crate::support::seed::seed;

const WRITERS: usize = 64;

/// Delivers everything in an order of its own; a contended attempt is sent again, as senders do.
async fn deliver(node: Arc<Node>, mut deliveries: Vec<Submission>, seed: u64) -> (u64, u64) {
    let mut choose = ChaCha8Rng::seed_from_u64(seed);
    deliveries.shuffle(&mut choose);
    let (mut recorded, mut contended) = (0, 0);
    for delivery in deliveries {
        loop {
            match node.ledger.record(delivery.clone()).await {
                Ok(Receipt::Recorded(_)) => recorded += 1,
                Ok(Receipt::Duplicate(_)) => {}
                Ok(Receipt::Observed(observed)) => panic!("none was sent: {observed:?}"),
                Ok(Receipt::Refused(refused)) => panic!("a legal delivery was refused: {refused:?}"),
                Err(LedgerError::Append(AppendError::Failed { reason })) if reason.contains("contended") => {
                    contended += 1;
                    continue;
                }
                Err(error) => panic!("{error}"),
            }
            break;
        }
    }
    (recorded, contended)
}

/// Every attempt's events have gapless revisions, and each names the one before it.
fn assert_linear(log: &dyn EventLog, after: Position) -> usize {
    let mut ends: std::collections::BTreeMap<AttemptId, (u32, Digest)> = Default::default();
    let mut events = 0;
    for stored in log.read_after(after, usize::MAX >> 1).expect("it reads") {
        let leaf = Leaf::parse(&stored.leaf).expect("a leaf");
        let (RecordKind::Event, Some(attempt_id)) = (leaf.kind, leaf.attempt_id) else { continue };
        let before = ends.get(&attempt_id).copied();
        let revision = leaf.revision.expect("a revision").0;
        assert_eq!(revision, before.map_or(1, |(revision, _)| revision + 1), "attempt {attempt_id}");
        assert_eq!(leaf.previous, before.map(|(_, hash)| hash), "attempt {attempt_id}");
        ends.insert(attempt_id, (revision, leaf_hash(&stored.leaf)));
        events += 1;
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_and_64_writers_of_the_same_attempts_make_linear_histories() {
    let seed = seed();
    let server = Server::start().await;
    let nodes = [Node::start(&server.address()).await, Node::start(&server.address()).await].map(Arc::new);
    let start = nodes[0].start;
    let deliveries = submissions(seed, 15, Scenario::Clean);
    let distinct: BTreeSet<Bytes> = deliveries.iter().map(|delivery| delivery.body.clone()).collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let node = Arc::clone(&nodes[number % 2]);
            tokio::spawn(deliver(node, deliveries.clone(), seed + number as u64))
        })
        .collect();
    let (mut recorded, mut contended) = (0, 0);
    for writer in writers {
        let (by_one, lost_by_one) = writer.await.expect("no writer failed");
        recorded += by_one;
        contended += lost_by_one;
    }
    println!("{recorded} recorded, {contended} sent again, {:?}", nodes[0].log.figures());
    assert_eq!(recorded, distinct.len() as u64, "each delivery was recorded by exactly one writer");
    let head = nodes[0].log.head().max(nodes[1].log.head());
    for node in &nodes {
        until_as_far_as(node.log.as_ref(), head).await;
        assert_linear(node.log.as_ref(), Position(0));
    }
    let read = |log: &dyn EventLog| log.read_after(start, usize::MAX >> 1).expect("it reads");
    let (ours, theirs) = (read(nodes[0].log.as_ref()), read(nodes[1].log.as_ref()));
    let both = ours.len().min(theirs.len());
    assert_eq!(ours[..both], theirs[..both], "positions are the same on every node");
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_two_nodes_for_the_same_attempts_answer_each_line_once_recorded() {
    let seed = seed();
    let server = Server::start().await;
    let nodes = [Node::start(&server.address()).await, Node::start(&server.address()).await].map(Arc::new);
    let mut deliveries = submissions(seed, 25, Scenario::Clean);
    let distinct: BTreeSet<Bytes> = deliveries.iter().map(|delivery| delivery.body.clone()).collect();
    let mut garbage = deliveries[0].clone();
    garbage.body = Bytes::from_static(b"{");
    deliveries.push(garbage);
    let start = nodes[0].start;
    let batches = nodes.each_ref().map(|node| {
        let (ledger, deliveries) = (node.ledger.clone(), deliveries.clone());
        tokio::spawn(async move { ledger.record_batch(deliveries).await.expect("they are kept") })
    });
    let mut recorded = 0;
    for batch in batches {
        let receipts = batch.await.expect("no panic");
        recorded += receipts.iter().filter(|receipt| matches!(receipt, Receipt::Recorded(_))).count();
        assert!(matches!(receipts.last(), Some(Receipt::Refused(_))));
    }
    assert_eq!(recorded, distinct.len());
    for node in &nodes {
        until_as_far_as(node.log.as_ref(), nodes[0].log.head().max(nodes[1].log.head())).await;
        assert_linear(node.log.as_ref(), Position(0));
    }
    let all = nodes[0].log.read_after(start, 100_000).expect("it reads");
    let refusals = all.iter().filter(|stored| {
        let leaf = Leaf::parse(&stored.leaf).expect("a leaf");
        leaf.kind == RecordKind::Refusal && leaf.attempt_id.is_none()
    });
    if server.is_alone() {
        assert_eq!(
            refusals.count(),
            2,
            "one for each node that got the broken line, however often it judged"
        );
    }
}

fn definition(queue_id: QueueId, queue_type: QueueType) -> QueueDefinition {
    QueueDefinition {
        queue_id,
        queue_type,
        name: Some(queue_type.name().to_owned()),
        hooks: None,
        service_level_threshold_ms: None,
        short_abandon_threshold_ms: None,
        leaving_deadline_ms: None,
        variables: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_defined_on_one_node_is_known_on_the_other_and_both_can_define_it_on() {
    let queue_id = QueueId(i64::try_from(seed()).expect("small"));
    let server = Server::start().await;
    let (one, two) = (Node::start(&server.address()).await, Node::start(&server.address()).await);
    let first = one.ledger.define_queue(definition(queue_id, QueueType::InboundQueue), "one").await;
    assert_eq!(first.expect("it is defined").revision.0, 1);
    until_as_far_as(two.log.as_ref(), one.log.head()).await;
    let known = || two.ledger.queue(queue_id).map(|known| known.queue_type);
    // The log has the record; the ledger is told in the next moment, on another thread.
    let told = until(|| known().is_some());
    tokio::time::timeout(Duration::from_secs(5), told).await.expect("the ledger is told");
    assert_eq!(known(), Some(QueueType::InboundQueue));
    // At once on both: neither knows of the other's, and both are recorded, one after the other.
    let mut named = definition(queue_id, QueueType::InboundQueue);
    let mut choose = ChaCha8Rng::seed_from_u64(1);
    for round in 0..10 {
        named.name = Some(format!("one {round} {}", choose.random::<u32>()));
        let of_one = one.ledger.define_queue(named.clone(), "one");
        let mut other = named.clone();
        other.name = Some(format!("two {round}"));
        let of_two = two.ledger.define_queue(other, "two");
        let (of_one, of_two) = tokio::join!(of_one, of_two);
        let mut revisions = [of_one.expect("defined").revision.0, of_two.expect("defined").revision.0];
        revisions.sort_unstable();
        assert_eq!(revisions, [round * 2 + 2, round * 2 + 3]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_at_another_node_is_answered_with_the_first_place() {
    let seed = seed();
    let server = Server::start().await;
    let (one, two) = (Node::start(&server.address()).await, Node::start(&server.address()).await);
    for delivery in submissions(seed, 5, Scenario::Clean) {
        // Both nodes hold the attempt in memory, each in turn with one event too few.
        let first = one.ledger.record(delivery.clone()).await.expect("it is kept");
        let second = two.ledger.record(delivery).await.expect("it is kept");
        let Receipt::Recorded(first) = first else { panic!("{first:?}") };
        assert_eq!(second, Receipt::Duplicate(first));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observation_of_one_node_is_a_duplicate_at_the_other_and_moves_no_revision() {
    let server = Server::start().await;
    let (one, two) = (Node::start(&server.address()).await, Node::start(&server.address()).await);
    let event = submissions(seed(), 1, Scenario::Clean).remove(0);
    let mut observation = event.clone();
    observation.address.event = Some("wait_agent".to_owned());
    let first = one.ledger.record(observation.clone()).await.expect("it is kept");
    let Receipt::Observed(first) = first else { panic!("{first:?}") };
    until_as_far_as(two.log.as_ref(), first.position).await;
    let second = two.ledger.record(observation).await.expect("it is kept");
    assert_eq!(second, Receipt::Observed(ObservationReceipt { repeated: true, ..first }));
    let recorded = two.ledger.record(event).await.expect("it is kept");
    let Receipt::Recorded(place) = recorded else { panic!("{recorded:?}") };
    assert_eq!(place.revision.0, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_settled_on_one_node_is_settled_on_the_other() {
    let server = Server::start().await;
    let (one, two) = (Node::start(&server.address()).await, Node::start(&server.address()).await);
    let mut delivery = submissions(seed(), 1, Scenario::Clean).remove(0);
    delivery.body = Bytes::from_static(b"no json");
    let receipt = one.ledger.record(delivery).await.expect("it is kept");
    let Receipt::Refused(refused) = receipt else { panic!("{receipt:?}") };
    until_as_far_as(two.log.as_ref(), one.log.head()).await;
    two.ledger.dismiss(refused.refusal_id, "noise", "two").await.expect("it is dismissed");
    until_as_far_as(one.log.as_ref(), two.log.head()).await;
    let view = one.ledger.refusal(refused.refusal_id).expect("it reads").expect("it is there");
    assert_eq!(view.status, RefusalStatus::Dismissed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_not_refused_because_of_an_event_that_lost_to_another_node() {
    let double = Double::start(Options::default()).expect("a port is free");
    let nodes =
        [Node::start(&double.connection_string()).await, Node::start(&double.connection_string()).await];
    let submission = |attempt: usize, event: &str, queue: u32| Submission {
        address: Address {
            event: Some(event.to_owned()),
            queue_type: Some("inbound_queue".to_owned()),
            ..Address::default()
        },
        body: Bytes::from(format!(
            "{{\"attempt_id\":\"{attempt}\",\"queue_id\":\"{queue}\",\"agent_id\":\"3\",\
             \"timestamp\":\"17848000{attempt:05}\"}}"
        )),
        source: Arc::from("test"),
    };
    let mut won = 0;
    for attempt in 1..=300 {
        let hold = double.hold_appends(Moment::BeforeApplied, "attempt-");
        let (one, other) = (nodes[0].ledger.clone(), nodes[1].ledger.clone());
        let first = submission(attempt, "joined", 7);
        let single = tokio::spawn(async move { one.record(first).await.expect("it is kept") });
        hold.reached(1).await;
        let lines = vec![submission(attempt, "joined", 5), submission(attempt, "offering", 7)];
        let batch = tokio::spawn(async move { other.record_batch(lines).await.expect("they are kept") });
        hold.reached(2).await;
        hold.release();
        let (single, batch) = (single.await.expect("no panic"), batch.await.expect("no panic"));
        let is_recorded = |receipt: &Receipt| matches!(receipt, Receipt::Recorded(_));
        // The first one decides the queue of the attempt: exactly one of the others contradicts it.
        if is_recorded(&single) {
            assert!(!is_recorded(&batch[0]) && is_recorded(&batch[1]), "attempt {attempt}: {batch:?}");
            won += 1;
        } else {
            assert!(is_recorded(&batch[0]) && !is_recorded(&batch[1]), "attempt {attempt}: {batch:?}");
        }
        if won == 3 {
            return;
        }
    }
    panic!("the single delivery was never first");
}
