//! The memory of an answer while it is made, and until it is read.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use attempt_ledger_system::lock::take_over;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::block_in_place;

use super::memory_pools::MemoryPools;

/// How long an answer waits for memory.
pub(super) const ANSWER_WAIT_MS: u64 = 1_000;

/// Where an answer takes memory before it keeps bytes.
pub struct AnswerMemory {
    /// `None` outside the edge, which alone counts.
    pools: Option<Arc<MemoryPools>>,
    /// How long this answer may wait from now on, in all.
    patience: Mutex<Duration>,
}

/// Memory of an answer. It is given back when this is dropped.
pub struct AnswerShare(
    #[expect(dead_code, reason = "the permit goes back when it is dropped")] Option<OwnedSemaphorePermit>,
);

/// Says of an answer that its body holds its memory itself.
#[derive(Clone, Copy)]
pub struct CountedAnswer;

impl AnswerMemory {
    pub(super) fn of(pools: Option<Arc<MemoryPools>>) -> Self {
        Self { pools, patience: Mutex::new(Duration::from_millis(ANSWER_WAIT_MS)) }
    }

    /// Counts nothing.
    #[cfg(test)]
    pub(crate) fn uncounted() -> Self {
        Self::of(None)
    }

    /// Takes memory for so many bytes, and waits for it on this thread; `None` when there is none in time.
    pub(crate) fn take(&self, bytes: usize) -> Option<AnswerShare> {
        let Some(pools) = &self.pools else { return Some(AnswerShare(None)) };
        if let Some(permit) = pools.answers.try_take(bytes) {
            return Some(AnswerShare(Some(permit)));
        }
        let mut patience = take_over(self.patience.lock());
        let began = Instant::now();
        let permit =
            block_in_place(|| Handle::current().block_on(pools.answers.take_within(bytes, *patience)));
        *patience = patience.saturating_sub(began.elapsed());
        permit.map(|permit| AnswerShare(Some(permit)))
    }
}
