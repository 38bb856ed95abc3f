//! The outcome of a spawned task.

use tokio::task::JoinError;

/// The task's value; its panic is passed on to the caller.
///
/// Only the end of a runtime aborts tasks. KNOWN GAP: a caller that outlives its task then panics, too;
/// nobody waits for its answer any more.
pub fn finished<T>(joined: Result<T, JoinError>) -> T {
    match joined {
        Ok(value) => value,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}
