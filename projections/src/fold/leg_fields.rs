//! What the deliveries about one leg say of it.

use super::step::Step;
use super::step_fields::StepFields;
use crate::{OfferRow, Seconds};

/// Documented fields of one leg.
///
/// Once the call is hung up, a user's variables can show through the ids of its legs: the first report
/// counts. Of the agent and the call's seconds the dialer says what is in force: there the last one does.
#[derive(Clone, Debug, Default)]
pub(super) struct LegFields {
    agent_name: Option<Box<str>>,
    user_id: Option<i64>,
    agent_extension: Option<Box<str>>,
    agent_channel_id: Option<Box<str>>,
    member_channel_id: Option<Box<str>>,
    use_processing: Option<bool>,
    member_name: Option<Box<str>>,
    call_bill_sec: Option<Seconds>,
    call_duration: Option<Seconds>,
    call_voice_sec: Option<Seconds>,
}

impl LegFields {
    /// Takes what the next delivery about the leg says, and the agent's leg of the call as far as it is that
    /// agent's.
    pub(super) fn take(&mut self, step: &Step, agent_channel_id: Option<&str>) {
        let StepFields { agent_name, user_id, agent_extension, use_processing, .. } = &step.fields;
        let StepFields { member_name, member_channel_id, .. } = &step.fields;
        let StepFields { call_bill_sec, call_duration, call_voice_sec, .. } = &step.fields;
        replace(&mut self.agent_name, agent_name);
        replace(&mut self.user_id, user_id);
        replace(&mut self.agent_extension, agent_extension);
        replace(&mut self.use_processing, use_processing);
        replace(&mut self.call_bill_sec, call_bill_sec);
        replace(&mut self.call_duration, call_duration);
        replace(&mut self.call_voice_sec, call_voice_sec);
        if self.agent_channel_id.is_none() {
            self.agent_channel_id = agent_channel_id.map(Box::from);
        }
        keep(&mut self.member_channel_id, member_channel_id);
        keep(&mut self.member_name, member_name);
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
            member_name: text(&self.member_name),
            call_bill_sec: self.call_bill_sec,
            call_duration: self.call_duration,
            call_voice_sec: self.call_voice_sec,
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
