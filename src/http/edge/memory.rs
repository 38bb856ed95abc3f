//! The memory that bodies and answers may take: counted in bytes, bounded by purpose.

use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_system::lock::take_over;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::request_context::RequestContext;
use crate::limits::Limits;

/// Memory is counted in units of this many bytes.
const UNIT_BYTES: usize = 1024;

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

    fn try_take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
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
}

impl MemoryPools {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            small_bodies: MemoryPool::new(limits.small_body_memory_bytes()),
            large_bodies: MemoryPool::new(limits.large_body_memory_bytes()),
            answers: MemoryPool::new(limits.answer_memory_bytes()),
        }
    }
}

/// Counts the bytes of one body.
#[derive(Debug, Default)]
pub(super) struct BodyCount {
    bytes: usize,
    /// For how many of them memory was taken.
    paid_bytes: usize,
}

impl BodyCount {
    /// The memory for these many bytes was taken before they came.
    pub(super) fn prepaid(bytes: usize) -> Self {
        Self { bytes: 0, paid_bytes: bytes }
    }

    /// Counts bytes that have come, and takes memory for them; `false` when there is none.
    pub(super) fn add(
        &mut self,
        bytes: usize,
        (pools, small_body_bytes_max): (&MemoryPools, usize),
        context: &RequestContext,
    ) -> bool {
        self.bytes += bytes;
        let unpaid_bytes = self.bytes.saturating_sub(self.paid_bytes);
        if unpaid_bytes == 0 {
            return true;
        }
        let is_small = self.bytes <= small_body_bytes_max;
        let pool = if is_small { &pools.small_bodies } else { &pools.large_bodies };
        let Some(permit) = pool.try_take(unpaid_bytes) else { return false };
        self.paid_bytes += unpaid_bytes.next_multiple_of(UNIT_BYTES);
        context.keep_memory(permit);
        true
    }
}

/// The memory of one request's body. Work that goes on when its request has ended keeps this until the bytes
/// are gone.
#[derive(Clone)]
pub struct BodyMemory {
    /// `None` outside the edge, which alone counts.
    _context: Option<Arc<RequestContext>>,
}

impl BodyMemory {
    pub(super) fn of(context: Option<&Arc<RequestContext>>) -> Self {
        Self { _context: context.cloned() }
    }
}

impl RequestContext {
    /// Keeps memory until the last holder of the context drops it.
    pub(super) fn keep_memory(&self, permit: OwnedSemaphorePermit) {
        take_over(self.memory.lock()).push(permit);
    }
}
