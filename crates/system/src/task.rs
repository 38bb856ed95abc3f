//! The outcome of a spawned task.

use tokio::task::JoinError;

/// The task's value; its panic is passed on to the caller. Tasks are never aborted here.
pub fn finished<T>(joined: Result<T, JoinError>) -> T {
    match joined {
        Ok(value) => value,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}
