//! Streams that nobody expects anything of: their writers go one after another, each at the exact end.
//!
//! The cluster would take such a write wherever the stream ends. A write whose answer was lost could then land
//! twice: once late, once repeated. At an exact place it cannot.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use attempt_ledger_log::Stream;
use attempt_ledger_system::lock::take_over;

/// The right to write next, with the number of events that the stream has, where that is known.
pub(super) type Lane = OwnedMutexGuard<Option<u64>>;

/// One lane for each stream: one a day, so they are never removed.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: std::sync::Mutex<HashMap<Stream, Arc<Mutex<Option<u64>>>>>,
}

impl Lanes {
    pub async fn enter(&self, stream: Stream) -> Lane {
        let lane = {
            let mut lanes = take_over(self.lanes.lock());
            Arc::clone(lanes.entry(stream).or_default())
        };
        lane.lock_owned().await
    }
}
