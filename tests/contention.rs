//! Batches that share attempts, with hardly any room to keep attempts in memory.

use std::sync::Arc;

use attempt_ledger::environment::System;
use attempt_ledger::ledger::{Ledger, LedgerOptions, Receipt, Submission};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog as _};
use attempt_ledger_domain::Address;
use bytes::Bytes;

/// A batch has three quarters of its attempts in common with the one before it.
const STRIDE: i64 = 100;
const BATCHES: i64 = 40;
const EVENTS: [&str; 4] = ["joined", "offering", "bridged", "leaving"];

fn submission(attempt_id: i64, step: usize) -> Submission {
    let body = format!(
        r#"{{"attempt_id":{attempt_id},"queue_id":1,"agent_id":7,"timestamp":{}}}"#,
        1_784_700_000_000_i64 + i64::try_from(step).expect("a small number") * 1_000
    );
    let address = Address {
        event: Some(EVENTS[step].to_owned()),
        queue_type: Some("inbound_queue".to_owned()),
        ..Address::default()
    };
    Submission { address, body: Bytes::from(body), source: Arc::from("test") }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_batches_that_share_attempts_is_answered_as_recorded_once() {
    let directory = tempfile::tempdir().unwrap();
    // A log that waits for the disk, so that batches are under way together.
    let log = Arc::new(EmbeddedLog::open(directory.path(), &EmbeddedOptions::default()).unwrap());
    let options = LedgerOptions { cached_deliveries_max: 512, ..LedgerOptions::default() };
    let ledger = Ledger::open(log.clone(), Arc::new(System), options).unwrap();
    let batches: Vec<_> = (0..BATCHES)
        .map(|number| {
            let ledger = ledger.clone();
            let step = usize::try_from(number).unwrap() % EVENTS.len();
            let first = number * STRIDE;
            let batch = (first..first + 4 * STRIDE).map(|attempt| submission(attempt + 1, step)).collect();
            tokio::spawn(async move { ledger.record_batch(batch).await })
        })
        .collect();
    for batch in batches {
        for receipt in batch.await.unwrap().unwrap() {
            assert!(matches!(receipt, Receipt::Recorded(_)), "{receipt:?}");
        }
    }
    assert_eq!(log.head().0, (BATCHES * 4 * STRIDE).unsigned_abs());
}
