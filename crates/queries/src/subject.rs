//! Whose numbers a question is about.

use attempt_ledger_domain::{AgentId, QueueGroup};
use attempt_ledger_projections::OfferRow;
use attempt_ledger_projections::fold::Rows;
use attempt_ledger_projections::history::Scope;

/// Whose numbers they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistorySubject {
    /// A queue's, or that of what has none.
    Queue(QueueGroup),
    /// Every queue's together.
    Queues,
    /// An agent's, in one queue or in all.
    Agent(AgentId, Option<QueueGroup>),
}

impl HistorySubject {
    /// Whether a contribution counts here.
    pub(crate) fn includes(self, scope: Scope) -> bool {
        match (self, scope) {
            (Self::Queue(queue), Scope::Queue(of)) => queue.has(of),
            (Self::Queues, Scope::Queue(_)) => true,
            (Self::Agent(agent_id, queue), Scope::Agent(of, in_queue)) => {
                agent_id == of && queue.is_none_or(|queue| queue.has(in_queue))
            }
            _ => false,
        }
    }

    /// Whether an attempt may contribute here.
    pub(crate) fn means(self, rows: &Rows) -> bool {
        match self {
            Self::Queue(queue) => queue.has(rows.attempt.queue_id),
            Self::Queues => true,
            Self::Agent(..) => rows.offers.iter().any(|leg| self.is_of(leg)),
        }
    }

    /// Whether a leg is this agent's, in this queue or in any.
    pub(crate) fn is_of(self, leg: &OfferRow) -> bool {
        matches!(self, Self::Agent(agent_id, queue)
            if leg.agent_id == Some(agent_id) && queue.is_none_or(|queue| queue.has(leg.queue_id)))
    }
}
