//! What a payload says, as far as timelines use it.

use crate::{AgentId, CoarseTime, Payload, StatedTime, Value};

/// Documented and carried fields; `None` when absent or not of the documented type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// `agent_id`.
    pub agent_id: Option<AgentId>,
    /// `agent_name`.
    pub agent_name: Option<String>,
    /// `agent_channel_id`: the agent's leg.
    pub agent_channel_id: Option<String>,
    /// `member_channel_id`: the subscriber's leg.
    pub member_channel_id: Option<String>,
    /// `member_id`.
    pub member_id: Option<i64>,
    /// `channel`.
    pub channel: Option<String>,
    /// `cc_result`.
    pub cc_result: Option<String>,
    /// `call_cause`.
    pub call_cause: Option<String>,
    /// `call_sip_code`.
    pub call_sip_code: Option<i64>,
    /// `joined_at` as carried.
    pub joined_at: Option<CoarseTime>,
    /// `bridged_at` as carried: the first bridge.
    pub bridged_at: Option<CoarseTime>,
    /// When it happened, by the body; the one who takes an envelope's time for it puts that here.
    pub timestamp: Option<CoarseTime>,
}

impl Details {
    /// The agent alone: the place of a delivery in time depends on it.
    #[must_use]
    pub fn of_agent(payload: &Payload<'_>) -> Self {
        let agent_id = payload.get("agent_id").and_then(Value::as_integer).map(AgentId);
        Self { agent_id, ..Self::default() }
    }

    /// Picks the fields out of a payload.
    #[must_use]
    pub fn of(payload: &Payload<'_>) -> Self {
        let text = |name| payload.get(name).and_then(Value::as_text).map(std::borrow::Cow::into_owned);
        let time = |name| payload.get(name).and_then(StatedTime::of).map(StatedTime::coarse);
        Self {
            agent_id: Self::of_agent(payload).agent_id,
            agent_name: text("agent_name"),
            agent_channel_id: text("agent_channel_id"),
            member_channel_id: text("member_channel_id"),
            member_id: payload.get("member_id").and_then(Value::as_integer),
            channel: text("channel"),
            cc_result: text("cc_result"),
            call_cause: text("call_cause"),
            call_sip_code: payload.get("call_sip_code").and_then(Value::as_whole_number),
            joined_at: time("joined_at"),
            bridged_at: time("bridged_at"),
            timestamp: time("timestamp"),
        }
    }
}
