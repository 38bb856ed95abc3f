//! Replays of refusals that waited for a queue's definition, in the background.
//!
//! A definition is answered at once, however much waited for it. Nothing is kept about a replay: what still
//! waits is what the log holds as open, so that after a restart a replay begins again and finds the rest.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;

use attempt_ledger_domain::{AttemptId, Position, QueueId, Rule};
use attempt_ledger_log::record::Leaf;
use attempt_ledger_system::task::finished;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::record::Record;
use crate::refusal_view::RefusalStatus;
use crate::refusals::{SettleError, Settlement};
use crate::replay_progress::{AWAITED_TRIED_MAX, QueueReplay, ReplayPhase};

/// Refusals that are looked at in one go.
const PAGE_REFUSALS: usize = 1_000;
/// Attempts whose refusals are replayed at the same time; those of one attempt follow each other.
const ATTEMPTS_AT_ONCE: usize = 16;
/// A refusal that waits, and the attempt that it names.
type WaitingRefusal = (Option<AttemptId>, Uuid);

impl Ledger {
    /// The last replay of what waited for a queue's definition; `None` when there was none since the start.
    #[must_use]
    pub fn queue_replay(&self, queue_id: QueueId) -> Option<QueueReplay> {
        self.replays.of(queue_id)
    }

    /// Goes on with replays that a stop interrupted: looks for refusals that wait for a queue that is defined
    /// by now. Returns at once; call it on the runtime that the work may use.
    pub fn resume_replays(self: &Arc<Self>) {
        let ledger = self.clone();
        tokio::spawn(async move {
            for queue_id in ledger.queues_waited_for().await {
                drop(ledger.begin_replay(queue_id, "restart"));
            }
        });
    }

    /// Begins to replay what waited for a queue, and waits for it as long as it is short.
    pub(crate) async fn replay_waiting(self: &Arc<Self>, queue_id: QueueId, source: &str) -> QueueReplay {
        let mut progress = self.begin_replay(queue_id, source);
        // An error means that the ledger is gone.
        let _ = progress.wait_for(|replay| replay.is_over() || replay.is_long()).await;
        *progress.borrow()
    }

    fn begin_replay(self: &Arc<Self>, queue_id: QueueId, source: &str) -> watch::Receiver<QueueReplay> {
        let (progress, is_new) = self.replays.begin(queue_id);
        if is_new {
            let (ledger, source) = (self.clone(), source.to_owned());
            tokio::spawn(async move { ledger.run_replay(queue_id, &source).await });
        }
        progress
    }

    async fn run_replay(self: Arc<Self>, queue_id: QueueId, source: &str) {
        loop {
            let phase = match self.replay_once(queue_id, source).await {
                Ok(()) => ReplayPhase::Done,
                Err(error) => {
                    tracing::error!(%error, %queue_id, "a replay of refusals ended early");
                    ReplayPhase::Failed
                }
            };
            if self.replays.end(queue_id, phase) {
                return;
            }
        }
    }

    async fn replay_once(self: &Arc<Self>, queue_id: QueueId, source: &str) -> Result<(), LedgerError> {
        let mut waiting = self.search_waiting(queue_id).await?;
        // They were found from the newest on.
        waiting.reverse();
        self.replays.note(queue_id, |replay| replay.phase = ReplayPhase::Replaying);
        // A few follow each other in the order in which they came, many at least within their attempt.
        if waiting.len() as u64 <= AWAITED_TRIED_MAX {
            let refusals = waiting.into_iter().map(|(_, refusal_id)| refusal_id).collect();
            return self.clone().replay_in_order(queue_id, refusals, source).await;
        }
        let mut by_attempt: BTreeMap<Option<AttemptId>, Vec<Uuid>> = BTreeMap::new();
        for (attempt_id, refusal_id) in waiting {
            by_attempt.entry(attempt_id).or_default().push(refusal_id);
        }
        let mut at_work = JoinSet::new();
        for refusals in by_attempt.into_values() {
            if at_work.len() == ATTEMPTS_AT_ONCE
                && let Some(done) = at_work.join_next().await
            {
                finished(ready(done)).await?;
            }
            let (ledger, source) = (self.clone(), source.to_owned());
            at_work.spawn(async move { ledger.replay_in_order(queue_id, refusals, &source).await });
        }
        while let Some(done) = at_work.join_next().await {
            finished(ready(done)).await?;
        }
        Ok(())
    }

    async fn replay_in_order(
        self: Arc<Self>,
        queue_id: QueueId,
        refusals: Vec<Uuid>,
        source: &str,
    ) -> Result<(), LedgerError> {
        for refusal_id in refusals {
            let (mut replayed, mut refused) = (0, 0);
            match self.replay(refusal_id, "the queue was defined", source).await {
                Ok(Settlement::Replayed(_)) => replayed = 1,
                // Somebody settled it meanwhile.
                Ok(Settlement::Dismissed | Settlement::Already(_))
                | Err(SettleError::Unknown(_) | SettleError::Settled(..)) => {}
                Err(SettleError::StillRefused(_)) => refused = 1,
                Err(SettleError::Ledger(error)) => return Err(error),
            }
            self.replays.note(queue_id, |replay| {
                replay.waiting = replay.waiting.saturating_sub(1);
                replay.replayed += replayed;
                replay.refused += refused;
            });
        }
        Ok(())
    }

    /// The refusals that wait for a queue's definition, from the newest on. What the URL misnamed stays
    /// misnamed.
    async fn search_waiting(self: &Arc<Self>, queue_id: QueueId) -> Result<Vec<WaitingRefusal>, LedgerError> {
        let mut found = Vec::new();
        let mut before = Some(self.log.head().next());
        while let Some(end) = before {
            let page = self.clone().refused_page(end, move |of| of == queue_id).await?;
            before = page.before;
            self.replays.note(queue_id, |replay| {
                replay.searched += page.looked_at;
                replay.waiting += page.waiting.len() as u64;
            });
            found.extend(page.waiting.into_iter().map(|(_, waiting)| waiting));
        }
        Ok(found)
    }

    /// Defined queues that refusals wait for.
    async fn queues_waited_for(self: &Arc<Self>) -> Vec<QueueId> {
        let mut queues = Vec::new();
        let mut before = Some(self.log.head().next());
        while let Some(end) = before {
            let ledger = self.clone();
            let is_defined = move |queue_id| ledger.queue(queue_id).is_some();
            match self.clone().refused_page(end, is_defined).await {
                Ok(page) => {
                    before = page.before;
                    queues.extend(page.waiting.into_iter().map(|(queue_id, _)| queue_id));
                    queues.sort_unstable();
                    queues.dedup();
                }
                Err(error) => {
                    tracing::error!(%error, "refusals that wait for a definition cannot be looked for");
                    break;
                }
            }
        }
        queues
    }

    /// Looks at some refusals, beside the tasks that answer deliveries.
    async fn refused_page(
        self: Arc<Self>,
        before: Position,
        is_meant: impl Fn(QueueId) -> bool + Send + 'static,
    ) -> Result<SearchedPage, LedgerError> {
        let search = move || {
            let positions = self.log.refusals_before(before, PAGE_REFUSALS)?;
            let looked_at = positions.len() as u64;
            let before = positions.last().copied();
            let mut waiting = Vec::new();
            for stored in self.log.read(&positions)? {
                let leaf = Leaf::parse(&stored.leaf).map_err(|error| LedgerError::Record {
                    position: stored.position,
                    reason: error.to_string(),
                })?;
                let Some(queue_id) = leaf.queue_id.filter(|_| leaf.rule == Some(Rule::UnknownQueueType))
                else {
                    continue;
                };
                if is_meant(queue_id)
                    && Record::parse(&stored)?.opening.address.queue_type.is_none()
                    && self.refusal(leaf.id)?.is_some_and(|view| view.status == RefusalStatus::Open)
                {
                    waiting.push((queue_id, (leaf.attempt_id, leaf.id)));
                }
            }
            Ok(SearchedPage { waiting, looked_at, before })
        };
        finished(tokio::task::spawn_blocking(search)).await
    }
}

/// What was found among some refusals.
struct SearchedPage {
    waiting: Vec<(QueueId, WaitingRefusal)>,
    looked_at: u64,
    /// Where the next page ends; `None` after the last one.
    before: Option<Position>,
}
