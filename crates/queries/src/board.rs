//! What is open now: who waits, how long the longest wait is and whose, and what agents are busy with.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{AttemptId, LEAVING_DEADLINE_MS_DEFAULT, QueueDefinition, QueueId, UnixMillis};

use super::error::QuestionError;
use super::freshness::Freshness;
use super::questions::Questions;
use attempt_ledger_read_store::{BoardEntry, Projection};

/// The longest wait, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongestWait {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Since when it waits.
    pub since: UnixMillis,
    /// For how long.
    pub wait_ms: u64,
}

/// What is open in one queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardRow {
    /// The queue; absent for attempts whose queue is not known.
    pub queue_id: Option<QueueId>,
    /// Its name, where it is defined.
    pub name: Option<String>,
    /// Subscribers who wait, offered to nobody or ringing: neither connected nor accepted.
    pub waiting: u64,
    /// The longest of these waits.
    pub longest_wait: Option<LongestWait>,
    /// Attempts that ring.
    pub ringing: u64,
    /// Attempts that an agent accepted and that wait for the member.
    pub connecting: u64,
    /// Attempts connected.
    pub talking: u64,
    /// Attempts in after-call work.
    pub in_wrap_up: u64,
    /// Attempts silent for longer than the queue's deadline. They are in none of the figures above: most
    /// probably their Leaving was lost.
    pub stale: u64,
}

/// What is open in every queue.
#[derive(Clone, Debug)]
pub struct Board {
    /// The moment that waits are measured at.
    pub now: UnixMillis,
    /// Queues with anything open, by number.
    pub queues: Vec<BoardRow>,
    /// How fresh it is.
    pub freshness: Freshness,
}

impl Questions {
    /// What is open now, in one queue or in all.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn board(&self, queue_id: Option<QueueId>) -> Result<Board, QuestionError> {
        let now = self.ledger.environment().now();
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let freshness = self.freshness(reader.as_ref(), &[Projection::Attempts], None)?;
        let mut definitions: BTreeMap<QueueId, QueueDefinition> = BTreeMap::new();
        for row in reader.queues()? {
            definitions.insert(row.definition.queue_id, row.definition);
        }
        let definition = |queue_id: Option<QueueId>| definitions.get(&queue_id?);
        let mut queues: BTreeMap<Option<QueueId>, BoardRow> = BTreeMap::new();
        for (queue_id, open) in reader.open_counts(queue_id)? {
            let name = definition(queue_id).and_then(|definition| definition.name.clone());
            queues.insert(queue_id, BoardRow { queue_id, name, stale: open, ..BoardRow::default() });
        }
        // What is silent for longer than every deadline is counted above, and not read.
        let longest_ms = definitions.values().map(|one| deadline_ms(Some(one))).max().unwrap_or_default();
        let longest_ms = longest_ms.max(deadline_ms(None));
        let since = UnixMillis(now.0.saturating_sub(i64::try_from(longest_ms).unwrap_or(i64::MAX)));
        reader.open_attempts(queue_id, since, &mut |open| {
            let deadline_ms = deadline_ms(definition(open.queue_id));
            if let Some(queue) = queues.get_mut(&open.queue_id)
                && now.since(open.last_event_at) <= deadline_ms
            {
                queue.stale -= 1;
                queue.count(&open, now);
            }
            ControlFlow::Continue(())
        })?;
        Ok(Board { now, queues: queues.into_values().collect(), freshness })
    }
}

/// How long an attempt may be silent before its Leaving counts as lost.
fn deadline_ms(definition: Option<&QueueDefinition>) -> u64 {
    let stated = definition.and_then(|definition| definition.leaving_deadline_ms);
    stated.unwrap_or(LEAVING_DEADLINE_MS_DEFAULT)
}

impl BoardRow {
    fn count(&mut self, open: &BoardEntry, now: UnixMillis) {
        match open.state {
            AttemptState::Talking => self.talking += 1,
            AttemptState::WrapUp => self.in_wrap_up += 1,
            AttemptState::Answered => self.connecting += 1,
            AttemptState::Unknown | AttemptState::Waiting | AttemptState::Ringing => {
                self.count_waiting(open, now);
            }
            AttemptState::Left => {}
        }
    }

    fn count_waiting(&mut self, open: &BoardEntry, now: UnixMillis) {
        self.waiting += 1;
        self.ringing += u64::from(open.state == AttemptState::Ringing);
        let wait = LongestWait {
            attempt_id: open.attempt_id,
            since: open.started_at,
            wait_ms: now.since(open.started_at),
        };
        let place = |wait: &LongestWait| (wait.since, wait.attempt_id);
        if self.longest_wait.is_none_or(|longest| place(&wait) < place(&longest)) {
            self.longest_wait = Some(wait);
        }
    }
}
