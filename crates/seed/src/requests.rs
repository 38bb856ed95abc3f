//! How a story's steps reach us: delays, losses, repetitions, and events that no lifecycle has.

use attempt_ledger_domain::{EventKind, HookName, Observation, QueueType};

use super::chance::{Chance, Spread};
use super::damage::Damage;
use super::options::Scenario;
use super::queue::Plot;
use super::story::{Story, StoryStep};

/// One request to be made.
#[derive(Clone, Copy)]
pub(super) struct Request {
    pub(super) at: i64,
    /// The place of the step in the story.
    pub(super) step: usize,
    pub(super) damage: Option<Damage>,
}

/// How often things go wrong, of 10,000.
struct Mishaps {
    broken: u64,
    lost: u64,
    repeated: u64,
    held_up: u64,
    late: u64,
    double_leaving: u64,
}

const NORMAL: Mishaps =
    Mishaps { broken: 30, lost: 40, repeated: 50, held_up: 150, late: 10, double_leaving: 15 };
const BROKEN: Mishaps = Mishaps { broken: 2_000, ..NORMAL };

/// Plans every request of a story, in the order of arrival. Never none: each attempt sends at least one.
pub(super) fn plan(story: &mut Story, scenario: Scenario, chance: &mut Chance) -> Vec<Request> {
    let mut requests = plan_events(story, scenario, chance);
    observe_waiting(story, &mut requests);
    requests
}

/// Adds the hook that a member who answered waits for an agent. It draws no chance, so that everything else
/// is the same with and without it; and it is never behind what comes next.
fn observe_waiting(story: &mut Story, requests: &mut Vec<Request>) {
    const LATENCY_MS: i64 = 11;
    let Some(at) = story.waits_from else { return };
    let first = requests.first().map_or(i64::MAX, |first| first.at);
    requests.insert(0, Request { at: first.min(at + LATENCY_MS), step: story.steps.len(), damage: None });
    story.steps.push(StoryStep {
        at,
        hook: Observation::WaitAgent.into(),
        state: Observation::WaitAgent.name(),
        agent: None,
        agent_leg: None,
        result: "",
        stop_cause: "",
    });
}

fn plan_events(story: &mut Story, scenario: Scenario, chance: &mut Chance) -> Vec<Request> {
    let mishaps = match scenario {
        Scenario::Clean => return in_order(story, chance),
        Scenario::Normal => &NORMAL,
        Scenario::Broken => &BROKEN,
    };
    if story.queue.processing_ms > 0 && chance.happens(mishaps.double_leaving) {
        leave_twice(story, 9, "timeout");
    }
    let lawful = story.steps.len();
    let mut intact = lawful;
    let mut requests = Vec::with_capacity(lawful + 2);
    for step in 0..lawful {
        let at = story.steps[step].at + delay_ms(mishaps, chance);
        if intact > 1 && chance.happens(mishaps.lost) {
            intact -= 1;
            continue;
        }
        if chance.happens(mishaps.repeated) {
            // The same bytes again: a schema that retries.
            requests.push(Request { at: at + chance.between(1_000, 3_000), step, damage: None });
        }
        let mut damage = None;
        if chance.happens(mishaps.broken) {
            if chance.happens(3_000) && break_a_rule(story, step, chance) {
                let step = story.steps.len() - 1;
                let at = story.steps[step].at + delay_ms(mishaps, chance);
                requests.push(Request { at, step, damage: None });
            } else {
                damage = Some(chance.pick(&Damage::ALL));
            }
        }
        if damage.is_some_and(Damage::loses_the_attempt) {
            if intact > 1 {
                intact -= 1;
            } else {
                requests.push(Request { at, step, damage: None });
            }
        }
        requests.push(Request { at, step, damage });
    }
    requests.sort_by_key(|request| (request.at, request.step));
    requests
}

fn in_order(story: &Story, chance: &mut Chance) -> Vec<Request> {
    let mut earliest = i64::MIN;
    let request = |(step, reported): (usize, &StoryStep)| {
        earliest = earliest.max(reported.at + latency_ms(chance));
        Request { at: earliest, step, damage: None }
    };
    story.steps.iter().enumerate().map(request).collect()
}

fn latency_ms(chance: &mut Chance) -> i64 {
    chance.around(11, Spread::WIDE).max(1)
}

/// Hooks run side by side, so a slow one overtakes nobody and is overtaken by all.
fn delay_ms(mishaps: &Mishaps, chance: &mut Chance) -> i64 {
    const TWO_DAYS_MS: i64 = 172_800_000;
    let latency = latency_ms(chance);
    if chance.happens(mishaps.late) {
        latency + chance.around(3_600_000, Spread::WIDE).min(TWO_DAYS_MS)
    } else if chance.happens(mishaps.held_up) {
        latency + chance.around(1_800, Spread::WIDE)
    } else {
        latency
    }
}

/// The time limit and the agent's report raced: two ends, with different results.
fn leave_twice(story: &mut Story, later_ms: i64, result: &'static str) -> bool {
    let Some(last) = story.steps.last().filter(|step| step.hook == EventKind::Leaving.into()) else {
        return false;
    };
    let result = if last.result == result { "success" } else { result };
    let again = StoryStep { at: last.at + later_ms, result, ..last.clone() };
    story.steps.push(again);
    true
}

/// Appends a step that the rules of the queue type forbid; `false` when this place offers none.
fn break_a_rule(story: &mut Story, step: usize, chance: &mut Chance) -> bool {
    let queue_type = story.queue.queue_type;
    let reported = story.steps[step].clone();
    let HookName::Event(event) = reported.hook else { return false };
    let kind = match event {
        EventKind::Leaving => return leave_twice(story, 700, "cancel"),
        EventKind::Bridged => EventKind::Offering,
        _ if queue_type == QueueType::OutboundIvr => chance.pick(&[EventKind::Missed, EventKind::Processing]),
        EventKind::Processing => EventKind::Joined,
        _ if !queue_type.reports_answer() => EventKind::Answered,
        _ => return false,
    };
    let voiceless = matches!(story.queue.plot, Plot::Chat | Plot::Message);
    let state = if voiceless && kind == EventKind::Joined { "idle" } else { kind.wire_name() };
    story.steps.push(StoryStep { at: reported.at + 1, hook: kind.into(), state, ..reported });
    true
}
