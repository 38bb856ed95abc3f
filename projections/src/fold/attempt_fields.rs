//! What the deliveries of a run say of the attempt beside its course.

use std::collections::BTreeMap;

use attempt_ledger_domain::AgentId;

use super::leg_owners::LegOwners;
use super::step::Step;
use super::step_fields::StepFields;
use crate::variables::Variables;

/// The agent that was named last, and what was reported last about that agent.
#[derive(Default)]
pub(super) struct LastAgent<'a> {
    pub(super) agent_id: Option<AgentId>,
    pub(super) agent_name: Option<&'a str>,
    pub(super) user_id: Option<i64>,
    pub(super) agent_extension: Option<&'a str>,
    pub(super) agent_channel_id: Option<&'a str>,
}

impl<'a> LastAgent<'a> {
    pub(super) fn of(run: &[&'a Step], owners: &LegOwners<'a>) -> Self {
        let agent_id = run.iter().rev().find_map(|step| step.fields.agent_id);
        let mut last = Self { agent_id, ..Self::default() };
        // What names no agent may be a user's variable of the same name.
        let is_meant = |step: &&&'a Step| agent_id.is_some() && step.fields.agent_id == agent_id;
        for step in run.iter().rev().filter(is_meant) {
            let StepFields { agent_name, user_id, agent_extension, .. } = &step.fields;
            last.agent_name = last.agent_name.or(agent_name.as_deref());
            last.user_id = last.user_id.or(*user_id);
            last.agent_extension = last.agent_extension.or(agent_extension.as_deref());
            last.agent_channel_id = last.agent_channel_id.or_else(|| owners.id_of(step, agent_id));
        }
        last
    }
}

/// Each variable as it was last reported; `None` where there are none, and where they are too long: what a
/// cut left over would not be what was reported last.
pub(super) fn variables(run: &[&Step]) -> Option<Variables> {
    if run.iter().any(|step| step.fields.has_long_variables) {
        return None;
    }
    let all = run.iter().flat_map(|step| &step.fields.variables);
    let last: BTreeMap<&str, &str> = all.map(|(name, text)| (&**name, &**text)).collect();
    let bytes = Variables::bytes(last.iter().map(|(name, text)| (*name, *text)));
    let owned = || last.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    (0 < bytes && bytes <= Variables::BYTES_MAX).then(|| Variables(owned()))
}
