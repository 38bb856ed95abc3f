//! Writes whose answer does not come: their outcome is what the copy shows.

use std::time::{Duration, Instant};

use attempt_ledger::environment::{Environment as _, System};
use attempt_ledger::ledger::Receipt;
use attempt_ledger::log::EventLog as _;
use attempt_ledger::seed::Scenario;
use attempt_ledger_domain::Position;
use attempt_ledger_streams_double::{Double, Moment, Options};

use crate::cluster::traffic::submissions;
use crate::cluster::world::Node;
use crate::support::seed::seed;

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_never_comes_is_answered_by_what_was_followed() {
    let double = Double::start(Options::default()).expect("a port is free");
    let node = Node::start(&double.connection_string()).await;
    let delivery = submissions(seed(), 1, Scenario::Clean).remove(0);
    let hold = double.hold_appends(Moment::AfterApplied, "attempt-");
    let receipt = node.ledger.record(delivery).await.expect("it is kept");
    assert!(matches!(receipt, Receipt::Recorded(_)), "{receipt:?}");
    assert_eq!(node.log.head(), Position(1));
    hold.release();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_lands_after_it_was_sent_again_is_one_write() {
    let double = Double::start(Options::default()).expect("a port is free");
    let node = Node::start(&double.connection_string()).await;
    let mut refused = submissions(seed(), 1, Scenario::Clean).remove(0);
    let (event, mut observed) = (refused.clone(), refused.clone());
    observed.address.event = Some("wait_agent".to_owned());
    refused.body = "no json".into();
    // One to an exact number, as an attempt's events are, and two to the end of a stream, as observations and
    // refusals are.
    for (delivery, prefix) in [(event, "attempt-"), (observed, "observations-"), (refused, "refusals-")] {
        let (before, counted) = (node.log.head(), double.event_count());
        let hold = double.hold_appends(Moment::BeforeApplied, prefix);
        let (ledger, began) = (node.ledger.clone(), Instant::now());
        let recording = tokio::spawn(async move { ledger.record(delivery).await });
        // The first try and two more, each of which the server has and has not applied.
        hold.reached(3).await;
        assert!(began.elapsed() > Duration::from_millis(700), "tries wait for their answers");
        hold.release();
        recording.await.expect("no panic").expect("it is kept");
        let witness = Node::start(&double.connection_string()).await;
        assert_eq!(witness.log.head(), before.next(), "{prefix}");
        assert_eq!(double.event_count(), counted + 1, "{prefix}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_strangers_in_our_streams_cost_their_number_and_nothing_else() {
    let double = Double::start(Options::default()).expect("a port is free");
    let node = Node::start(&double.connection_string()).await;
    let mut refused = submissions(seed(), 1, Scenario::Clean).remove(0);
    let began = Instant::now();
    for number in 0..6 {
        refused.body = format!("no json {number}").into();
        node.ledger.record(refused.clone()).await.expect("it is kept");
        let day = System.now().0.div_euclid(86_400_000);
        for day in [day, day + 1] {
            double.append_as_a_stranger(&format!("refusals-{day}"));
        }
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(node.log.head(), Position(6));
    assert!(node.log.poisoned().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_the_cluster_refuses_says_so_at_once_and_harms_no_other() {
    let options = Options { maximum_append_size_bytes: 8 * 1024, ..Options::default() };
    let double = Double::start(options).expect("a port is free");
    let node = Node::start(&double.connection_string()).await;
    let mut deliveries = submissions(seed(), 4, Scenario::Clean).into_iter();
    let mut large = deliveries.next().expect("one");
    large.body = format!("[\"{}\"]", "x".repeat(9 * 1024)).into();
    let began = Instant::now();
    let error = node.ledger.record(large).await.expect_err("it is too large");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(error.to_string().contains("MaxAppendSize"), "{error}");
    for delivery in deliveries {
        node.ledger.record(delivery).await.expect("it is kept");
    }
    assert!(node.log.unreachable().is_none() && node.log.poisoned().is_none());
}
