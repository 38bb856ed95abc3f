//! The one rule for a lock whose holder panicked, which std calls poisoned: each use says whether the state
//! behind it can be half changed. Nobody skips such a lock: a change that is left out makes a cache stale in
//! silence.

use std::sync::{LockResult, PoisonError};

/// Takes the lock over: no panic can leave the state behind it half changed.
pub fn take_over<G>(locked: LockResult<G>) -> G {
    locked.unwrap_or_else(PoisonError::into_inner)
}

/// Passes the holder's panic on: it may have left the state behind the lock half changed.
///
/// # Panics
/// When a holder of the lock panicked.
pub fn pass_on<G>(locked: LockResult<G>) -> G {
    locked.unwrap_or_else(|_| panic!("a thread panicked while it changed what this one needs"))
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Mutex;

    use super::*;

    fn poisoned() -> Mutex<u32> {
        let mutex = Mutex::new(7);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _held = mutex.lock();
            panic!("a planned panic");
        }));
        assert!(panicked.is_err() && mutex.is_poisoned());
        mutex
    }

    #[test]
    fn a_poisoned_lock_is_taken_over_with_its_state_or_passes_the_panic_on() {
        let mutex = poisoned();
        assert_eq!(*take_over(mutex.lock()), 7);
        assert!(catch_unwind(AssertUnwindSafe(|| *pass_on(mutex.lock()))).is_err());
    }
}
