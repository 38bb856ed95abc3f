//! What a hook of a runaway attempt costs the guard: the same, however long the attempt is.

use std::sync::Arc;

use attempt_ledger::ledger::{EventReceipt, Ledger, LedgerOptions, Receipt, Submission};
use attempt_ledger::log::{EventLog, MemoryLog};
use attempt_ledger_domain::{Address, ORDINARY_RECORDS_MAX, Revision};
use tokio::runtime::Runtime;

use crate::support::clock::Clock;
use crate::support::watched_log::WatchedLog;

const START: i64 = 1_784_678_400_000;
/// More than an attempt in memory remembers.
const HOOKS: i64 = 18_000;
/// The first events, and the newest events and other records.
const REMEMBERED: usize = 16 + 2 * ORDINARY_RECORDS_MAX;

/// The hook with a number: an offer, or a miss, or an end, which is too early for those that follow it.
fn hook(number: i64) -> Submission {
    let event = match number % 10 {
        9 => "joined",
        even if even % 2 == 0 => "offering",
        _ => "missed",
    };
    Submission {
        address: Address {
            event: Some(event.to_owned()),
            queue_type: Some("inbound_queue".to_owned()),
            ..Address::default()
        },
        body: format!(r#"{{"attempt_id":7,"agent_id":5,"timestamp":{}}}"#, START + 1_000 * number).into(),
        source: Arc::from("test"),
    }
}

/// A ledger that has nothing in memory.
fn opened(log: &Arc<WatchedLog>) -> Arc<Ledger> {
    let clock = Arc::new(Clock::at(START + 1_000 * HOOKS, rand::random()));
    Ledger::open(log.clone(), clock, LedgerOptions::default()).unwrap()
}

fn recorded(receipt: &Receipt) -> &EventReceipt {
    match receipt {
        Receipt::Recorded(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hook_of_a_runaway_attempt_reads_a_bounded_number_of_its_records_also_after_a_restart() {
    let runtime = Runtime::new().unwrap();
    let log = Arc::new(WatchedLog::over(Arc::new(MemoryLog::new())));
    let ledger = opened(&log);
    let mut receipts = Vec::new();
    for from in (0..HOOKS).step_by(1_000) {
        let hooks = (from..from + 1_000).map(hook).collect();
        receipts.extend(runtime.block_on(ledger.record_batch(hooks)).unwrap());
    }
    let read = log.records_read();
    assert!(read <= receipts.len(), "{read} records were read to record {} hooks", receipts.len());
    let events: Vec<&EventReceipt> = receipts
        .iter()
        .filter_map(|receipt| match receipt {
            Receipt::Recorded(receipt) => Some(receipt),
            _ => None,
        })
        .collect();
    assert_eq!(events.len() as i64, HOOKS / 10 * 9);
    assert!(events.iter().zip(1..).all(|(event, revision)| event.revision == Revision(revision)));

    let ledger = opened(&log);
    let before = log.records_read();
    let next = runtime.block_on(ledger.record(hook(HOOKS))).unwrap();
    let read = log.records_read() - before;
    assert!(read <= REMEMBERED, "{read} of {HOOKS} records were read for one hook");
    let next = recorded(&next);
    assert_eq!(next.revision, events.last().unwrap().revision.next());
    assert_eq!(next.position.0, HOOKS as u64 + 1);

    // What is remembered is recognised: an event, and a refusal.
    let (event, refusal) = (receipts.len() - 2, receipts.len() - 1);
    let again = |number: usize| runtime.block_on(ledger.record(hook(number as i64))).unwrap();
    match (&receipts[event], again(event)) {
        (Receipt::Recorded(first), Receipt::Duplicate(second)) => assert_eq!(*first, second),
        other => panic!("{other:?}"),
    }
    match (&receipts[refusal], again(refusal)) {
        (Receipt::Refused(first), Receipt::Refused(second)) => {
            assert_eq!(first.refusal_id, second.refusal_id);
            assert!(second.repeated && !first.repeated);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(log.head().0, HOOKS as u64 + 1);
}
