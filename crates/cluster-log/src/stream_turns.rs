//! Streams that nobody expects anything of: their writers go one after another, each at the exact end.
//!
//! The cluster would take such a write wherever the stream ends. A write whose answer was lost could then
//! land twice: once late, once repeated. At an exact place it cannot.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use attempt_ledger_log::Stream;
use attempt_ledger_system::lock::take_over;

/// The right to write next, with the number of events that the stream has, where that is known.
pub(super) type StreamTurn = OwnedMutexGuard<Option<u64>>;

/// One lane for each stream: one a day, so they are never removed.
#[derive(Default)]
pub(super) struct StreamTurns {
    turns: std::sync::Mutex<HashMap<Stream, Arc<Mutex<Option<u64>>>>>,
}

impl StreamTurns {
    pub async fn enter(&self, stream: Stream) -> StreamTurn {
        let turn = {
            let mut turns = take_over(self.turns.lock());
            Arc::clone(turns.entry(stream).or_default())
        };
        turn.lock_owned().await
    }
}
