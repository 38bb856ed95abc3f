//! What a spawned task came to.

use tokio::task::JoinError;

/// The task's value; its panic is passed on to whoever waited for it. Tasks are never aborted here.
pub fn finished<T>(joined: Result<T, JoinError>) -> T {
    match joined {
        Ok(value) => value,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}
