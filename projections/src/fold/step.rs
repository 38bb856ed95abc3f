//! One delivery as the read models need it.

use attempt_ledger_domain::timeline::{LATE_AFTER_MS, Told};
use attempt_ledger_domain::{AgentId, EventKind, Payload, Position, QueueId, QueueType, UnixMillis, Value};

/// One delivery: its leaf's facts and the payload's fields that rows show.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The record's place in the log.
    pub position: Position,
    /// Which event it is.
    pub event: EventKind,
    /// The queue type that it was judged under.
    pub queue_type: Option<QueueType>,
    /// The queue that it names.
    pub queue_id: Option<QueueId>,
    /// When it happened.
    pub occurred_at: UnixMillis,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// What the payload says.
    pub said: Said,
}

/// The payload's fields that rows show; `None` when absent or not of the documented type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// `agent_id`.
    pub agent_id: Option<AgentId>,
    /// `agent_name`.
    pub agent_name: Option<Box<str>>,
    /// `joined_at` as carried.
    pub joined_at: Option<UnixMillis>,
    /// `bridged_at` as carried.
    pub bridged_at: Option<UnixMillis>,
    /// `channel`.
    pub channel: Option<Box<str>>,
    /// `destination`.
    pub destination: Option<Box<str>>,
    /// `member_id`.
    pub member_id: Option<i64>,
    /// `cc_attempt_seq`.
    pub attempt_seq: Option<i64>,
    /// `cc_result`.
    pub result: Option<Box<str>>,
    /// `call_cause`.
    pub call_cause: Option<Box<str>>,
    /// `call_sip_code`, where it is a whole number.
    pub call_sip_code: Option<i64>,
    /// `amd_result`.
    pub amd_result: Option<Box<str>>,
    /// `amd_ai_result`.
    pub amd_ai_result: Option<Box<str>>,
}

impl Said {
    /// Picks the fields out of a payload.
    #[must_use]
    pub fn of(payload: &Payload<'_>) -> Self {
        let mut said = Self::default();
        for (name, value) in payload.iter() {
            said.take(name, value);
        }
        said
    }

    fn take(&mut self, name: &str, value: &Value<'_>) {
        let text = || value.as_text().filter(|text| !text.is_empty()).map(|text| Box::from(text.as_ref()));
        let integer = || value.as_integer();
        match name {
            "agent_id" => self.agent_id = integer().map(AgentId),
            "agent_name" => self.agent_name = text(),
            "amd_ai_result" => self.amd_ai_result = text(),
            "amd_result" => self.amd_result = text(),
            "bridged_at" => self.bridged_at = integer().map(UnixMillis),
            "call_cause" => self.call_cause = text(),
            "call_sip_code" => self.call_sip_code = integer(),
            "cc_attempt_seq" => self.attempt_seq = integer(),
            "cc_result" => self.result = text(),
            "channel" => self.channel = text(),
            "destination" => self.destination = text(),
            "joined_at" => self.joined_at = integer().map(UnixMillis),
            "member_id" => self.member_id = integer(),
            _ => {}
        }
    }
}

impl Step {
    /// Where the step belongs in time order.
    pub(super) fn place(&self) -> (UnixMillis, u8) {
        (self.occurred_at, self.event.rank())
    }

    /// Whether it came more than a day after what it reports.
    pub(super) fn is_late(&self) -> bool {
        self.recorded_at.since(self.occurred_at) >= LATE_AFTER_MS
    }
}

impl Told for Step {
    fn event(&self) -> EventKind {
        self.event
    }

    fn occurred_at(&self) -> UnixMillis {
        self.occurred_at
    }

    fn recorded_at(&self) -> UnixMillis {
        self.recorded_at
    }

    fn agent_id(&self) -> Option<AgentId> {
        self.said.agent_id
    }

    fn joined_at(&self) -> Option<UnixMillis> {
        self.said.joined_at
    }

    fn bridged_at(&self) -> Option<UnixMillis> {
        self.said.bridged_at
    }
}
