//! Waiting for what nobody reports.

use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

/// No test waits longer than this for anything; reaching it is a failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks. A spin would take the processor from what is waited for.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks until there is something to see; says what is missing when that takes too long.
pub fn until<T, W: Display>(missing: impl Fn() -> W, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "{}", missing());
        thread::sleep(PAUSE);
    }
}
