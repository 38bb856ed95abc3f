//! What the deliveries about one leg say of it.

use super::step::Step;
use super::step_fields::StepFields;
use crate::OfferRow;

/// Documented fields of one leg.
///
/// Once the call is hung up, a user's variables can show through the ids of its legs: the first report
/// counts. Of the agent the dialer says what is in force: there the last one does.
#[derive(Clone, Debug, Default)]
pub(super) struct LegFields {
    agent_name: Option<Box<str>>,
    user_id: Option<i64>,
    agent_extension: Option<Box<str>>,
    agent_channel_id: Option<Box<str>>,
    member_channel_id: Option<Box<str>>,
    use_processing: Option<bool>,
}

impl LegFields {
    /// Takes what the next delivery about the leg says, and the agent's leg of the call as far as it is that
    /// agent's.
    pub(super) fn take(&mut self, step: &Step, agent_channel_id: Option<&str>) {
        let StepFields { agent_name, user_id, agent_extension, use_processing, member_channel_id, .. } =
            &step.fields;
        replace(&mut self.agent_name, agent_name);
        replace(&mut self.user_id, user_id);
        replace(&mut self.agent_extension, agent_extension);
        replace(&mut self.use_processing, use_processing);
        if self.agent_channel_id.is_none() {
            self.agent_channel_id = agent_channel_id.map(Box::from);
        }
        keep(&mut self.member_channel_id, member_channel_id);
    }

    /// The row with these fields.
    pub(super) fn put_into(&self, row: OfferRow) -> OfferRow {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        OfferRow {
            agent_name: text(&self.agent_name),
            user_id: self.user_id,
            agent_extension: text(&self.agent_extension),
            agent_channel_id: text(&self.agent_channel_id),
            member_channel_id: text(&self.member_channel_id),
            use_processing: self.use_processing,
            ..row
        }
    }
}

fn replace<T: Clone>(known: &mut Option<T>, said: &Option<T>) {
    if said.is_some() {
        known.clone_from(said);
    }
}

fn keep<T: Clone>(known: &mut Option<T>, said: &Option<T>) {
    if known.is_none() {
        known.clone_from(said);
    }
}
