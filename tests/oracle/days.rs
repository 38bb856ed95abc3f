//! Generated days of all eight queue types, delivered late, twice, in disorder and in part.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use attempt_ledger::environment::Environment;
use attempt_ledger::ledger::{Ledger, LedgerOptions, Submission};
use attempt_ledger::log::EmbeddedLog;
use attempt_ledger::seed::{Arrivals, Delivery, Scenario, SeedOptions, deliveries};
use attempt_ledger_domain::{Address, EventKind, QueueType, UnixMillis};
use bytes::Bytes;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const HOUR_MS: u64 = 60 * 60 * 1_000;
/// How many deliveries are recorded together; they are shuffled among each other.
const BATCH: usize = 40;

/// One day of traffic and what the network and the administrators do to it.
#[derive(Clone, Copy)]
pub struct Day {
    pub seed: u64,
    pub start: UnixMillis,
    /// Of 100 deliveries, how many get lost.
    pub lost: u32,
    /// Of 100 kinds of hooks (one event of one queue type), how many nobody registered.
    pub unregistered: u32,
}

impl Day {
    /// Whether somebody registered the hook; the same all day.
    fn is_registered(&self, queue_type: QueueType, event: EventKind) -> bool {
        let kind = queue_type as u64 * 16 + event as u64;
        !ChaCha8Rng::seed_from_u64(self.seed ^ kind << 32).random_ratio(self.unregistered, 100)
    }

    /// What arrives, in this order. The last part of the day is lost, so that attempts are open at its end.
    fn arrivals(&self) -> Vec<Delivery> {
        let options = SeedOptions {
            seed: self.seed,
            attempts: 700,
            first_attempt_id: 1,
            start: self.start,
            // Past two midnights, wherever the contact centre is.
            span_ms: 40 * HOUR_MS,
            arrivals: Arrivals::Steady,
            scenario: Scenario::Normal,
        };
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut sent: Vec<Delivery> = deliveries(&options)
            .filter(|delivery| self.is_registered(delivery.queue_type, delivery.event))
            .filter(|_| !random.random_ratio(self.lost, 100))
            .collect();
        sent.truncate(sent.len() * 9 / 10);
        let repeated: Vec<Delivery> = sent.iter().filter(|_| random.random_ratio(1, 25)).cloned().collect();
        sent.extend(repeated);
        // A few come more than a day later, in any order.
        let (mut on_time, mut late): (Vec<_>, Vec<_>) =
            sent.into_iter().partition(|_| !random.random_ratio(1, 50));
        on_time.sort_by_key(|delivery| delivery.sent_at);
        for together in on_time.chunks_mut(BATCH) {
            together.shuffle(&mut random);
        }
        late.shuffle(&mut random);
        on_time.extend(late);
        on_time
    }

    /// Records the day into a new directory, by a clock that shows when each delivery arrives.
    pub async fn record_into(&self, directory: &Path) {
        let clock = Arc::new(Clock(AtomicI64::new(self.start.0)));
        let log = EmbeddedLog::open(directory, &Ledger::embedded_options()).expect("the directory is new");
        let ledger = Ledger::open(Arc::new(log), clock.clone(), LedgerOptions::default()).expect("it opens");
        for together in self.arrivals().chunks(BATCH) {
            let newest =
                together.iter().map(|delivery| delivery.sent_at.0).max().expect("a chunk is not empty");
            clock.0.fetch_max(newest, Ordering::SeqCst);
            let submissions = together.iter().map(submission).collect();
            ledger.record_batch(submissions).await.expect("deliveries are kept");
        }
    }
}

fn submission(delivery: &Delivery) -> Submission {
    Submission {
        address: Address {
            event: Some(delivery.event.wire_name().to_owned()),
            id: None,
            queue_type: Some(delivery.queue_type.name().to_owned()),
        },
        body: Bytes::from(delivery.body.clone()),
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
