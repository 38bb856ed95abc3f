//! One record of the log as the folds read it. Only what rows show is parsed.

use std::sync::Arc;

use attempt_ledger_domain::{
    AttemptId, EventKind, HookName, Observation, Payload, Position, QueueId, QueueType, Revision, Rule,
    SenderId, UnixMillis, write_canonical_payload,
};
use attempt_ledger_projections::fold::{ObservationStep, Step, StepFields};
use attempt_ledger_projections::{AgentRow, HookRow, LinkRow, QueueRow, RefusalRow, RefusalState};
use serde::Deserialize;
use uuid::Uuid;

use crate::fact_opening::FactOpening;
use crate::observation_step::observation_step;
use attempt_ledger_log::StoredRecord;
use attempt_ledger_log::record::{FORMAT_VERSION, Opening, RecordKind, Verdict};

/// One record.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Its place in the log.
    pub position: Position,
    /// The record.
    pub id: Uuid,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// What it is.
    pub kind: FactKind,
    /// The ids that it names, of a delivery about an attempt.
    pub links: Vec<LinkRow>,
    /// The hook that it came from, of a delivery whose queue, queue type and event are known.
    pub hook: Option<HookRow>,
}

/// What a record is.
#[derive(Clone, Debug)]
pub enum FactKind {
    /// An event of an attempt.
    Event {
        /// The attempt.
        attempt_id: AttemptId,
        /// Its place within the attempt.
        revision: Revision,
        /// The event.
        step: Arc<Step>,
    },
    /// An observation.
    Observation {
        /// The attempt, where it names one.
        attempt_id: Option<AttemptId>,
        /// The observation.
        step: ObservationStep,
    },
    /// A delivery that a rule refused.
    Refusal {
        /// The refusal.
        row: RefusalRow,
        /// The agent that the delivery names, as far as it can be read.
        agent: Option<AgentRow>,
    },
    /// A settlement: a decision about a refusal.
    Settlement {
        /// The refusal.
        refusal_id: Uuid,
        /// The attempt that the refused delivery names.
        attempt_id: Option<AttemptId>,
        /// What was decided.
        state: RefusalState,
    },
    /// A queue's definition.
    Definition(QueueRow),
}

/// A record that this program cannot read.
#[derive(Clone, Debug)]
pub struct UnreadableRecord {
    /// Its place in the log.
    pub position: Position,
    /// The record, when at least that much can be read.
    pub id: Uuid,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
struct LeafFields<'a> {
    #[serde(borrow, default)]
    attempt_id: Option<&'a str>,
    #[serde(default)]
    event: Option<EventKind>,
    id: Uuid,
    kind: RecordKind,
    #[serde(default)]
    observation: Option<Observation>,
    #[serde(default)]
    occurred_at: Option<UnixMillis>,
    #[serde(borrow, default)]
    queue_id: Option<&'a str>,
    #[serde(default)]
    queue_type: Option<QueueType>,
    recorded_at: UnixMillis,
    #[serde(default)]
    revision: Option<Revision>,
    #[serde(default)]
    rule: Option<Rule>,
    #[serde(default)]
    settles: Option<Uuid>,
    v: u32,
    #[serde(default)]
    verdict: Option<Verdict>,
}

impl Fact {
    /// Reads a stored record.
    ///
    /// # Errors
    /// [`UnreadableRecord`] for a record of a later format, or one that this program does not write.
    pub fn read(stored: &StoredRecord) -> Result<Self, UnreadableRecord> {
        let mut id = Uuid::nil();
        let mut read = || -> Result<Self, String> {
            let leaf: LeafFields<'_> = parse(&stored.leaf)?;
            id = leaf.id;
            if leaf.v > FORMAT_VERSION {
                return Err(format!(
                    "it has format version {}, this program reads up to {FORMAT_VERSION}",
                    leaf.v
                ));
            }
            let (kind, links) = match leaf.kind {
                RecordKind::Event => event(&leaf, stored)?,
                RecordKind::Observation => (observation(&leaf, stored)?, Vec::new()),
                RecordKind::Refusal => refusal(&leaf, stored)?,
                RecordKind::Queue => (definition(&leaf, stored)?, Vec::new()),
            };
            let (position, recorded_at) = (stored.position, leaf.recorded_at);
            Ok(Self { position, id: leaf.id, recorded_at, kind, links, hook: hook(&leaf)? })
        };
        read().map_err(|reason| UnreadableRecord { position: stored.position, id, reason })
    }

    /// The attempt that the record bears on.
    #[must_use]
    pub fn attempt_id(&self) -> Option<AttemptId> {
        match &self.kind {
            FactKind::Event { attempt_id, .. } => Some(*attempt_id),
            FactKind::Observation { attempt_id, .. } => *attempt_id,
            FactKind::Refusal { row, .. } => row.attempt_id,
            FactKind::Settlement { attempt_id, .. } => *attempt_id,
            FactKind::Definition(_) => None,
        }
    }
}

fn number<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, String>
where
    T::Err: std::fmt::Display,
{
    text.map(|text| text.parse().map_err(|error| format!("{text:?}: {error}"))).transpose()
}

fn lacks(what: &str) -> String {
    format!("it has no {what}")
}

/// What a record is, and the ids that it names.
type FactParts = (FactKind, Vec<LinkRow>);

fn event(leaf: &LeafFields<'_>, stored: &StoredRecord) -> Result<FactParts, String> {
    let mut known = parse::<FactOpening<'_>>(&stored.opening)?;
    let mut fields = match known.payload.take() {
        Some(fields) => fields,
        None => {
            let opening = Opening::parse(&stored.opening).map_err(|error| error.to_string())?;
            step_fields(&opening)?
        }
    };
    let occurred_at = leaf.occurred_at.ok_or_else(|| lacks("time"))?;
    let has_stated_time = fields.take_envelope_time(known.envelope_time(), occurred_at);
    let attempt_id = number(leaf.attempt_id)?.ok_or_else(|| lacks("attempt"))?;
    let links = links(attempt_id, stored.position, known.sender_id(), Some(&fields));
    let step = Arc::new(Step {
        position: stored.position,
        event: leaf.event.ok_or_else(|| lacks("event"))?,
        queue_type: leaf.queue_type,
        queue_id: number::<QueueId>(leaf.queue_id)?,
        occurred_at,
        has_stated_time,
        recorded_at: leaf.recorded_at,
        fields,
    });
    let revision = leaf.revision.ok_or_else(|| lacks("revision"))?;
    Ok((FactKind::Event { attempt_id, revision, step }, links))
}

fn observation(leaf: &LeafFields<'_>, stored: &StoredRecord) -> Result<FactKind, String> {
    let opening = Opening::parse(&stored.opening).map_err(|error| error.to_string())?;
    let observation = leaf.observation.ok_or_else(|| lacks("observation"))?;
    let occurred_at = leaf.occurred_at.ok_or_else(|| lacks("time"))?;
    let queue = (leaf.queue_type, number(leaf.queue_id)?);
    let step =
        observation_step(stored.position, observation, occurred_at, leaf.recorded_at, queue, &opening)?;
    Ok(FactKind::Observation { attempt_id: number(leaf.attempt_id)?, step })
}

fn links(
    attempt_id: AttemptId,
    position: Position,
    sender_id: Option<SenderId>,
    fields: Option<&StepFields>,
) -> Vec<LinkRow> {
    let leg = |read: fn(&StepFields) -> Option<&str>| fields.and_then(read);
    let legs =
        [leg(|fields| fields.member_channel_id.as_deref()), leg(|fields| fields.agent_channel_id.as_deref())];
    LinkRow::of_delivery(attempt_id, position, sender_id, legs)
}

/// The hook that a delivery came from; nothing for decisions and definitions.
fn hook(leaf: &LeafFields<'_>) -> Result<Option<HookRow>, String> {
    let observation = leaf.observation.map(HookName::Observation);
    let (Some(queue_id), Some(queue_type), Some(event)) = (
        number::<QueueId>(leaf.queue_id)?,
        leaf.queue_type,
        observation.or_else(|| leaf.event.map(HookName::Event)),
    ) else {
        return Ok(None);
    };
    let refusals = i64::from(leaf.rule.is_some());
    let last_recorded_at = leaf.recorded_at;
    Ok(Some(HookRow { queue_id, queue_type, event, deliveries: 1 - refusals, refusals, last_recorded_at }))
}

/// The fields of a payload that rows show.
pub(crate) fn step_fields(opening: &Opening<'_>) -> Result<StepFields, String> {
    let bytes = opening.payload.as_bytes();
    // Nearly every payload is JSON that any parser reads; every other one is read as the guard read it.
    parse(bytes).or_else(|_: String| {
        let payload = Payload::read(&opening.address, bytes).map_err(|fault| fault.to_string())?;
        let mut json = Vec::with_capacity(bytes.len());
        write_canonical_payload(&payload, &mut json);
        parse(&json)
    })
}

/// Reads JSON. All bytes are checked for UTF-8 at once, where the parser would check each string.
fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, String> {
    let text = std::str::from_utf8(json).map_err(|error| error.to_string())?;
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn refusal(leaf: &LeafFields<'_>, stored: &StoredRecord) -> Result<FactParts, String> {
    let attempt_id = number(leaf.attempt_id)?;
    if let Some(refusal_id) = leaf.settles {
        let state = match leaf.verdict.ok_or_else(|| lacks("verdict"))? {
            Verdict::Replayed => RefusalState::Replayed,
            Verdict::Dismissed => RefusalState::Dismissed,
        };
        return Ok((FactKind::Settlement { refusal_id, attempt_id, state }, Vec::new()));
    }
    let row = RefusalRow {
        refusal_id: leaf.id,
        position: stored.position,
        recorded_at: leaf.recorded_at,
        rule: leaf.rule.ok_or_else(|| lacks("rule"))?,
        attempt_id,
        event: leaf.event,
        queue_id: number(leaf.queue_id)?,
        state: RefusalState::Open,
        settled_at: None,
    };
    let opening = Opening::parse(&stored.opening).map_err(|error| error.to_string())?;
    let fields = attempt_id.and_then(|_| step_fields(&opening).ok());
    let sender_id = opening.address.sender_id();
    let links = attempt_id.map(|attempt_id| links(attempt_id, row.position, sender_id, fields.as_ref()));
    let agent = fields.filter(|_| leaf.event.is_some()).and_then(|fields| agent(&fields, leaf.occurred_at?));
    Ok((FactKind::Refusal { row, agent }, links.unwrap_or_default()))
}

/// The agent that a delivery names.
pub(crate) fn agent(fields: &StepFields, occurred_at: UnixMillis) -> Option<AgentRow> {
    let agent_name = fields.agent_name.as_deref().map(str::to_owned);
    fields.agent_id.map(|agent_id| AgentRow { agent_id, agent_name, last_seen_at: occurred_at })
}

fn definition(leaf: &LeafFields<'_>, stored: &StoredRecord) -> Result<FactKind, String> {
    let opening = Opening::parse(&stored.opening).map_err(|error| error.to_string())?;
    let definition = serde_json::from_slice(opening.payload.as_bytes()).map_err(|error| error.to_string())?;
    Ok(FactKind::Definition(QueueRow {
        definition,
        revision: leaf.revision.ok_or_else(|| lacks("revision"))?,
        position: stored.position,
    }))
}
