//! From the set of deliveries to the story.

use std::collections::BTreeMap;

use super::gaps::gaps;
use super::phases::{Facts, lanes};
use super::{Arrival, AttemptState, Delivered, Entry, LaneOwner, PhaseKind, Timeline};
use crate::delivery::plausible;
use crate::lifecycle::{check_run, event_exists, longest_run};
use crate::{AgentId, AttemptId, EventKind, QueueDefinition, QueueId, QueueType, Rule, UnixMillis};

/// Tells the story of an attempt from everything that was delivered about it.
///
/// `now` decides whether an attempt without Leaving is overdue; `definition` is the queue's, when it is known.
#[must_use]
pub fn build(
    attempt_id: AttemptId,
    mut delivered: Vec<Delivered>,
    definition: Option<&QueueDefinition>,
    now: UnixMillis,
) -> Timeline {
    collapse_repetitions(&mut delivered);
    delivered.sort_by_key(|one| (one.occurred_at, one.event.rank(), one.content, one.position));
    let queue_type = commonest(delivered.iter().filter_map(|one| one.queue_type));
    let queue_id = commonest(delivered.iter().filter_map(|one| one.queue_id));
    let standing = judge_set(&delivered, queue_type, queue_id);
    let run: Vec<&Delivered> = delivered
        .iter()
        .zip(&standing)
        .filter(|(_, set_aside)| set_aside.is_none())
        .map(|(one, _)| one)
        .collect();
    let facts = Facts::of(&run, queue_type);
    let aside: Vec<&Delivered> = delivered
        .iter()
        .zip(&standing)
        .filter(|(one, set_aside)| set_aside.is_some() && !is_dismissed(one))
        .map(|(one, _)| one)
        .collect();
    let lanes = lanes(&run, &aside, &facts);
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
        state: state(&run, ringing),
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
        entries: delivered.iter().zip(standing).map(|(one, rule)| entry(one, rule)).collect(),
    }
}

/// The subscriber's and the queue's lanes are always drawn, an agent's only when something happened in it.
fn keeps(owner: &LaneOwner, phases: &[super::Phase]) -> bool {
    !matches!(owner, LaneOwner::Agent { .. }) || !phases.is_empty()
}

/// A refused delivery that equals a recorded one, or another refused one, is the same delivery told twice.
fn collapse_repetitions(delivered: &mut Vec<Delivered>) {
    delivered.sort_by_key(|one| (matches!(one.arrival, Arrival::Refused { .. }), one.position));
    let mut kept: Vec<Delivered> = Vec::with_capacity(delivered.len());
    for one in delivered.drain(..) {
        let repeats = matches!(one.arrival, Arrival::Refused { .. })
            && kept.iter().any(|known| known.content == one.content && known.sender_id == one.sender_id);
        if !repeats {
            kept.push(one);
        }
    }
    *delivered = kept;
}

/// For each delivery in time order, the rule that sets it aside, or `None` when it counts.
fn judge_set(
    delivered: &[Delivered],
    queue_type: Option<QueueType>,
    queue_id: Option<QueueId>,
) -> Vec<Option<Rule>> {
    let Some(queue_type) = queue_type else {
        return vec![Some(Rule::UnknownQueueType); delivered.len()];
    };
    let mut standing: Vec<Option<Rule>> =
        delivered.iter().map(|one| rule_out(one, queue_type, queue_id)).collect();
    let candidates: Vec<usize> = (0..delivered.len()).filter(|index| standing[*index].is_none()).collect();
    let kinds: Vec<EventKind> = candidates.iter().map(|index| delivered[*index].event).collect();
    let chosen = longest_run(queue_type, &kinds);
    for (place, index) in candidates.iter().enumerate() {
        if !chosen.contains(&place) {
            standing[*index] = Some(rule_against(queue_type, &kinds, &chosen, place));
        }
    }
    standing
}

/// The rule that sets a delivery aside whatever the others say.
fn rule_out(one: &Delivered, queue_type: QueueType, queue_id: Option<QueueId>) -> Option<Rule> {
    if let Arrival::Refused { rule, dismissed: true } = one.arrival {
        return Some(rule);
    }
    if one.queue_type.is_some_and(|stated| stated != queue_type)
        || one.queue_id.is_some_and(|named| Some(named) != queue_id)
    {
        // What the queue type that it states forbids is refused for that, not for the difference.
        let own = one.queue_type.unwrap_or(queue_type);
        return Some(event_exists(own, one.event).err().unwrap_or(Rule::QueueChanged));
    }
    event_exists(queue_type, one.event).err()
}

/// The rule that the chosen run with this one event more would break.
fn rule_against(queue_type: QueueType, kinds: &[EventKind], chosen: &[usize], place: usize) -> Rule {
    let split = chosen.partition_point(|index| *index < place);
    let with_it = chosen[..split].iter().chain([&place]).chain(&chosen[split..]);
    check_run(queue_type, with_it.map(|index| kinds[*index]))
        .err()
        .map_or(Rule::NotAfterLeaving, |(_, rule)| rule)
}

/// The most frequent value; among equally frequent ones, the smallest.
pub(super) fn commonest<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut best: Option<(T, usize)> = None;
    for (value, count) in counts {
        if best.is_none_or(|(_, most)| count > most) {
            best = Some((value, count));
        }
    }
    best.map(|(value, _)| value)
}

/// The carried instant that most deliveries agree on.
pub(super) fn carried(
    run: &[&Delivered],
    read: impl Fn(&Delivered) -> Option<UnixMillis>,
) -> Option<UnixMillis> {
    commonest(run.iter().filter_map(|one| read(one).filter(|at| plausible(*at, one.recorded_at))))
}

fn state(run: &[&Delivered], ringing: bool) -> AttemptState {
    use EventKind as Kind;
    match run.last().map(|one| one.event) {
        None => AttemptState::Unknown,
        Some(Kind::Leaving) => AttemptState::Left,
        Some(Kind::Processing) => AttemptState::WrapUp,
        Some(Kind::Bridged) => AttemptState::Talking,
        Some(Kind::Answered | Kind::Active) => AttemptState::Answered,
        Some(Kind::Joined | Kind::Offering | Kind::Missed) if ringing => AttemptState::Ringing,
        Some(Kind::Joined | Kind::Offering | Kind::Missed) => AttemptState::Waiting,
    }
}

fn agents(run: &[&Delivered], kind: EventKind) -> Vec<AgentId> {
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

fn is_dismissed(one: &Delivered) -> bool {
    matches!(one.arrival, Arrival::Refused { dismissed: true, .. })
}

fn entry(one: &Delivered, set_aside_by: Option<Rule>) -> Entry {
    let mut flags = one.flags.clone();
    if set_aside_by.is_some() && !is_dismissed(one) {
        flags.push("conflict".to_owned());
    }
    Entry {
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
