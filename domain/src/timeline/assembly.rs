//! The timeline of an attempt, and how it is put together from the set of deliveries.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::attempt_state::AttemptState;
use super::ended_by::{EndEvidence, EndedBy};
use super::entry::TimelineEntry;
use super::gaps::{AGENT_CHANGED, TIME_OF_RECEIPT, agent_changed, gaps, rests_on_receipt};
use super::instants::Instants;
use super::lane::{Lane, PhaseKind};
use super::lapse::{Lapse, Lapses};
use super::leg_uses::{CHANNEL_IDS_CONTRADICT, LegUses};
use super::logged_delivery::LoggedDelivery;
use super::missed_by::{MissedBy, misses};
use super::observations::TimelineObservation;
use super::phases::lanes;
use super::refusals::TimelineRefusal;
use super::run_selection::RunSelection;
use crate::{AgentId, AttemptId, EventKind, QueueDefinition, QueueId, QueueType, Rule, UnixMillis};

/// What happened in an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// The type of its queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<QueueType>,
    /// Its queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<QueueId>,
    /// Its channel: `call`, `chat`, `task`, `im` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Where it stands.
    pub state: AttemptState,
    /// The result stated at Leaving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// When the subscriber joined: by event, else as carried by later events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<UnixMillis>,
    /// When agent and subscriber were first connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridged_at: Option<UnixMillis>,
    /// When the subscriber left the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<UnixMillis>,
    /// From joining to the first talk, else to leaving; absent when not known or not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// From the first talk to the Missed that ended it, else to after-call work, else to leaving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk_ms: Option<u64>,
    /// From the start of after-call work to leaving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_ms: Option<u64>,
    /// How far wait, talk and after-call work have come.
    #[serde(flatten)]
    pub lapses: Lapses,
    /// Who ended it; absent where the hooks do not tell, and while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<EndedBy>,
    /// Why the call was hung up, as last reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_cause: Option<String>,
    /// The SIP code as last reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_sip_code: Option<i64>,
    /// Offers missed because the agent did not answer.
    pub missed_by_agent: u32,
    /// Offers missed because the caller was gone.
    pub missed_by_caller: u32,
    /// Who was offered the attempt, in order, each once.
    pub offered_agents: Vec<AgentId>,
    /// Who was connected, in order, each once.
    pub answered_agents: Vec<AgentId>,
    /// What is missing or contradictory: gaps, `conflict`, and what other attempts show.
    pub flags: Vec<String>,
    /// Subscriber, queue, then each agent in order of appearance.
    pub lanes: Vec<Lane>,
    /// Every delivery, in time order.
    pub entries: Vec<TimelineEntry>,
    /// What else was reported, in time order. Nothing above follows from it.
    #[serde(default)]
    pub observations: Vec<TimelineObservation>,
    /// Refused deliveries that have no place among the entries, at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<TimelineRefusal>,
    /// Whether there are more of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_more_refusals: bool,
    /// How many refused deliveries name no event, and were not let in since.
    #[serde(skip)]
    pub refusals_without_event: usize,
}

/// Puts the timeline of an attempt together from every event that was delivered about it.
///
/// `now` decides whether an attempt without Leaving is overdue; `definition` is the queue's, when it is
/// known.
#[must_use]
pub fn build(
    attempt_id: AttemptId,
    delivered: Vec<LoggedDelivery>,
    definition: Option<&QueueDefinition>,
    now: UnixMillis,
) -> Timeline {
    let selection = RunSelection::of(delivered);
    let (queue_type, queue_id) = (selection.queue_type, selection.queue_id);
    let run: Vec<&LoggedDelivery> = selection.run().collect();
    let facts = Instants::of(&run, queue_type);
    let has_agents = queue_type.is_some_and(QueueType::has_agents);
    let aside: Vec<&LoggedDelivery> = selection.aside().collect();
    let lanes = lanes(&run, &aside, &facts, has_agents);
    let mut flags = gaps(&run, &facts, queue_type, definition, now);
    flags.extend(facts.ignored(&run, queue_type).into_iter().map(str::to_owned));
    if rests_on_receipt(&run) {
        flags.push(TIME_OF_RECEIPT.to_owned());
    }
    if agent_changed(&run) {
        flags.push(AGENT_CHANGED.to_owned());
    }
    if !aside.is_empty() {
        flags.push("conflict".to_owned());
    }
    if LegUses::of(&selection).contradict(&[]) {
        flags.push(CHANNEL_IDS_CONTRADICT.to_owned());
    }
    let ringing = lanes
        .iter()
        .flat_map(|lane| &lane.phases)
        .any(|phase| phase.kind == PhaseKind::Ring && phase.end.is_none());
    let leaving = run.iter().find(|one| one.event == EventKind::Leaving);
    let result = leaving.and_then(|leaving| leaving.details.cc_result.as_deref());
    let lapses = Lapses::of(&facts, definition);
    let missed = misses(&run, &facts, queue_type);
    Timeline {
        attempt_id,
        queue_type,
        queue_id,
        channel: run.iter().find_map(|one| one.details.channel.clone()),
        state: AttemptState::of(&run, &facts, ringing),
        result: result.map(str::to_owned),
        joined_at: facts.joined.map(|bound| bound.at),
        bridged_at: facts.bridged.map(|bound| bound.at),
        left_at: facts.left.map(|bound| bound.at),
        wait_ms: lapses.wait.ms(),
        talk_ms: lapses.talk.ms(),
        wrap_ms: lapses.wrap.ms(),
        lapses,
        ended_by: EndedBy::of(&EndEvidence {
            may_have_talked: lapses.talk != Lapse::None,
            ..EndEvidence::of(&run, &facts, queue_type, result)
        }),
        call_cause: run.iter().rev().find_map(|one| one.details.call_cause.clone()),
        call_sip_code: run.iter().rev().find_map(|one| one.details.call_sip_code),
        missed_by_agent: count(&missed, MissedBy::Agent),
        missed_by_caller: count(&missed, MissedBy::Caller),
        offered_agents: agents(&run, EventKind::Offering),
        answered_agents: agents(&run, EventKind::Bridged),
        flags,
        lanes: lanes.into_iter().filter(Lane::is_drawn).collect(),
        entries: entries(&selection, &missed),
        observations: Vec::new(),
        refusals: Vec::new(),
        has_more_refusals: false,
        refusals_without_event: 0,
    }
}

fn count(missed: &[Option<MissedBy>], by: MissedBy) -> u32 {
    u32::try_from(missed.iter().filter(|one| **one == Some(by)).count()).unwrap_or(u32::MAX)
}

/// Every delivery; `missed` has whose miss it is of each that counts, in order.
fn entries(selection: &RunSelection, missed: &[Option<MissedBy>]) -> Vec<TimelineEntry> {
    let mut missed = missed.iter();
    let all = selection.deliveries.iter().zip(&selection.set_aside);
    all.map(|(one, rule)| {
        let missed_by = if rule.is_none() { missed.next().copied().flatten() } else { None };
        TimelineEntry { missed_by, ..entry(one, *rule) }
    })
    .collect()
}

fn agents(run: &[&LoggedDelivery], kind: EventKind) -> Vec<AgentId> {
    let mut seen = HashSet::new();
    let named = run.iter().filter(|one| one.event == kind).filter_map(|one| one.details.agent_id);
    named.filter(|agent| seen.insert(*agent)).collect()
}

fn entry(one: &LoggedDelivery, set_aside_by: Option<Rule>) -> TimelineEntry {
    let mut flags = one.flags.clone();
    if set_aside_by.is_some() && !one.is_dismissed() {
        flags.push("conflict".to_owned());
    }
    TimelineEntry {
        id: one.id,
        position: one.position,
        event: one.event,
        occurred_at: one.occurred_at,
        recorded_at: one.recorded_at,
        arrival: one.arrival.clone(),
        counted: set_aside_by.is_none(),
        set_aside_by,
        corrects: None,
        agent_id: one.details.agent_id,
        cc_result: one.details.cc_result.clone(),
        call_cause: one.details.call_cause.clone(),
        call_sip_code: one.details.call_sip_code,
        missed_by: None,
        flags,
    }
}
