//! The memory of one request's body.

use std::sync::Arc;

use attempt_ledger_system::lock::take_over;
use tokio::sync::OwnedSemaphorePermit;

use super::memory_pools::UNIT_BYTES;
use super::request_context::RequestContext;
use crate::http::problem::Problem;

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
    pub(super) fn add(&mut self, bytes: usize, context: &RequestContext) -> bool {
        self.bytes += bytes;
        let unpaid_bytes = self.bytes.saturating_sub(self.paid_bytes);
        if unpaid_bytes == 0 {
            return true;
        }
        let pool = context.memory_pools.of_body(self.bytes);
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
    context: Option<Arc<RequestContext>>,
}

impl BodyMemory {
    pub(super) fn of(context: Option<&Arc<RequestContext>>) -> Self {
        Self { context: context.cloned() }
    }

    /// Takes memory for what the body unpacks to, beside that for the body as it came.
    ///
    /// # Errors
    /// 503 when there is none.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Problem> {
        let Some(context) = &self.context else { return Ok(()) };
        let permit = context.memory_pools.of_body(bytes).try_take(bytes);
        context.keep_memory(permit.ok_or_else(Problem::no_body_memory)?);
        Ok(())
    }
}

impl RequestContext {
    /// Keeps memory until the last holder of the context drops it.
    pub(super) fn keep_memory(&self, permit: OwnedSemaphorePermit) {
        take_over(self.memory.lock()).push(permit);
    }
}
