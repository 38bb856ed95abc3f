//! Whose leg of the call an `agent_channel_id` is.

use std::collections::BTreeMap;

use attempt_ledger_domain::{AgentId, QueueType};

use super::step::Step;

/// The agents' ids in a run, each with the agent that it was first reported with.
///
/// When an agent hands a talk over, no event says so, and most dialers go on with the first agent's id beside
/// the new agent's name.
pub(super) struct LegOwners<'a>(BTreeMap<&'a str, AgentId>);

impl<'a> LegOwners<'a> {
    pub(super) fn of(run: &[&'a Step], queue_type: Option<QueueType>) -> Self {
        let mut owners = BTreeMap::new();
        // The agents of a chat have no legs of their own: the id is that of the conversation's session.
        if queue_type == Some(QueueType::ChatInboundQueue) || has_one_agent(run) {
            return Self(owners);
        }
        for step in run {
            if let (Some(id), Some(agent)) = (&step.fields.agent_channel_id, step.fields.agent_id) {
                owners.entry(&**id).or_insert(agent);
            }
        }
        Self(owners)
    }

    /// The id that a step reports, where it can be that of this agent's leg.
    pub(super) fn id_of(&self, step: &'a Step, agent: Option<AgentId>) -> Option<&'a str> {
        let id = step.fields.agent_channel_id.as_deref()?;
        let is_of_other = agent.is_some() && self.0.get(id).is_some_and(|owner| Some(*owner) != agent);
        (!is_of_other).then_some(id)
    }
}

/// Whether no two agents are named, as in nearly every run.
fn has_one_agent(run: &[&Step]) -> bool {
    let mut agents = run.iter().filter_map(|step| step.fields.agent_id);
    let first = agents.next();
    agents.all(|agent| Some(agent) == first)
}
