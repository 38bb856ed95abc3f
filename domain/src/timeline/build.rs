//! From the set of deliveries to the story.

use super::gaps::gaps;
use super::instants::Instants;
use super::phases::lanes;
use super::standing::RunSelection;
use super::{AttemptState, LaneOwner, LoggedDelivery, PhaseKind, Timeline, TimelineEntry};
use crate::{AgentId, AttemptId, EventKind, QueueDefinition, QueueType, Rule, UnixMillis};

/// Tells the story of an attempt from everything that was delivered about it.
///
/// `now` decides whether an attempt without Leaving is overdue; `definition` is the queue's, when it is known.
#[must_use]
pub fn build(
    attempt_id: AttemptId,
    delivered: Vec<LoggedDelivery>,
    definition: Option<&QueueDefinition>,
    now: UnixMillis,
) -> Timeline {
    let standing = RunSelection::of(delivered);
    let (queue_type, queue_id) = (standing.queue_type, standing.queue_id);
    let run: Vec<&LoggedDelivery> = standing.run().collect();
    let facts = Instants::of(&run);
    let has_agents = queue_type.is_some_and(QueueType::has_agents);
    let aside: Vec<&LoggedDelivery> = standing.aside().collect();
    let lanes = lanes(&run, &aside, &facts, has_agents);
    let mut flags = gaps(&run, &facts, queue_type, definition, now);
    if !aside.is_empty() {
        flags.push("conflict".to_owned());
    }
    if contradicts(run.iter().map(|one| one.details.member_channel_id.as_deref())) {
        flags.push("channel_ids_contradict".to_owned());
    }
    let ringing = lanes
        .iter()
        .flat_map(|lane| &lane.phases)
        .any(|phase| phase.kind == PhaseKind::Ring && phase.end.is_none());
    Timeline {
        attempt_id,
        queue_type,
        queue_id,
        channel: run.iter().find_map(|one| one.details.channel.clone()),
        state: AttemptState::of(run.last().map(|one| one.event), ringing),
        result: run
            .iter()
            .find(|one| one.event == EventKind::Leaving)
            .and_then(|leaving| leaving.details.cc_result.clone()),
        joined_at: facts.joined.map(|bound| bound.at),
        bridged_at: facts.bridged.map(|bound| bound.at),
        left_at: facts.left,
        wait_ms: facts.wait_ms(),
        talk_ms: facts.talk_ms(),
        wrap_ms: facts.wrap_ms(),
        missed: u32::try_from(run.iter().filter(|one| one.event == EventKind::Missed).count())
            .unwrap_or(u32::MAX),
        offered_agents: agents(&run, EventKind::Offering),
        answered_agents: agents(&run, EventKind::Bridged),
        flags,
        lanes: lanes.into_iter().filter(|lane| keeps(&lane.owner, &lane.phases)).collect(),
        entries: standing
            .delivered
            .iter()
            .zip(&standing.set_aside)
            .map(|(one, rule)| entry(one, *rule))
            .collect(),
    }
}

/// The subscriber's and the queue's lanes are always drawn, an agent's only when something happened in it.
fn keeps(owner: &LaneOwner, phases: &[super::Phase]) -> bool {
    !matches!(owner, LaneOwner::Agent { .. }) || !phases.is_empty()
}

fn agents(run: &[&LoggedDelivery], kind: EventKind) -> Vec<AgentId> {
    let mut agents = Vec::new();
    for agent in run.iter().filter(|one| one.event == kind).filter_map(|one| one.details.agent_id) {
        if !agents.contains(&agent) {
            agents.push(agent);
        }
    }
    agents
}

fn contradicts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> bool {
    let mut values = values.flatten();
    let first = values.next();
    values.any(|value| Some(value) != first)
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
        agent_id: one.details.agent_id,
        cc_result: one.details.cc_result.clone(),
        flags,
    }
}
