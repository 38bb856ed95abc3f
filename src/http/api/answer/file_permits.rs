//! How many files may be written at once.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::problem::Problem;

/// The files that may be written at once: each takes a thread and a view of the store while it lasts.
#[derive(Clone)]
pub struct FilePermits(Arc<Semaphore>);

impl FilePermits {
    pub fn new(files_max: usize) -> Self {
        Self(Arc::new(Semaphore::new(files_max.min(Semaphore::MAX_PERMITS))))
    }

    /// Takes a permit.
    pub fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.0.clone().try_acquire_owned().map_err(|_| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_files", "Too many files at once")
                .with_detail("Every place for writing a file is taken.")
                .with_hint("Ask again after `Retry-After`, or ask for fewer rows as JSON.")
                .with_retry_after_s(5)
        })
    }
}
