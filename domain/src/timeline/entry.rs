//! One delivery in its place in a timeline.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::delivery_outcome::DeliveryOutcome;
use super::missed_by::MissedBy;
use crate::{AgentId, EventKind, Position, Rule, UnixMillis};

/// One delivery in its place in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// The record's id; for refusals, the refusal's id.
    pub id: Uuid,
    /// The record's place in the log.
    pub position: Position,
    /// The event.
    pub event: EventKind,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// What became of it on arrival.
    #[serde(flatten)]
    pub arrival: DeliveryOutcome,
    /// Whether it is part of the run that the timeline follows.
    pub counted: bool,
    /// The rule that sets it aside, when it is not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside_by: Option<Rule>,
    /// The refusal that it corrects, where an operator sent it in the place of a refused delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Uuid>,
    /// The agent that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// The result that it states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cc_result: Option<String>,
    /// Why the call was hung up, as it states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_cause: Option<String>,
    /// The SIP code that it states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_sip_code: Option<i64>,
    /// Who missed the offer, where it misses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_by: Option<MissedBy>,
    /// What is odd about it.
    pub flags: Vec<String>,
}
