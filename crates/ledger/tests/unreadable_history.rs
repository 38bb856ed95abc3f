//! Deliveries of an attempt whose records do not read: each that an attempt would record is kept.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use attempt_ledger_domain::{Address, Position, Rule};
use attempt_ledger_ledger::{Ledger, LedgerOptions, Receipt, RefusalReceipt, Submission};
use attempt_ledger_log::MemoryLog;
use bytes::Bytes;
use clock::Clock;
use watched_log::WatchedLog;

#[allow(dead_code, reason = "not every test has time pass by itself")]
#[path = "../../../tests/support/clock.rs"]
mod clock;

#[allow(dead_code, reason = "not every test counts what is read")]
#[path = "../../../tests/support/watched_log.rs"]
mod watched_log;

/// 2026-07-22T00:00:00Z.
const DAY: i64 = 1_784_678_400_000;

fn submission(event: &str, more: &str) -> Submission {
    let address = Address {
        event: Some(event.to_owned()),
        queue_type: Some("inbound_queue".to_owned()),
        ..Address::default()
    };
    let body = format!(r#"{{"attempt_id":7,"agent_id":5{more}}}"#);
    Submission { address, body: Bytes::from(body), source: Arc::from("test") }
}

async fn refusal(ledger: &Arc<Ledger>, more: &str) -> RefusalReceipt {
    match ledger.record(submission("offering", more)).await.expect("it is kept") {
        Receipt::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_second_offer_without_a_time_is_kept_ten_seconds_later_and_a_repetition_is_not() {
    let (log, clock) = (Arc::new(MemoryLog::new()), Arc::new(Clock::at(DAY, 1)));
    let ledger = Ledger::open(log.clone(), clock.clone(), LedgerOptions::default()).expect("it opens");
    ledger.record(submission("joined", "")).await.expect("it is kept");
    let watched = WatchedLog::over(log);
    watched.damaged.store(1, Ordering::SeqCst);
    let ledger = Ledger::open(Arc::new(watched), clock.clone(), LedgerOptions::default()).expect("it opens");
    let first = refusal(&ledger, "").await;
    assert_eq!((first.refusal.rule, first.repeated), (Rule::HistoryUnreadable, false));
    let timed = format!(r#","timestamp":{DAY}"#);
    let stated = refusal(&ledger, &timed).await;
    clock.set(DAY + 10_000);
    let again = refusal(&ledger, "").await;
    assert_eq!((again.refusal_id, again.repeated), (first.refusal_id, true));
    clock.set(DAY + 10_001);
    let later = refusal(&ledger, "").await;
    assert!(later.refusal_id != first.refusal_id && !later.repeated, "another offer: {later:?}");
    let stated_again = refusal(&ledger, &timed).await;
    assert_eq!((stated_again.refusal_id, stated_again.repeated), (stated.refusal_id, true));
    assert_eq!(ledger.log().head(), Position(4));
}
