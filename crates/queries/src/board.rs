//! What is open now: who waits, how long the longest wait is and whose, and what agents are busy with.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{
    AttemptId, EventKind, LEAVING_DEADLINE_MS_DEFAULT, QueueDefinition, QueueGroup, QueueId, UnixMillis,
};

use attempt_ledger_projections::metrics::UnsentHooks;

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

/// What is open in one queue. What the queue is defined not to send is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardRow {
    /// The queue; `None` for attempts that have none.
    pub queue_id: Option<QueueId>,
    /// Its name, where it is defined.
    pub name: Option<String>,
    /// Subscribers who wait, offered to nobody or ringing: neither connected nor accepted.
    pub waiting: Option<u64>,
    /// The longest of these waits, of those whose beginning an event states.
    pub longest_wait: Option<LongestWait>,
    /// Those who wait since the time of a receipt: nothing says how long.
    pub waiting_untimed: Option<u64>,
    /// Attempts that ring.
    pub ringing: Option<u64>,
    /// Attempts that an agent accepted and that wait for the member.
    pub connecting: Option<u64>,
    /// Attempts connected.
    pub talking: Option<u64>,
    /// Attempts in after-call work.
    pub in_wrap_up: Option<u64>,
    /// Attempts silent for longer than the queue's deadline. They are in none of the figures above: most
    /// probably their Leaving was lost.
    pub stale: u64,
}

/// What is open in every queue.
#[derive(Clone, Debug)]
pub struct Board {
    /// The moment that waits are measured at.
    pub now: UnixMillis,
    /// Queues with anything open, by number, and last what has no queue.
    pub queues: Vec<BoardRow>,
    /// How fresh it is.
    pub freshness: Freshness,
}

impl Questions {
    /// What is open now, in one queue or in all.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn board(&self, queue: Option<QueueGroup>) -> Result<Board, QuestionError> {
        let now = self.ledger.environment().now();
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let freshness = self.freshness(reader.as_ref(), &[Projection::Attempts], None)?;
        let mut definitions: BTreeMap<QueueId, QueueDefinition> = BTreeMap::new();
        for row in reader.queues()? {
            definitions.insert(row.definition.queue_id, row.definition);
        }
        let definition = |queue_id: Option<QueueId>| definitions.get(&queue_id?);
        let mut queues: BTreeMap<QueueGroup, BoardRow> = BTreeMap::new();
        for (queue_id, open) in reader.open_counts(queue)? {
            let name = definition(queue_id).and_then(|definition| definition.name.clone());
            queues.insert(QueueGroup::of(queue_id), BoardRow::begin(queue_id, name, open));
        }
        // What is silent for longer than every deadline is counted above, and not read.
        let longest_ms = definitions.values().map(|one| deadline_ms(Some(one))).max().unwrap_or_default();
        let longest_ms = longest_ms.max(deadline_ms(None));
        let since = UnixMillis(now.0.saturating_sub(i64::try_from(longest_ms).unwrap_or(i64::MAX)));
        reader.open_attempts(queue, since, &mut |open| {
            let deadline_ms = deadline_ms(definition(open.queue_id));
            if let Some(queue) = queues.get_mut(&QueueGroup::of(open.queue_id))
                && now.since(open.last_event_at) <= deadline_ms
            {
                queue.stale -= 1;
                queue.count(&open, now);
            }
            ControlFlow::Continue(())
        })?;
        for (group, queue) in &mut queues {
            if let Some(definition) = definition(group.queue_id()) {
                queue.forget(UnsentHooks::of(definition));
            }
        }
        Ok(Board { now, queues: queues.into_values().collect(), freshness })
    }
}

/// How long an attempt may be silent before its Leaving counts as lost.
fn deadline_ms(definition: Option<&QueueDefinition>) -> u64 {
    let stated = definition.and_then(|definition| definition.leaving_deadline_ms);
    stated.unwrap_or(LEAVING_DEADLINE_MS_DEFAULT)
}

impl BoardRow {
    /// A queue with so many open attempts, all of which count as stale until they are looked at.
    fn begin(queue_id: Option<QueueId>, name: Option<String>, stale: u64) -> Self {
        let none = Some(0);
        let (waiting, waiting_untimed, ringing) = (none, none, none);
        let (connecting, talking, in_wrap_up) = (none, none, none);
        let longest_wait = None;
        Self {
            queue_id,
            name,
            waiting,
            longest_wait,
            waiting_untimed,
            ringing,
            connecting,
            talking,
            in_wrap_up,
            stale,
        }
    }

    /// Takes out what the queue does not report: it is not known, and not zero.
    fn forget(&mut self, unsent: UnsentHooks) {
        let unless = |kind: EventKind, figure: Option<u64>| figure.filter(|_| !unsent.has(kind));
        let unless_over = |figure: Option<u64>| unless(EventKind::Leaving, figure);
        // Who is not connected as far as anybody says may talk.
        let unless_talking = |figure: Option<u64>| unless(EventKind::Bridged, unless_over(figure));
        self.waiting = unless_talking(self.waiting);
        self.longest_wait = self.longest_wait.filter(|_| self.waiting.is_some());
        self.waiting_untimed = self.waiting_untimed.filter(|_| self.waiting.is_some());
        self.ringing = unless(EventKind::Offering, unless_talking(self.ringing));
        self.talking = unless_talking(self.talking);
        self.in_wrap_up = unless(EventKind::Processing, unless_over(self.in_wrap_up));
        let is_accepted = !unsent.has(EventKind::Answered) || !unsent.has(EventKind::Active);
        self.connecting = unless_talking(self.connecting).filter(|_| is_accepted);
    }

    fn count(&mut self, open: &BoardEntry, now: UnixMillis) {
        match open.state {
            AttemptState::Talking => add(&mut self.talking),
            AttemptState::WrapUp => add(&mut self.in_wrap_up),
            AttemptState::Answered => add(&mut self.connecting),
            AttemptState::Unknown | AttemptState::Waiting | AttemptState::Ringing => {
                self.count_waiting(open, now);
            }
            // Nobody waits and nobody talks.
            AttemptState::TalkEnded | AttemptState::Left => {}
        }
    }

    fn count_waiting(&mut self, open: &BoardEntry, now: UnixMillis) {
        add(&mut self.waiting);
        if open.state == AttemptState::Ringing {
            add(&mut self.ringing);
        }
        if open.is_start_untimed {
            add(&mut self.waiting_untimed);
            return;
        }
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

fn add(figure: &mut Option<u64>) {
    *figure = figure.map(|attempts| attempts + 1);
}
