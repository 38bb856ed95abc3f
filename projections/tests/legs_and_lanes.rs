//! The legs of an attempt's rows are those that its timeline draws.

use attempt_ledger_domain::timeline::{
    DeliveryOutcome, Details, LaneOwner, LoggedDelivery, PhaseKind, RunSelection, build,
};
use attempt_ledger_domain::{
    AgentId, AttemptId, CoarseTime, ContentHash, EventKind, Position, QueueType, Revision, SenderId,
    TimeSource, UnixMillis,
};
use attempt_ledger_projections::fold::{Step, StepFields, fold_run};
use attempt_ledger_projections::{Gap, OfferOutcome, OfferRow};
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

const NINE: i64 = 1_772_442_000_000;
const ATTEMPTS: u64 = 20_000;
const TYPES: [QueueType; 4] =
    [QueueType::PreviewDialer, QueueType::InboundQueue, QueueType::OfflineQueue, QueueType::ChatInboundQueue];

/// A stretch of an agent, and the event that ends it where a miss does.
type Stretch = (Option<AgentId>, PhaseKind, UnixMillis, Option<UnixMillis>, bool);

fn delivery(number: u8, queue_type: QueueType, random: &mut ChaCha8Rng) -> LoggedDelivery {
    let source =
        *[TimeSource::Producer, TimeSource::Producer, TimeSource::Receipt].choose(random).expect("some");
    let at = UnixMillis(NINE + 10 * random.random_range(0..8));
    let carries = random.random_bool(0.2);
    let bridged_at = carries.then(|| CoarseTime::exact(UnixMillis(NINE + 10 * random.random_range(0..8))));
    LoggedDelivery {
        id: Uuid::from_u128(u128::from(number)),
        position: Position(u64::from(number)),
        arrival: DeliveryOutcome::Recorded { revision: Revision(u32::from(number)) },
        event: *EventKind::ALL.choose(random).expect("eight"),
        queue_type: Some(queue_type),
        queue_id: None,
        occurred_at: at,
        time_source: source,
        recorded_at: if source.is_stated() { UnixMillis(NINE + 1_000) } else { at },
        content: ContentHash([number; 32]),
        sender_id: random.random_bool(0.2).then_some(SenderId([1; 32])),
        details: Details {
            agent_id: random.random_bool(0.7).then(|| AgentId(random.random_range(1..4))),
            bridged_at,
            ..Details::default()
        },
        flags: Vec::new(),
    }
}

fn step(one: &LoggedDelivery) -> Step {
    Step {
        position: one.position,
        event: one.event,
        queue_type: one.queue_type,
        queue_id: one.queue_id,
        occurred_at: one.occurred_at,
        has_stated_time: one.time_source.is_stated(),
        recorded_at: one.recorded_at,
        fields: StepFields {
            agent_id: one.details.agent_id,
            bridged_at: one.details.bridged_at,
            ..StepFields::default()
        },
    }
}

/// What a leg is drawn as: ringing, waiting for the subscriber, talk and after-call work.
fn stretches(leg: &OfferRow) -> Vec<Stretch> {
    let wait_ends = leg.bridged_at.or(leg.wrap_started_at).or(leg.ended_at);
    let talk_ends = leg.talk_ended_at.or(leg.ended_at);
    let all = [
        (PhaseKind::Ring, leg.offered_at, leg.ring_ended_at),
        (PhaseKind::Wait, leg.answered_at, wait_ends),
        (PhaseKind::Talk, leg.bridged_at, talk_ends),
        (PhaseKind::Wrap, leg.wrap_started_at, leg.ended_at),
    ];
    let is_missed = leg.outcome == OfferOutcome::Missed;
    let last = all.iter().rposition(|(_, start, _)| start.is_some());
    let drawn = all.iter().enumerate().filter_map(|(place, (kind, start, end))| {
        Some((leg.agent_id, *kind, (*start)?, *end, is_missed && Some(place) == last))
    });
    drawn.collect()
}

#[test]
fn rows_have_the_legs_that_the_timeline_draws() {
    for seed in 0..ATTEMPTS {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let queue_type = *TYPES.choose(&mut random).expect("four");
        let count = random.random_range(1..9);
        let all: Vec<LoggedDelivery> =
            (1..=count).map(|number| delivery(number, queue_type, &mut random)).collect();
        let selection = RunSelection::of(all.clone());
        let steps: Vec<Step> = selection.run().map(step).collect();
        let run: Vec<&Step> = steps.iter().collect();
        let timeline = build(AttemptId(1), all, None, UnixMillis(NINE + 2_000));
        let rows = fold_run(AttemptId(1), &run, selection.queue_type, None, &[]);
        let mut drawn: Vec<Stretch> = Vec::new();
        for lane in &timeline.lanes {
            let LaneOwner::Agent { agent_id, .. } = lane.owner else { continue };
            drawn.extend(lane.phases.iter().map(|phase| {
                let is_talk = phase.kind == PhaseKind::Talk;
                let is_missed = phase.ended_by.as_deref() == Some("Missed") && !is_talk;
                (agent_id, phase.kind, phase.start, phase.end, is_missed)
            }));
        }
        let offers = rows.as_ref().map(|rows| &rows.offers[..]).unwrap_or_default();
        let mut folded: Vec<Stretch> = offers.iter().flat_map(stretches).collect();
        if queue_type == QueueType::OfflineQueue {
            // There a Missed can be the end of all that goes on.
            drawn.iter_mut().chain(&mut folded).for_each(|(.., is_missed)| *is_missed = false);
        }
        drawn.sort();
        folded.sort();
        let told: Vec<_> =
            steps.iter().map(|step| (step.event, step.fields.agent_id, step.occurred_at.0 - NINE)).collect();
        assert_eq!(drawn, folded, "drawn and folded, seed {seed}, {queue_type:?}: {told:?}");
        let is_phantom = |leg: &OfferRow| leg.outcome == OfferOutcome::Missed && leg.offered_at.is_none();
        let is_gap = rows.as_ref().is_some_and(|rows| rows.attempt.gaps.has(Gap::MissedWithoutOffering));
        assert_eq!(is_gap, offers.iter().any(is_phantom), "a miss of no offer, seed {seed}: {told:?}");
        let missed = rows.map_or(0, |rows| rows.attempt.missed_by_agent + rows.attempt.missed_by_caller);
        assert_eq!(timeline.missed_by_agent + timeline.missed_by_caller, missed, "misses of seed {seed}");
    }
}
