//! The outcome of a spawned task.

use std::future::pending;

use tokio::task::JoinError;

/// The task's value; its panic is passed on to the caller.
///
/// Only the end of a runtime aborts tasks, and with it the process ends: a caller in another runtime waits
/// until its own is ended.
pub async fn finished<T>(task: impl Future<Output = Result<T, JoinError>>) -> T {
    match task.await {
        Ok(value) => value,
        Err(failure) if failure.is_panic() => std::panic::resume_unwind(failure.into_panic()),
        Err(_aborted) => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn caller_of_a_task_whose_runtime_has_ended_waits_and_does_not_panic() {
        let other = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let task = other.spawn(pending::<()>());
        other.shutdown_background();
        let own = Builder::new_current_thread().build().unwrap();
        own.block_on(async {
            let mut caller = std::pin::pin!(finished(task));
            for _ in 0..100 {
                let once = std::future::poll_fn(|context| Poll::Ready(caller.as_mut().poll(context))).await;
                assert!(once.is_pending());
                tokio::task::yield_now().await;
            }
        });
    }
}
