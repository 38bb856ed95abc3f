//! Time that a test sets, and randomness from a seed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_system::environment::Environment;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Equal clocks that are asked the same tell the same.
pub struct Clock {
    now: AtomicI64,
    /// How much later it is after each look.
    step_ms: i64,
    random: Mutex<ChaCha8Rng>,
}

impl Clock {
    /// Time stands still until the test moves it.
    pub fn at(now: i64, seed: u64) -> Self {
        Self { now: AtomicI64::new(now), step_ms: 0, random: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// A millisecond passes with each look.
    pub fn ticking(now: i64, seed: u64) -> Self {
        Self { step_ms: 1, ..Self::at(now, seed) }
    }

    pub fn set(&self, now: i64) {
        self.now.store(now, Ordering::SeqCst);
    }

    /// Never goes back.
    pub fn advance_to(&self, now: i64) {
        self.now.fetch_max(now, Ordering::SeqCst);
    }
}

impl Environment for Clock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.now.fetch_add(self.step_ms, Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.random.lock().expect("no test panics while it draws").fill_bytes(bytes);
    }
}
