//! The ids that paths name.

use attempt_ledger_domain::{AgentId, AttemptId, QueueGroup, QueueGroupUnreadable, QueueId};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use uuid::Uuid;

use super::parameter::{QUEUE_GROUP, invalid, whole_number};
use crate::http::problem::Problem;

/// The one part of a path that is not fixed.
pub type IdPath = Result<Path<String>, PathRejection>;

/// The attempt that a path names.
pub fn attempt_id(path: IdPath) -> Result<AttemptId, Problem> {
    let Path(text) = path?;
    whole_number("attempt_id", &text).map(AttemptId)
}

/// The agent that a path names.
pub fn agent_id(path: IdPath) -> Result<AgentId, Problem> {
    let Path(text) = path?;
    whole_number("agent_id", &text).map(AgentId)
}

/// The queue that a path names.
pub fn queue_id(path: IdPath) -> Result<QueueId, Problem> {
    let Path(text) = path?;
    let unknown = || invalid("queue_id", "it is the number that stands for no queue");
    whole_number("queue_id", &text).and_then(|number| QueueId::of(number).ok_or_else(unknown))
}

/// The queue that a path names, or `none`.
pub fn queue_group(path: IdPath) -> Result<QueueGroup, Problem> {
    let Path(text) = path?;
    text.parse().map_err(|QueueGroupUnreadable| invalid("queue_id", QUEUE_GROUP))
}

/// The refusal that a path names.
pub fn refusal_id(path: IdPath) -> Result<Uuid, Problem> {
    let Path(text) = path?;
    Uuid::parse_str(&text).map_err(|_| invalid("refusal_id", "it must be a UUID"))
}
