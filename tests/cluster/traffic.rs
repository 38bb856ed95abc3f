//! Seeded deliveries, and time and randomness that repeat.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use attempt_ledger::environment::Environment;
use attempt_ledger::ledger::{Receipt, Submission};
use attempt_ledger::seed::{ArrivalPattern, Scenario, SeedOptions, deliveries};
use attempt_ledger_domain::{Address, Position, UnixMillis};
use bytes::Bytes;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Equal seeds give equal times and equal random bytes.
pub struct Repeating {
    clock: AtomicI64,
    random: Mutex<ChaCha8Rng>,
}

impl Repeating {
    pub fn new(seed: u64) -> Self {
        Self { clock: AtomicI64::new(1_784_800_000_000), random: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }
}

impl Environment for Repeating {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.clock.fetch_add(1, Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.random.lock().expect("nobody panics").fill_bytes(bytes);
    }
}

/// A seed, shown when the test fails: set ATTEMPT_LEDGER_TEST_SEED to run it again.
pub fn seed() -> u64 {
    let given = std::env::var("ATTEMPT_LEDGER_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    println!("seed {seed}");
    seed
}

/// Deliveries of attempts whose numbers no other test uses.
pub fn submissions(seed: u64, attempts: u64, scenario: Scenario) -> Vec<Submission> {
    let first = i64::try_from(seed % 1_000_000_000).expect("small") * 1_000_000 + 1;
    let options = SeedOptions {
        seed,
        attempts,
        first_attempt_id: first,
        start: UnixMillis(1_784_678_400_000),
        span_ms: 86_400_000,
        arrivals: ArrivalPattern::Day,
        scenario,
    };
    let submission = |delivery: attempt_ledger::seed::SeedDelivery| Submission {
        address: Address {
            event: Some(delivery.event.wire_name().to_owned()),
            id: None,
            queue_type: Some(delivery.queue_type.name().to_owned()),
        },
        body: Bytes::from(delivery.body),
        source: "test".into(),
    };
    deliveries(&options).map(submission).collect()
}

/// A receipt without its position, which depends on what others wrote.
pub fn told(mut receipt: Receipt) -> String {
    if let Receipt::Recorded(place) | Receipt::Duplicate(place) = &mut receipt {
        place.position = Position(0);
    }
    format!("{receipt:?}")
}
