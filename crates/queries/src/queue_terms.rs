//! What the definitions of queues, and a question, say about their sums: what is not sent, and by which waits
//! calls are judged.

use std::collections::{BTreeMap, BTreeSet};

use attempt_ledger_domain::{EventKind, Position, QueueDefinition, QueueId};
use attempt_ledger_projections::history::{Attribution, Totals};
use attempt_ledger_projections::metrics::{Definition, Thresholds, UnsentHooks};

use super::questions::Questions;
use super::subject::HistorySubject;

/// What the definitions in force say is not sent, by each queue that has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueHooks(BTreeMap<QueueId, UnsentHooks>);

impl QueueHooks {
    /// What a queue is known not to send; nothing of one that is not defined.
    pub(crate) fn of(&self, queue_id: Option<QueueId>) -> UnsentHooks {
        queue_id.and_then(|queue_id| self.0.get(&queue_id)).copied().unwrap_or_default()
    }

    /// What defined queues do not send, each set of hooks once.
    pub(crate) fn distinct(&self) -> BTreeSet<UnsentHooks> {
        self.0.values().copied().collect()
    }
}

/// By which waits the calls of each queue are judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueThresholds {
    /// What the question says of all queues.
    asked: Thresholds,
    /// What the definitions in force say.
    defined: BTreeMap<QueueId, Thresholds>,
}

impl QueueThresholds {
    pub(crate) fn of(&self, queue_id: Option<QueueId>) -> Thresholds {
        let defined = queue_id.and_then(|queue_id| self.defined.get(&queue_id)).copied();
        self.asked.or(defined.unwrap_or_default())
    }
}

/// What the definitions of queues, and the question, say about their sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueTerms {
    pub(crate) hooks: QueueHooks,
    pub(crate) thresholds: QueueThresholds,
    attribution: Attribution,
    /// How many queues of a sum over all have nothing in it, whatever happens in them, by what they do not
    /// send: attributed to the end, what never reports its end.
    pub(crate) endless: BTreeMap<UnsentHooks, u64>,
}

impl QueueTerms {
    pub(crate) fn of(&self, queue_id: Option<QueueId>) -> (UnsentHooks, Thresholds) {
        (self.hooks.of(queue_id), self.thresholds.of(queue_id))
    }

    /// The hook that a metric needs and that is known not to be sent. Attributed to the end, everything needs
    /// Leaving.
    pub(crate) fn missing(
        &self,
        metric: &Definition,
        unsent: UnsentHooks,
        totals: &Totals,
    ) -> Option<EventKind> {
        let needs_end = self.attribution == Attribution::End && metric.unknowable().is_none();
        if needs_end && unsent.has(EventKind::Leaving) {
            return Some(EventKind::Leaving);
        }
        metric.missing(unsent, totals)
    }
}

impl Questions {
    /// What the definitions in force at a position say is not sent, of the queues that a question is about.
    pub(crate) fn queue_hooks(&self, whose: HistorySubject, as_of: Option<Position>) -> QueueHooks {
        hooks_of(&self.definitions(whose, as_of))
    }

    /// What is said about the queues of a question, by the definitions in force at a position and by itself.
    pub(crate) fn queue_terms(
        &self,
        whose: HistorySubject,
        attribution: Attribution,
        asked: Thresholds,
        as_of: Option<Position>,
    ) -> QueueTerms {
        let definitions = self.definitions(whose, as_of);
        let defined = match whose {
            HistorySubject::Queue(_) | HistorySubject::Queues => {
                definitions.iter().map(|one| (one.queue_id, Thresholds::of(one))).collect()
            }
            // Nothing of an agent is judged by a threshold.
            HistorySubject::Agent(..) => BTreeMap::new(),
        };
        let hooks = hooks_of(&definitions);
        let mut endless = BTreeMap::new();
        if attribution == Attribution::End && whose == HistorySubject::Queues {
            for unsent in hooks.0.values().filter(|unsent| unsent.has(EventKind::Leaving)) {
                *endless.entry(*unsent).or_default() += 1;
            }
        }
        let thresholds = QueueThresholds { asked, defined };
        QueueTerms { hooks, thresholds, attribution, endless }
    }

    fn definitions(&self, whose: HistorySubject, as_of: Option<Position>) -> Vec<QueueDefinition> {
        match whose {
            HistorySubject::Queue(group) | HistorySubject::Agent(_, Some(group)) => match group.queue_id() {
                Some(queue_id) => self.ledger.definition_as_of(queue_id, as_of).into_iter().collect(),
                None => Vec::new(),
            },
            HistorySubject::Queues | HistorySubject::Agent(_, None) => self.ledger.definitions_as_of(as_of),
        }
    }
}

fn hooks_of(definitions: &[QueueDefinition]) -> QueueHooks {
    let unsent = definitions.iter().map(|one| (one.queue_id, UnsentHooks::of(one)));
    QueueHooks(unsent.collect())
}
