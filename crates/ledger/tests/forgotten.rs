//! Deliveries that a runaway attempt no longer remembers: a repetition is recognised all the same.

use std::sync::Arc;

use attempt_ledger_domain::{Address, ORDINARY_RECORDS_MAX, Rule};
use attempt_ledger_ledger::{Ledger, LedgerOptions, Receipt, RefusalReceipt, Submission};
use attempt_ledger_log::{EventLog as _, MemoryLog};
use attempt_ledger_system::environment::Environment as _;
use bytes::Bytes;
use clock::Clock;

#[allow(dead_code, reason = "not every test has time pass by itself")]
#[path = "../../../tests/support/clock.rs"]
mod clock;

/// 2026-07-22T00:00:00Z.
const DAY: i64 = 1_784_678_400_000;
/// More events, and more refusals, than are remembered after a restart.
const LATER: i64 = ORDINARY_RECORDS_MAX as i64 + 100;

fn submission(event: &str, id: Option<&str>, body: String) -> Submission {
    let address = Address {
        event: Some(event.to_owned()),
        queue_type: Some("inbound_queue".to_owned()),
        id: id.map(str::to_owned),
        ..Address::default()
    };
    Submission { address, body: Bytes::from(body), source: Arc::from("test") }
}

/// An offer, which may come at any time.
fn offer(number: i64, id: Option<&str>) -> Submission {
    submission("offering", id, format!(r#"{{"attempt_id":7,"timestamp":{}}}"#, DAY + number * 1_000))
}

/// An offer that states no time.
fn untimed(agent_id: i64) -> Submission {
    submission("offering", None, format!(r#"{{"attempt_id":7,"agent_id":{agent_id}}}"#))
}

/// What is refused: the attempt began before.
fn joined(number: i64) -> Submission {
    submission("joined", None, format!(r#"{{"attempt_id":7,"timestamp":{}}}"#, DAY + number * 1_000))
}

/// A ledger over a log, and how to have it forget.
struct World {
    log: Arc<MemoryLog>,
    clock: Arc<Clock>,
    ledger: Arc<Ledger>,
}

impl World {
    fn new() -> Self {
        let (log, clock) = (Arc::new(MemoryLog::new()), Arc::new(Clock::at(DAY + 86_400_000, 1)));
        let ledger = Self::opened(&log, &clock);
        Self { log, clock, ledger }
    }

    fn opened(log: &Arc<MemoryLog>, clock: &Arc<Clock>) -> Arc<Ledger> {
        Ledger::open(log.clone(), clock.clone(), LedgerOptions::default()).expect("it opens")
    }

    async fn record(&self, submission: Submission) -> Receipt {
        self.ledger.record(submission).await.expect("it is kept")
    }

    async fn record_all(&self, submissions: impl Iterator<Item = Submission>) {
        self.ledger.record_batch(submissions.collect()).await.expect("it is kept");
    }

    /// A ledger that has nothing in memory.
    fn restart(&mut self) {
        self.ledger = Self::opened(&self.log, &self.clock);
    }

    async fn assert_repeated(&self, first: &Receipt, again: Submission) {
        let head = self.log.head();
        match (first, self.record(again).await) {
            (Receipt::Recorded(first), Receipt::Duplicate(second)) => assert_eq!(*first, second),
            other => panic!("{other:?}"),
        }
        assert_eq!(self.log.head(), head, "nothing is kept twice");
    }

    async fn refusal(&self, submission: Submission) -> RefusalReceipt {
        match self.record(submission).await {
            Receipt::Refused(refused) => refused,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_repetition_of_a_forgotten_event_is_answered_with_the_first_place() {
    let mut world = World::new();
    world.record_all((0..20).map(|number| offer(number, None))).await;
    let timed = world.record(offer(20, None)).await;
    let named = world.record(offer(21, Some("a-1"))).await;
    let without_time = world.record(untimed(5)).await;
    world.record_all((100..100 + LATER).map(|number| offer(number, None))).await;
    world.restart();
    for _ in 0..2 {
        world.assert_repeated(&timed, offer(20, None)).await;
        world.assert_repeated(&named, offer(21, Some("a-1"))).await;
        world.assert_repeated(&without_time, untimed(5)).await;
    }
    let conflict = world.refusal(offer(22, Some("a-1"))).await;
    assert_eq!(conflict.refusal.rule, Rule::IdentityConflict);
    // The window in which an equal body without a time is the same delivery is over.
    world.clock.set(world.clock.now().0 + 10_001);
    let later = world.record(untimed(5)).await;
    assert!(matches!(later, Receipt::Recorded(_)), "{later:?}");
}

#[tokio::test]
async fn an_event_that_is_recognised_again_and_again_is_not_kept_in_memory_for_ever() {
    let mut world = World::new();
    let events = 3 * LATER;
    world.record_all((0..events).map(|number| offer(number, None))).await;
    world.restart();
    for _ in 0..2 {
        world.record_all((0..events).map(|number| offer(number, None))).await;
        assert_eq!(world.log.head().0, u64::try_from(events).expect("a count"));
    }
}

#[tokio::test]
async fn a_repetition_of_a_forgotten_refusal_is_answered_with_the_first_until_it_is_settled() {
    let mut world = World::new();
    world.record_all((0..2).map(|number| offer(number, None))).await;
    let first = world.refusal(joined(3)).await;
    world.record_all((100..100 + LATER).map(joined)).await;
    world.restart();
    let head = world.log.head();
    let again = world.refusal(joined(3)).await;
    assert_eq!((again.refusal_id, again.repeated), (first.refusal_id, true));
    assert_eq!(world.log.head(), head, "nothing is kept twice");

    world.ledger.dismiss(first.refusal_id, "wrong", "test").await.expect("it is settled");
    world.restart();
    let anew = world.refusal(joined(3)).await;
    assert!(!anew.repeated && anew.refusal_id != first.refusal_id, "{anew:?}");
}
