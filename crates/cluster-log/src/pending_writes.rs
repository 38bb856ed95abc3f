//! Writes under way, each waiting for its events to come back from the cluster.
//!
//! A write's outcome is what the follower sees, whatever the network said: its events are there, or another
//! event took their place. Writers register before they send, so nothing can slip past them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use attempt_ledger_domain::Position;
use attempt_ledger_system::lock::take_over;
use tokio::sync::oneshot;
use uuid::Uuid;

use attempt_ledger_log::Stream;

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WriteOutcome {
    /// Its events are in the copy, here.
    Landed(Vec<Position>),
    /// Another event has the number that its first event was meant to have: it can never land any more.
    Passed,
}

/// A record that the copy has taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct CopiedRecord {
    pub stream: Stream,
    pub index: u64,
    pub id: Uuid,
    pub position: Position,
}

#[derive(Default)]
pub(super) struct PendingWrites {
    /// Held for the length of one call, never across an await.
    state: Mutex<PendingState>,
}

#[derive(Default)]
struct PendingState {
    waiting: HashMap<Stream, Vec<PendingWrite>>,
    /// How many events the streams without revisions are known to have.
    counts: HashMap<Stream, u64>,
    tickets: u64,
}

struct PendingWrite {
    ticket: u64,
    first: u64,
    ids: Vec<Uuid>,
    positions: Vec<Position>,
    sender: oneshot::Sender<WriteOutcome>,
}

/// A place in the queue. Dropping it leaves the queue.
pub(super) struct WriteTicket {
    pending: Arc<PendingWrites>,
    stream: Stream,
    number: u64,
    receiver: oneshot::Receiver<WriteOutcome>,
}

/// Outcomes that are decided and not reported yet.
pub(super) struct OutcomeNotices(Vec<(oneshot::Sender<WriteOutcome>, WriteOutcome)>);

impl OutcomeNotices {
    /// Reports the outcomes to the writers.
    pub fn send(self) {
        for (sender, outcome) in self.0 {
            // A writer that has left does not mind.
            let _ = sender.send(outcome);
        }
    }
}

impl PendingWrites {
    fn state(&self) -> MutexGuard<'_, PendingState> {
        // Nothing in this file panics between two changes that belong together.
        take_over(self.state.lock())
    }

    /// Starts waiting for events that are to be the stream's `first`, and so on.
    pub fn register(self: &Arc<Self>, stream: Stream, first: u64, ids: Vec<Uuid>) -> WriteTicket {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        state.tickets += 1;
        let number = state.tickets;
        if state.count_of(stream).is_some_and(|count| count > first) {
            let _ = sender.send(WriteOutcome::Passed);
        } else {
            let positions = Vec::with_capacity(ids.len());
            let waiting = PendingWrite { ticket: number, first, ids, positions, sender };
            state.waiting.entry(stream).or_default().push(waiting);
        }
        drop(state);
        WriteTicket { pending: Arc::clone(self), stream, number, receiver }
    }

    /// How many events a stream without revisions has, as far as the follower has seen since this process
    /// started.
    pub fn count_of(&self, stream: Stream) -> Option<u64> {
        self.state().count_of(stream)
    }

    /// Notes records in the copy. Returns which of them no writer here waited for, and the outcomes of the
    /// writes that they decide.
    pub fn note_copied(&self, records: &[CopiedRecord]) -> (Vec<bool>, OutcomeNotices) {
        let mut state = self.state();
        let mut decided = Vec::new();
        let is_foreign = records.iter().map(|record| !state.apply(record, &mut decided)).collect();
        (is_foreign, OutcomeNotices(decided))
    }

    /// Notes an event that is no record of ours, in a stream of ours: no write can land at its number any
    /// more.
    pub fn note_stranger(&self, stream: Stream, index: u64) -> OutcomeNotices {
        let mut state = self.state();
        let mut decided = Vec::new();
        state.end_at(stream, index);
        state.pass(stream, index, &mut decided);
        OutcomeNotices(decided)
    }
}

impl PendingState {
    fn end_at(&mut self, stream: Stream, index: u64) {
        if !stream.has_revisions() {
            let count = self.counts.entry(stream).or_default();
            *count = (*count).max(index + 1);
        }
    }

    fn pass(
        &mut self,
        stream: Stream,
        index: u64,
        decided: &mut Vec<(oneshot::Sender<WriteOutcome>, WriteOutcome)>,
    ) {
        let Some(queue) = self.waiting.get_mut(&stream) else { return };
        let (passed, still): (Vec<_>, Vec<_>) = std::mem::take(queue)
            .into_iter()
            .partition(|waiting| index >= waiting.first && waiting.positions.is_empty());
        *queue = still;
        decided.extend(passed.into_iter().map(|waiting| (waiting.sender, WriteOutcome::Passed)));
        if queue.is_empty() {
            self.waiting.remove(&stream);
        }
    }

    fn count_of(&self, stream: Stream) -> Option<u64> {
        self.counts.get(&stream).copied()
    }

    /// Whether somebody here wrote the record.
    fn apply(
        &mut self,
        record: &CopiedRecord,
        decided: &mut Vec<(oneshot::Sender<WriteOutcome>, WriteOutcome)>,
    ) -> bool {
        self.end_at(record.stream, record.index);
        let Some(queue) = self.waiting.get_mut(&record.stream) else { return false };
        let mut is_own = false;
        let mut at = 0;
        while let Some(waiting) = queue.get_mut(at) {
            if waiting.ids.get(waiting.positions.len()) == Some(&record.id) {
                is_own = true;
                waiting.positions.push(record.position);
                if waiting.positions.len() == waiting.ids.len() {
                    let waiting = queue.swap_remove(at);
                    decided.push((waiting.sender, WriteOutcome::Landed(waiting.positions)));
                    continue;
                }
            } else if record.index >= waiting.first {
                let waiting = queue.swap_remove(at);
                decided.push((waiting.sender, WriteOutcome::Passed));
                continue;
            }
            at += 1;
        }
        if queue.is_empty() {
            self.waiting.remove(&record.stream);
        }
        is_own
    }
}

impl WriteTicket {
    /// What became of the write, once the follower knows. Can be awaited again after a time-out.
    pub async fn outcome(&mut self) -> WriteOutcome {
        match (&mut self.receiver).await {
            Ok(outcome) => outcome,
            // The sender lives in the registry until it is used.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for WriteTicket {
    fn drop(&mut self) {
        let mut state = self.pending.state();
        if let Some(queue) = state.waiting.get_mut(&self.stream) {
            queue.retain(|waiting| waiting.ticket != self.number);
            if queue.is_empty() {
                state.waiting.remove(&self.stream);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: Stream = Stream::Refusals { day: 3 };

    fn applied(index: u64, id: Uuid) -> CopiedRecord {
        CopiedRecord { stream: STREAM, index, id, position: Position(index + 100) }
    }

    #[tokio::test]
    async fn a_write_has_landed_when_all_its_events_are_there() {
        let pending = Arc::new(PendingWrites::default());
        let ids = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let mut ticket = pending.register(STREAM, 5, ids.to_vec());
        let (foreign, decided) = pending.note_copied(&[applied(4, Uuid::from_u128(9)), applied(5, ids[0])]);
        decided.send();
        assert_eq!(foreign, [true, false]);
        let (foreign, decided) = pending.note_copied(&[applied(6, ids[1])]);
        decided.send();
        assert_eq!(foreign, [false]);
        assert_eq!(ticket.outcome().await, WriteOutcome::Landed(vec![Position(105), Position(106)]));
    }

    #[tokio::test]
    async fn a_write_whose_number_another_took_is_passed_also_when_that_was_before() {
        let pending = Arc::new(PendingWrites::default());
        let mut waiting = pending.register(STREAM, 0, vec![Uuid::from_u128(1)]);
        pending.note_copied(&[applied(0, Uuid::from_u128(2))]).1.send();
        assert_eq!(waiting.outcome().await, WriteOutcome::Passed);
        let mut late = pending.register(STREAM, 0, vec![Uuid::from_u128(3)]);
        assert_eq!(late.outcome().await, WriteOutcome::Passed);
    }

    #[test]
    fn nobody_is_waited_for_after_leaving() {
        let pending = Arc::new(PendingWrites::default());
        drop(pending.register(STREAM, 0, vec![Uuid::from_u128(1)]));
        assert!(pending.state().waiting.is_empty());
    }
}
