//! Every fault of the network: nothing lost, nothing doubled, no restart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attempt_ledger::cluster_log::ClusterOptions;
use attempt_ledger::ledger::{Ledger, LedgerOptions, Receipt, Submission};
use attempt_ledger::log::{EventLog, MemoryLog};
use attempt_ledger::record::{Leaf, Opening};
use attempt_ledger::seed::Scenario;
use attempt_ledger_domain::Position;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::cluster::proxy::{FAULTS, Proxy};
use crate::cluster::server::Server;
use crate::cluster::traffic::{repeating, submissions};
use crate::cluster::world::{Node, hasty, open, until, until_as_far_as};
use crate::support::seed::seed;

const WRITERS: usize = 8;

fn cuts_wanted() -> usize {
    let given = std::env::var("ATTEMPT_LEDGER_TEST_CUTS").ok().and_then(|text| text.parse().ok());
    given.unwrap_or(1_000)
}

/// What was kept, however it was ordered: each payload with its kind and attempt, and how often.
fn kept(log: &dyn EventLog, after: Position) -> BTreeMap<(String, Vec<u8>), usize> {
    let mut kept = BTreeMap::new();
    for stored in log.read_after(after, usize::MAX >> 1).expect("it reads") {
        let leaf = Leaf::parse(&stored.leaf).expect("a leaf");
        let opening = Opening::parse(&stored.opening).expect("an opening");
        let what = format!("{} {:?} {:?} {:?}", leaf.kind, leaf.attempt_id, leaf.event, leaf.rule);
        *kept.entry((what, opening.payload.as_bytes().to_vec())).or_default() += 1;
    }
    kept
}

/// Deliveries in shares that have no attempt in common, so that each share's order decides its outcome.
fn shares(deliveries: Vec<Submission>) -> Vec<Vec<Submission>> {
    let mut shares = vec![Vec::new(); WRITERS];
    for delivery in deliveries {
        let body: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap_or_default();
        let named = body.get("attempt_id").map(ToString::to_string).unwrap_or_default();
        let share = named.bytes().map(usize::from).sum::<usize>() % WRITERS;
        shares[share].push(delivery);
    }
    shares
}

async fn kept_without_faults(seed: u64, shares: &[Vec<Submission>]) -> BTreeMap<(String, Vec<u8>), usize> {
    let log = Arc::new(MemoryLog::new());
    let ledger = Ledger::open(log.clone(), Arc::new(repeating(seed)), LedgerOptions::default());
    let ledger = ledger.expect("it opens");
    for share in shares {
        deliver(ledger.clone(), share.clone()).await;
    }
    kept(log.as_ref(), Position(0))
}

/// Delivers a share, in batches that depend on nothing else; an error fails the test, for no fault here lasts
/// as long as an append tries.
async fn deliver(ledger: Arc<Ledger>, share: Vec<Submission>) -> usize {
    let mut rest = share.as_slice();
    let mut answered = 0;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(1 + answered % 7));
        rest = later;
        let receipts: Vec<Receipt> = match now {
            [one] => vec![ledger.record(one.clone()).await.expect("it is kept")],
            many => ledger.record_batch(many.to_vec()).await.expect("they are kept"),
        };
        answered += receipts.len();
    }
    answered
}

#[tokio::test(flavor = "multi_thread")]
async fn many_cuts_lose_nothing_and_double_nothing() {
    let seed = seed();
    let server = Server::start().await;
    let proxy = Arc::new(Proxy::start(server.socket()).await);
    let address = server.address_through(&[proxy.address()]);
    let node = Node::start_with(&address, Arc::new(repeating(seed))).await;
    let wanted = cuts_wanted();
    let mut round = 0;
    while proxy.struck() < wanted {
        round += 1;
        let shares = shares(submissions(seed + round, 60, Scenario::Broken));
        let start = node.log.head();
        let chaos = tokio::spawn(chaos(Arc::clone(&proxy), seed + round));
        let expected = kept_without_faults(seed, &shares).await;
        let began = Instant::now();
        let writers: Vec<_> =
            shares.into_iter().map(|share| tokio::spawn(deliver(node.ledger.clone(), share))).collect();
        for writer in writers {
            writer.await.expect("no delivery failed");
        }
        chaos.abort();
        println!("round {round}: {:?}, {} cuts, {:?}", began.elapsed(), proxy.struck(), node.log.figures());
        proxy.heal();
        let kept = kept(node.log.as_ref(), start);
        let differing: Vec<_> =
            expected.iter().filter(|(key, count)| kept.get(*key) != Some(*count)).collect();
        assert!(differing.is_empty(), "round {round}: lost or doubled: {differing:?}");
        assert_eq!(kept.len(), expected.len(), "round {round}: something was never sent");
    }
    let figures = node.log.figures();
    println!("{} cuts in {round} rounds: {figures:?}", proxy.struck());
    assert!(figures.resent > 0, "faults hit writers");

    let witness = Node::start(&server.address()).await;
    until_as_far_as(witness.log.as_ref(), node.log.head()).await;
    let read = |log: &dyn EventLog| log.read_after(Position(0), usize::MAX >> 1).expect("it reads");
    let ours = read(node.log.as_ref());
    assert_eq!(ours[..], read(witness.log.as_ref())[..ours.len()], "every node has the same");
}

async fn chaos(proxy: Arc<Proxy>, seed: u64) {
    let mut choose = ChaCha8Rng::seed_from_u64(seed);
    loop {
        proxy.arm(FAULTS[choose.random_range(0..FAULTS.len())]);
        tokio::time::sleep(Duration::from_millis(choose.random_range(5..30))).await;
        // A fault that waited for the next bytes would hit the greeting of every connection, and nothing
        // else.
        proxy.disarm();
        tokio::time::sleep(Duration::from_millis(choose.random_range(5..120))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_cut_is_survived_by_a_single_write() {
    let seed = seed();
    let server = Server::start().await;
    let proxy = Proxy::start(server.socket()).await;
    let node = Node::start(&server.address_through(&[proxy.address()])).await;
    let mut deliveries = submissions(seed, 40, Scenario::Clean).into_iter();
    for fault in FAULTS.into_iter().cycle().take(24) {
        let before = node.log.head();
        proxy.arm(fault);
        let receipt = node.ledger.record(deliveries.next().expect("enough")).await.expect("it is kept");
        assert!(matches!(receipt, Receipt::Recorded(_)), "{fault:?}: {receipt:?}");
        let own = node.log.read_after(before, 100).expect("it reads");
        assert_eq!(own.len(), 1, "{fault:?}");
    }
    assert!(proxy.struck() >= 18, "{} faults struck", proxy.struck());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_network_delays_and_does_not_double() {
    let seed = seed();
    let server = Server::start().await;
    let proxy = Proxy::start(server.socket()).await;
    let directory = tempfile::tempdir().expect("a directory");
    let options = ClusterOptions { connect_timeout_ms: 5_000, ..hasty() };
    let address = server.address_through(&[proxy.address()]);
    let log = open(directory.path(), &address, options).await.expect("it follows");
    let ledger = Ledger::open(log.clone(), Arc::new(repeating(seed)), LedgerOptions::default());
    let ledger = ledger.expect("it opens");
    // Slower than the patience of one try, though not than that of a connection.
    proxy.slow_down(Duration::from_millis(400));
    let deliveries = submissions(seed, 3, Scenario::Clean);
    let start = log.head();
    let receipts = ledger.record_batch(deliveries.clone()).await.expect("they are kept");
    assert_eq!(receipts.len(), deliveries.len());
    proxy.heal();
    let events = log.read_after(start, 10_000).expect("it reads");
    assert_eq!(events.len(), deliveries.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_answers_with_a_reason_and_ends_without_a_restart() {
    let seed = seed();
    let server = Server::start().await;
    let proxy = Proxy::start(server.socket()).await;
    let directory = tempfile::tempdir().expect("a directory");
    let mut options = hasty();
    options.give_up_ms = 2_500;
    let address = server.address_through(&[proxy.address()]);
    let log = open(directory.path(), &address, options).await.expect("it follows");
    let ledger = Ledger::open(log.clone(), Arc::new(repeating(seed)), LedgerOptions::default());
    let ledger = ledger.expect("it opens");
    let mut deliveries = submissions(seed, 4, Scenario::Clean).into_iter();
    let (first, second) = (deliveries.next().expect("one"), deliveries.next().expect("two"));
    ledger.record(first).await.expect("it is kept");

    proxy.close();
    let began = Instant::now();
    let error = ledger.record(second.clone()).await.expect_err("nobody answers");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    assert!(error.to_string().contains("in time"), "{error}");
    assert!(log.unreachable().is_some(), "the node knows it");
    assert!(log.poisoned().is_none(), "and that it passes");
    let head = log.head();
    assert!(!log.read_after(Position(0), 100).expect("it reads").is_empty(), "reading goes on");

    proxy.heal();
    // Nobody writes, and the node finds out all the same.
    let found_out = until(|| log.unreachable().is_none());
    tokio::time::timeout(Duration::from_secs(10), found_out).await.expect("it is reached again");
    assert!(log.unreachable().is_none());
    let mut receipt = ledger.record(second.clone()).await;
    for _ in 0..5 {
        if receipt.is_ok() {
            break;
        }
        receipt = ledger.record(second.clone()).await;
    }
    assert!(matches!(receipt.expect("it is kept"), Receipt::Recorded(_)));
    assert_eq!(log.head(), head.next());
    assert!(log.unreachable().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_is_left_behind() {
    let seed = seed();
    let server = Server::start().await;
    let proxy = Proxy::start(server.socket()).await;
    let node = Node::start(&server.address_through(&[proxy.address()])).await;
    let mut deliveries = submissions(seed, 4, Scenario::Clean).into_iter();
    node.ledger.record(deliveries.next().expect("one")).await.expect("it is kept");
    proxy.fall_silent();
    let ledger = node.ledger.clone();
    let delivery = deliveries.next().expect("two");
    let waiting = tokio::spawn(async move { ledger.record(delivery).await });
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    // Only new connections get through.
    proxy.heal();
    let receipt = waiting.await.expect("no panic").expect("it is kept");
    assert!(matches!(receipt, Receipt::Recorded(_)));
}
