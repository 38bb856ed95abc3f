//! A log as a server would have left it, recorded by a clock that the test holds.

use std::sync::Arc;

use attempt_ledger::ledger::{Ledger, LedgerOptions, Submission};
use attempt_ledger::log::EventLog;
use attempt_ledger_domain::{Address, UnixMillis};
use bytes::Bytes;

use crate::support::clock::Clock;

/// How many deliveries are recorded together.
pub const BATCH: usize = 40;

/// One hook and when it arrives.
#[derive(Clone)]
pub struct Arrival {
    pub at: UnixMillis,
    pub event: String,
    pub queue_type: String,
    pub body: String,
}

/// Records deliveries, in this order, into an empty log. The clock never goes back.
pub async fn record(log: Arc<dyn EventLog>, arrivals: &[Arrival]) -> Arc<Ledger> {
    let clock = Arc::new(Clock::at(0, rand::random()));
    let ledger = Ledger::open(log, clock.clone(), LedgerOptions::default()).expect("it opens");
    for together in arrivals.chunks(BATCH) {
        let newest = together.iter().map(|arrival| arrival.at.0).max().expect("a chunk is not empty");
        clock.advance_to(newest);
        let submissions = together.iter().map(submission).collect();
        ledger.record_batch(submissions).await.expect("deliveries are kept");
    }
    ledger
}

fn submission(arrival: &Arrival) -> Submission {
    Submission {
        address: Address {
            event: Some(arrival.event.clone()),
            queue_type: Some(arrival.queue_type.clone()),
            ..Address::default()
        },
        body: Bytes::from(arrival.body.clone()),
        source: Arc::from("test"),
    }
}
