//! A log as a server would have left it, recorded by a clock that the test holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use attempt_ledger::environment::Environment;
use attempt_ledger::ledger::{Ledger, LedgerOptions, Submission};
use attempt_ledger::log::EventLog;
use attempt_ledger_domain::{Address, UnixMillis};
use bytes::Bytes;

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
    let clock = Arc::new(Clock(AtomicI64::new(0)));
    let ledger = Ledger::open(log, clock.clone(), LedgerOptions::default()).expect("it opens");
    for together in arrivals.chunks(BATCH) {
        let newest = together.iter().map(|arrival| arrival.at.0).max().expect("a chunk is not empty");
        clock.0.fetch_max(newest, Ordering::SeqCst);
        let submissions = together.iter().map(submission).collect();
        ledger.record_batch(submissions).await.expect("deliveries are kept");
    }
    ledger
}

fn submission(arrival: &Arrival) -> Submission {
    Submission {
        address: Address {
            event: Some(arrival.event.clone()),
            id: None,
            queue_type: Some(arrival.queue_type.clone()),
        },
        body: Bytes::from(arrival.body.clone()),
        source: Arc::from("test"),
    }
}

struct Clock(AtomicI64);

impl Environment for Clock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }
}
