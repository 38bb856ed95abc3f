//! The memory that bodies and answers may take: counted in bytes, bounded by purpose.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::limits::Limits;

/// Memory is counted in units of this many bytes.
pub(super) const UNIT_BYTES: usize = 1024;

/// A share of the memory budget.
#[derive(Debug)]
pub(super) struct MemoryPool {
    units: Arc<Semaphore>,
    units_max: usize,
}

impl MemoryPool {
    fn new(bytes: usize) -> Self {
        let units_max = (bytes / UNIT_BYTES).clamp(1, u32::MAX as usize);
        Self { units: Arc::new(Semaphore::new(units_max)), units_max }
    }

    /// What is larger than the whole pool takes all of it: it is served alone rather than never.
    fn units(&self, bytes: usize) -> u32 {
        let units = bytes.div_ceil(UNIT_BYTES).min(self.units_max);
        u32::try_from(units).expect("a pool has fewer units than 2^32")
    }

    pub(super) fn try_take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.units).try_acquire_many_owned(self.units(bytes)).ok()
    }

    /// Waits for memory in turn, at most so long.
    pub(super) async fn take_within(&self, bytes: usize, patience: Duration) -> Option<OwnedSemaphorePermit> {
        let units = self.units(bytes);
        match timeout(patience, Arc::clone(&self.units).acquire_many_owned(units)).await {
            Ok(permit) => Some(permit.expect("a pool is never closed")),
            Err(_) => None,
        }
    }
}

/// The pools of the edge.
#[derive(Debug)]
pub(super) struct MemoryPools {
    /// Bodies up to [`Limits::small_body_bytes_max`].
    pub(super) small_bodies: MemoryPool,
    /// Longer bodies.
    pub(super) large_bodies: MemoryPool,
    /// Answers on their way to clients, who may be slow to read them.
    pub(super) answers: MemoryPool,
    /// Up to this many bytes, a body is small.
    small_body_bytes_max: usize,
}

impl MemoryPools {
    /// The pool for a body of so many bytes.
    pub(super) fn of_body(&self, bytes: usize) -> &MemoryPool {
        if bytes <= self.small_body_bytes_max { &self.small_bodies } else { &self.large_bodies }
    }

    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            small_bodies: MemoryPool::new(limits.small_body_memory_bytes()),
            large_bodies: MemoryPool::new(limits.large_body_memory_bytes()),
            answers: MemoryPool::new(limits.answer_memory_bytes()),
            small_body_bytes_max: limits.small_body_bytes_max(),
        }
    }
}
