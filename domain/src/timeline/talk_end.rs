//! Which Missed ends a talk.

use super::run_step::RunStep;
use crate::{AgentId, EventKind};

/// The Missed that ended the talk: it comes after a connection and names nobody, or who was connected last.
/// `carried` is the agent of a connection that no event reports, and the index before which it stands.
pub(super) fn talk_missed<'a, T: RunStep>(
    run: &[&'a T],
    carried: Option<(usize, Option<AgentId>)>,
) -> Option<&'a T> {
    let last = run.iter().rposition(|step| step.event() == EventKind::Missed)?;
    let (before, missed) = (&run[..last], run[last]);
    let reported = before.iter().rev().find(|step| step.event() == EventKind::Bridged);
    let carried = carried.filter(|(index, _)| *index <= last);
    let talks = reported.map(|step| step.agent_id()).or(carried.map(|(_, agent)| agent))?;
    (missed.agent_id().is_none() || missed.agent_id() == talks).then_some(missed)
}
