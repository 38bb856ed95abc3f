//! Pauses between tries: doubling, with chance in them so that nodes do not try in step.

use std::time::Duration;

/// The first pause after a failure; each further one doubles it …
const BACKOFF_MIN_MS: u64 = 20;

/// … up to this: within `GIVE_UP_MS` there are dozens of tries, and a cluster that comes back is found soon.
const BACKOFF_MAX_MS: u64 = 500;

#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next pause: between half of the nominal one and the whole.
    pub fn next_pause(&mut self) -> Duration {
        let nominal_ms = (BACKOFF_MIN_MS << self.failures.min(16)).min(BACKOFF_MAX_MS);
        self.failures = self.failures.saturating_add(1);
        Duration::from_millis(rand::random_range(nominal_ms / 2..=nominal_ms))
    }

    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest_and_start_over_after_a_success() {
        let mut backoff = Backoff::default();
        for _ in 0..40 {
            assert!(backoff.next_pause() <= Duration::from_millis(BACKOFF_MAX_MS));
        }
        assert!(backoff.next_pause() >= Duration::from_millis(BACKOFF_MAX_MS / 2));
        backoff.reset();
        assert!(backoff.next_pause() <= Duration::from_millis(BACKOFF_MIN_MS));
    }
}
