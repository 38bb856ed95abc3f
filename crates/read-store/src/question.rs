//! What readers ask a store: which rows, in which order, and from where on.

use std::ops::Range;

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{AgentId, AttemptId, Position, QueueGroup, QueueId, QueueType, Rule, UnixMillis};
use attempt_ledger_projections::history::{Attribution, Measure};
use attempt_ledger_projections::{
    AttemptClass, FieldOwner, FieldQuestion, FieldValue, Gap, LinkKind, OfferOutcome, OfferRow, RefusalState,
};
use serde::{Deserialize, Serialize};

/// Which attempts are meant. Absent means any; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct AttemptFilter {
    /// The attempt.
    pub attempt_id: Option<AttemptId>,
    /// The queue, or what has none.
    pub queue_id: Option<QueueGroup>,
    /// The queue's type.
    pub queue_type: Option<QueueType>,
    /// An agent of one of its legs, or the one that its row shows.
    pub agent_id: Option<AgentId>,
    /// The member.
    pub member_id: Option<i64>,
    /// The exact destination.
    pub destination: Option<String>,
    /// The channel.
    pub channel: Option<String>,
    /// The exact `cc_result`.
    pub result: Option<String>,
    /// The state.
    pub state: Option<AttemptState>,
    /// The class.
    pub class: Option<AttemptClass>,
    /// A gap that it has.
    pub gap: Option<Gap>,
    /// Only attempts without Leaving that have been silent at this moment for longer than the deadline that
    /// their queue is defined with.
    pub never_left_at: Option<UnixMillis>,
    /// Whether deliveries contradict each other.
    pub has_conflict: Option<bool>,
    /// Whether a delivery came late.
    pub is_late: Option<bool>,
    /// `started_at` at or after.
    pub from: Option<UnixMillis>,
    /// `started_at` before.
    pub to: Option<UnixMillis>,
    /// Only attempts on which no record after this position bears.
    pub settled_at: Option<Position>,
    /// Only attempts on which a record after this position bears.
    pub changed_after: Option<Position>,
    /// Only attempts first heard of at or before this position.
    pub known_at: Option<Position>,
    /// Whose run overlaps this half-open time: `last_event_at` ≥ start, and `started_at` < end or else
    /// `bridged_at` < end, which a later event may carry from before the first one.
    pub active_in: Option<Range<UnixMillis>>,
    /// Documented fields and the values that they shall have.
    pub fields: Vec<FieldQuestion>,
    /// Variables that the queue declares, and their texts.
    pub variables: Vec<(String, String)>,
}

/// Which legs are meant. Absent means any; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct OfferFilter {
    /// The attempt.
    pub attempt_id: Option<AttemptId>,
    /// The agent.
    pub agent_id: Option<AgentId>,
    /// The queue, or what has none.
    pub queue_id: Option<QueueGroup>,
    /// How the leg ended.
    pub outcome: Option<OfferOutcome>,
    /// Overlaps this half-open time: `started_at` < end, and not ended before its start.
    pub overlaps: Option<Range<UnixMillis>>,
    /// Documented fields and the values that they shall have.
    pub fields: Vec<FieldQuestion>,
}

impl OfferFilter {
    /// Whether a leg is meant: what the store answers for its rows.
    #[must_use]
    pub fn means(&self, leg: &OfferRow) -> bool {
        self.attempt_id.is_none_or(|attempt_id| leg.attempt_id == attempt_id)
            && (self.agent_id.is_none() || self.agent_id == leg.agent_id)
            && self.queue_id.is_none_or(|queue| queue.has(leg.queue_id))
            && self.fields.iter().all(|asked| asked.means_leg(leg))
            && self.outcome.is_none_or(|outcome| leg.outcome == outcome)
            && self.overlaps.as_ref().is_none_or(|range| {
                leg.started_at < range.end && leg.ended_at.is_none_or(|ended_at| ended_at >= range.start)
            })
    }
}

/// The ids of legs among fields that are asked for: what links tell.
pub fn leg_ids(fields: &[FieldQuestion]) -> impl Iterator<Item = (LinkKind, &str)> {
    fields.iter().filter_map(|asked| match (asked.field().owner, &asked.value) {
        (FieldOwner::Link(kind), FieldValue::Text(id)) => Some((kind, id.as_str())),
        _ => None,
    })
}

/// Which agents are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AgentFilter {
    /// Last seen within this half-open time.
    pub seen_in: Option<Range<UnixMillis>>,
    /// Whose number is greater than this one's.
    pub after: Option<AgentId>,
}

/// An attempt without Leaving, as far as the board needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BoardEntry {
    /// Its queue.
    pub queue_id: Option<QueueId>,
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Where it stands.
    pub state: AttemptState,
    /// Joining where known, else the first event.
    pub started_at: UnixMillis,
    /// Whether that is the time of a receipt.
    pub is_start_untimed: bool,
    /// Its last event.
    pub last_event_at: UnixMillis,
}

/// Which refusals are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RefusalFilter {
    /// The rule.
    pub rule: Option<Rule>,
    /// What was decided.
    pub state: Option<RefusalState>,
    /// `recorded_at` at or after.
    pub from: Option<UnixMillis>,
    /// `recorded_at` before.
    pub to: Option<UnixMillis>,
}

/// The direction in which attempts and legs are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By `started_at`, then attempt, then leg, descending.
    #[default]
    NewestFirst,
    /// The same, ascending.
    OldestFirst,
}

/// Where a list goes on: strictly after this row in the list's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct After {
    /// The last row's `started_at`.
    pub started_at: UnixMillis,
    /// The last row's attempt.
    pub attempt_id: AttemptId,
    /// The last row's leg; 0 in lists of attempts.
    pub leg: u32,
}

/// Which intervals of a history are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryFilter {
    /// One queue, one agent (in all queues when the queue is `None`), or every queue or agent.
    pub scope: HistoryScope,
    /// By which attribution.
    pub attribution: Attribution,
    /// Half-open; both ends are multiples of the base interval.
    pub range: Range<UnixMillis>,
    /// The measures whose values are needed, not only their count and sum. Queue history only.
    pub values_of: Vec<Measure>,
    /// Whether the mix of results is needed. Queue history only.
    pub with_mix: bool,
}

/// Whose history is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryScope {
    /// One queue, or what has none.
    Queue(QueueGroup),
    /// Every queue.
    Queues,
    /// One agent, in one queue or in all.
    Agent(AgentId, Option<QueueGroup>),
    /// Every agent.
    Agents,
}
