//! What becomes of an attempt's deliveries: rows for the attempt and for each agent's leg.

use std::collections::HashMap;

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{
    AgentId, AttemptId, CoarseTime, EventKind, Position, QueueId, QueueType, UnixMillis,
};
use attempt_ledger_projections::fold::{Rows, Step, StepFields, fold_regular};
use attempt_ledger_projections::history::{
    Attribution, Count, INTERVAL_MS, IntervalKey, Item, Measure, Scope, Totals, contributions,
};
use attempt_ledger_projections::{AttemptClass, AttemptRow, Gap, MissedBy, OfferOutcome, OfferRow};
use proptest::prelude::*;

use EventKind::{Active, Bridged, Joined, Leaving, Missed, Offering, Processing};

/// 2026-03-02T09:00:00Z, the beginning of an interval.
const NINE: i64 = 1_772_442_000_000;
const SECOND: i64 = 1_000;

fn step(event: EventKind, second: i64, agent: i64) -> Step {
    let at = UnixMillis(NINE + second * SECOND);
    let fields = StepFields { agent_id: (agent > 0).then_some(AgentId(agent)), ..StepFields::default() };
    Step {
        position: Position(1),
        event,
        queue_type: Some(QueueType::InboundQueue),
        queue_id: Some(QueueId(7)),
        occurred_at: at,
        has_stated_time: true,
        recorded_at: at,
        fields,
    }
}

fn in_queue(queue_type: QueueType, steps: Vec<Step>) -> Vec<Step> {
    steps.into_iter().map(|step| Step { queue_type: Some(queue_type), ..step }).collect()
}

fn with_result(mut steps: Vec<Step>, result: &str) -> Vec<Step> {
    let leaving = steps.iter_mut().find(|step| step.event == Leaving).expect("a Leaving");
    leaving.fields.result = Some(result.into());
    steps
}

fn rows(mut steps: Vec<Step>) -> Rows {
    fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row")
}

fn totals(rows: &Rows, attribution: Attribution) -> Totals {
    let mut totals = Totals::default();
    for one in contributions(&rows.attempt, &rows.offers) {
        if one.key.attribution == attribution && matches!(one.key.scope, Scope::Queue(_)) {
            totals.add(&one.item, 1);
        }
    }
    totals
}

fn outcomes(rows: &Rows) -> Vec<(i64, OfferOutcome)> {
    let agent = |offer: &OfferRow| offer.agent_id.map_or(0, |agent| agent.0);
    rows.offers.iter().map(|offer| (agent(offer), offer.outcome)).collect()
}

#[test]
fn two_misses_and_a_bridge_are_three_legs() {
    let rows = rows(with_result(
        vec![
            step(Joined, 0, 0),
            step(Offering, 5, 1),
            step(Missed, 20, 1),
            step(Offering, 22, 2),
            step(Missed, 40, 2),
            step(Offering, 41, 3),
            step(Bridged, 47, 3),
            step(Processing, 107, 3),
            step(Leaving, 127, 3),
        ],
        "success",
    ));
    let missed = OfferOutcome::Missed;
    assert_eq!(outcomes(&rows), [(1, missed), (2, missed), (3, OfferOutcome::Bridged)]);
    let AttemptRow { wait_ms, talk_ms, wrap_ms, handle_ms, offers, missed_by_agent, class, .. } =
        rows.attempt;
    let durations = (wait_ms, talk_ms, wrap_ms, handle_ms);
    assert_eq!(durations, (Some(47_000), Some(60_000), Some(20_000), Some(80_000)));
    assert_eq!((offers, missed_by_agent, class), (3, 2, AttemptClass::Answered));
    let rings: Vec<_> = rows.offers.iter().map(|offer| offer.ring_ms).collect();
    assert_eq!(rings, [Some(15_000), Some(18_000), Some(6_000)]);
}

#[test]
fn a_miss_after_the_caller_hung_up_is_the_callers() {
    let mut missed = step(Missed, 10, 1);
    missed.fields.call_cause = Some("ORIGINATOR_CANCEL".into());
    let steps = vec![step(Joined, 0, 0), step(Offering, 5, 1), missed, step(Leaving, 10, 0)];
    let of_caller = rows(with_result(steps.clone(), "abandoned"));
    assert_eq!(of_caller.offers[0].missed_by, Some(MissedBy::Caller));
    assert_eq!((of_caller.attempt.missed_by_agent, of_caller.attempt.missed_by_caller), (0, 1));
    // In a preview dialer the cause is that of the agent's own leg.
    let of_agent = rows(in_queue(QueueType::PreviewDialer, with_result(steps, "cancel")));
    assert_eq!(of_agent.offers[0].missed_by, Some(MissedBy::Agent));
}

#[test]
fn an_offer_that_nobody_ends_is_withdrawn_by_the_next_or_by_leaving() {
    let steps = vec![step(Joined, 0, 0), step(Offering, 5, 1), step(Offering, 9, 2), step(Leaving, 30, 0)];
    let rows = rows(with_result(steps, "abandoned"));
    let withdrawn = OfferOutcome::Withdrawn;
    assert_eq!(outcomes(&rows), [(1, withdrawn), (2, withdrawn)]);
    assert_eq!(rows.offers[0].ring_ended_at, rows.offers[1].offered_at);
    assert_eq!(rows.offers[1].ring_ms, Some(21_000));
}

#[test]
fn a_transfer_ends_the_first_agents_talk_where_the_seconds_begins() {
    let rows = rows(with_result(
        vec![
            step(Joined, 0, 0),
            step(Offering, 5, 1),
            step(Bridged, 10, 1),
            step(Bridged, 70, 2),
            step(Processing, 100, 2),
            step(Leaving, 110, 2),
        ],
        "success",
    ));
    let bridged = OfferOutcome::Bridged;
    assert_eq!(outcomes(&rows), [(1, bridged), (2, bridged)]);
    let work = |offer: &OfferRow| (offer.talk_ms, offer.wrap_ms, offer.handle_ms);
    assert_eq!(work(&rows.offers[0]), (Some(60_000), None, Some(60_000)));
    assert_eq!(work(&rows.offers[1]), (Some(30_000), Some(10_000), Some(40_000)));
    assert_eq!(rows.attempt.bridges, 2);
    assert_eq!(totals(&rows, Attribution::Start).count(Count::Answered), 1, "answered counts once");
    assert_eq!(totals(&rows, Attribution::Start).count(Count::Handled), 2, "handled counts every agent");
}

#[test]
fn an_attempt_of_which_only_leaving_is_known_has_a_class_and_no_cohort() {
    let steps = in_queue(QueueType::ProgressiveDialer, vec![step(Leaving, 0, 4)]);
    let rows = rows(with_result(steps, "abandoned"));
    assert_eq!(rows.attempt.class, AttemptClass::NotReached);
    assert_eq!((rows.attempt.joined_at, rows.attempt.wait_ms), (None, None));
    assert!(rows.offers.is_empty(), "an agent who is only named was offered nothing");
    let totals = totals(&rows, Attribution::Start);
    assert_eq!((totals.count(Count::Offered), totals.count(Count::JoinUnknown)), (0, 1));
    assert_eq!(totals.count(Count::UnansweredJoinUnknown), 1);
}

#[test]
fn after_call_work_without_a_connection_is_waited_for_no_known_time() {
    let steps =
        vec![step(Joined, 0, 0), step(Offering, 5, 1), step(Processing, 100, 1), step(Leaving, 130, 1)];
    let rows = rows(with_result(steps, "success"));
    assert_eq!(rows.attempt.wait_ms, None, "it was connected before, and nothing says when");
    assert_eq!(rows.attempt.wrap_ms, Some(30_000));
    let told = totals(&rows, Attribution::End).measure(Measure::WaitOther).count;
    assert_eq!(told, 0, "no length of it is in a mean");
}

#[test]
fn an_attempt_without_leaving_is_open_and_its_leg_too() {
    let rows = rows(vec![step(Joined, 0, 0), step(Offering, 5, 1)]);
    assert_eq!((rows.attempt.state, rows.attempt.class), (AttemptState::Ringing, AttemptClass::Open));
    assert_eq!(outcomes(&rows), [(1, OfferOutcome::Open)]);
    assert_eq!(totals(&rows, Attribution::End), Totals::default(), "nothing has ended");
}

#[test]
fn joining_and_connection_are_inferred_from_what_later_events_carry() {
    let mut leaving = step(Leaving, 90, 1);
    leaving.fields.joined_at = Some(CoarseTime::exact(UnixMillis(NINE - 10 * SECOND)));
    leaving.fields.bridged_at = Some(CoarseTime::exact(UnixMillis(NINE + 20 * SECOND)));
    let rows = rows(with_result(vec![step(Offering, 5, 1), leaving], "success"));
    assert_eq!((rows.attempt.wait_ms, rows.attempt.talk_ms), (Some(30_000), Some(70_000)));
    assert_eq!(rows.attempt.gaps.iter().collect::<Vec<_>>(), [Gap::JoinedInferred, Gap::BridgedInferred]);
    assert_eq!(outcomes(&rows), [(1, OfferOutcome::Bridged)]);
    assert_eq!(rows.offers[0].ring_ms, Some(15_000));
}

#[test]
fn a_miss_after_a_connection_that_is_only_carried_closes_no_offer() {
    let mut leaving = step(Leaving, 90, 1);
    leaving.fields.bridged_at = Some(CoarseTime::exact(UnixMillis(NINE + 20 * SECOND)));
    let rows = rows(vec![step(Joined, 0, 0), step(Missed, 80, 1), leaving]);
    assert_eq!(outcomes(&rows), [(1, OfferOutcome::Bridged)]);
    assert_eq!((rows.attempt.missed_by_agent, rows.offers[0].talk_ms), (0, Some(60_000)));
    assert_eq!(rows.attempt.gaps.iter().collect::<Vec<_>>(), [Gap::BridgedInferred]);
}

#[test]
fn from_an_offer_to_a_connection_at_its_receipt_is_no_answer_time() {
    let connected_at_receipt = Step { has_stated_time: false, ..step(Bridged, 65, 1) };
    let steps = vec![step(Offering, 0, 1), step(Active, 5, 1), connected_at_receipt, step(Leaving, 70, 1)];
    let rows = rows(in_queue(QueueType::PreviewDialer, steps));
    assert_eq!(rows.offers[0].ring_ms, Some(5_000));
    let totals = totals(&rows, Attribution::Start);
    assert_eq!(totals.measure(Measure::RingAnswered).count, 0);
}

#[test]
fn from_an_offer_to_a_connection_is_the_answer_time_whatever_the_time_of_acceptance() {
    let accepted_at_receipt = Step { has_stated_time: false, ..step(Active, 5, 1) };
    let steps = vec![step(Offering, 0, 1), accepted_at_receipt, step(Bridged, 65, 1)];
    let rows = rows(in_queue(QueueType::PreviewDialer, steps));
    assert_eq!(rows.offers[0].ring_ms, None);
    let totals = totals(&rows, Attribution::Start);
    assert_eq!(totals.measure(Measure::RingAnswered).count, 1);
}

#[test]
fn answered_and_active_of_one_agent_and_instant_are_left_to_the_whole_set() {
    let step_named = |event, amd: &str| {
        let mut step = step(event, 5, 1);
        step.fields.amd_result = Some(amd.into());
        step
    };
    let mut steps = in_queue(
        QueueType::PreviewDialer,
        vec![step_named(EventKind::Answered, "HUMAN"), step_named(Active, "MACHINE")],
    );
    assert!(fold_regular(AttemptId(1), &mut steps).is_err());
}

#[test]
fn outbound_ivr_has_no_agents_and_no_legs() {
    let steps = vec![step(Joined, 0, 0), step(Offering, 3, 0), step(Bridged, 12, 0), step(Leaving, 40, 0)];
    let answered = rows(in_queue(QueueType::OutboundIvr, with_result(steps, "success")));
    assert!(answered.offers.is_empty());
    assert_eq!((answered.attempt.offers, answered.attempt.bridges), (0, 0));
    assert_eq!(totals(&answered, Attribution::Emit).count(Count::Handled), 1);
    let ringing = vec![step(Joined, 0, 0), step(Offering, 3, 0)];
    let ringing = rows(in_queue(QueueType::OutboundIvr, ringing));
    assert_eq!(ringing.attempt.state, AttemptState::Ringing);
}

#[test]
fn an_agent_who_answers_and_reaches_nobody_has_answered() {
    let steps = vec![step(Offering, 0, 1), step(Active, 8, 1), step(Leaving, 30, 1)];
    let rows = rows(in_queue(QueueType::PreviewDialer, with_result(steps, "abandoned")));
    assert_eq!(outcomes(&rows), [(1, OfferOutcome::Answered)]);
    assert_eq!(rows.offers[0].ring_ms, Some(8_000));
    assert_eq!(rows.attempt.class, AttemptClass::NotReached);
}

#[test]
fn attribution_decides_the_interval() {
    let rows = rows(with_result(
        vec![
            step(Joined, 14 * 60, 0),
            step(Offering, 14 * 60 + 5, 1),
            step(Bridged, 16 * 60, 1),
            step(Leaving, 31 * 60, 1),
        ],
        "success",
    ));
    let intervals_of = |attribution, item: &Item| -> Vec<i64> {
        contributions(&rows.attempt, &rows.offers)
            .into_iter()
            .filter(|one| matches!(one.key.scope, Scope::Queue(_)))
            .filter(|one| one.key.attribution == attribution && one.item == *item)
            .map(|one| (one.key.start.0 - NINE) / INTERVAL_MS)
            .collect()
    };
    let answered = Item::Count(Count::Answered);
    assert_eq!(intervals_of(Attribution::Start, &answered), [0]);
    assert_eq!(intervals_of(Attribution::Emit, &answered), [1]);
    assert_eq!(intervals_of(Attribution::End, &answered), [2]);
    let talk = Item::Value(Measure::Talk, 900_000);
    assert_eq!(intervals_of(Attribution::Emit, &talk), [2]);
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let event = prop::sample::select(EventKind::ALL.to_vec());
    let reported = (event, 0_i64..4_000, 0_i64..4);
    prop::collection::vec(reported, 1..9).prop_map(|mut reported| {
        // Lawful runs are rare among random ones: let most be in lifecycle order.
        reported.sort_by_key(|(event, second, _)| (event.rank(), *second));
        reported.dedup_by_key(|(event, ..)| (*event != Offering).then_some(*event));
        let mut seconds: Vec<i64> = reported.iter().map(|(_, second, _)| *second).collect();
        seconds.sort_unstable();
        let in_order = reported.into_iter().zip(seconds);
        in_order.map(|((event, _, agent), second)| step(event, second, agent)).collect()
    })
}

proptest! {
    #[test]
    fn rows_do_not_depend_on_the_order_of_steps(
        (mut steps, mut shuffled) in any_steps().prop_flat_map(|steps| {
            (Just(steps.clone()), Just(steps).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(fold_regular(AttemptId(1), &mut steps), fold_regular(AttemptId(1), &mut shuffled));
    }

    #[test]
    fn every_duration_fits_into_its_leg(mut steps in any_steps()) {
        let Ok(Some(rows)) = fold_regular(AttemptId(1), &mut steps) else { return Ok(()) };
        for offer in &rows.offers {
            prop_assert!(offer.ended_at.is_none_or(|ended| ended >= offer.started_at));
            prop_assert!(rows.attempt.left_at.is_none() || offer.ended_at.is_some());
            let parts: u64 = [offer.ring_ms, offer.talk_ms, offer.wrap_ms].into_iter().flatten().sum();
            let whole = offer.ended_at.unwrap_or(rows.attempt.last_event_at).since(offer.started_at);
            prop_assert!(parts <= whole, "{} ms of parts in {} ms", parts, whole);
        }
    }

    #[test]
    fn what_is_retracted_leaves_nothing(mut steps in any_steps()) {
        let Ok(Some(rows)) = fold_regular(AttemptId(1), &mut steps) else { return Ok(()) };
        let mut intervals: HashMap<IntervalKey, Totals> = HashMap::new();
        for times in [1, -1] {
            for one in contributions(&rows.attempt, &rows.offers) {
                intervals.entry(one.key).or_default().add(&one.item, times);
            }
        }
        prop_assert!(intervals.values().all(Totals::is_zero));
    }

    #[test]
    fn offered_is_the_sum_of_the_classes(mut steps in any_steps()) {
        let Ok(Some(rows)) = fold_regular(AttemptId(1), &mut steps) else { return Ok(()) };
        let totals = totals(&rows, Attribution::Start);
        let classes = [
            Count::Answered,
            Count::Abandoned,
            Count::FlowedOut,
            Count::Cancelled,
            Count::NotReached,
            Count::Other,
            Count::Open,
        ];
        let classed: i64 = classes.into_iter().map(|count| totals.count(count)).sum();
        let unknown = totals.count(Count::AnsweredJoinUnknown) + totals.count(Count::UnansweredJoinUnknown);
        prop_assert_eq!(totals.count(Count::Offered), classed - unknown);
        prop_assert_eq!(totals.count(Count::JoinUnknown), unknown);
    }
}

/// What happens to offers in turn: to whom, how long it rings, and whether the last one is bridged.
fn offers_in_turn() -> impl Strategy<Value = (Vec<(i64, i64, i64)>, bool)> {
    (prop::collection::vec((1..4_i64, 0..1_500_i64, 1..1_500_i64), 1..12), any::<bool>())
}

proptest! {
    /// Traffic in whole seconds, cut from milliseconds, has the same legs wherever the lifecycle decides.
    #[test]
    fn whole_seconds_have_the_legs_of_the_milliseconds((offers, is_bridged) in offers_in_turn()) {
        let mut at = 0;
        let mut exact = vec![step(Joined, 0, 0)];
        let mut push = |event, after_ms: i64, agent| {
            at += after_ms;
            let at = UnixMillis(NINE + at);
            exact.push(Step { occurred_at: at, recorded_at: at, ..step(event, 0, agent) });
        };
        for (index, (agent, pause_ms, ring_ms)) in offers.iter().enumerate() {
            push(Offering, *pause_ms, *agent);
            let is_last = index + 1 == offers.len();
            push(if is_last && is_bridged { Bridged } else { Missed }, *ring_ms, *agent);
        }
        push(Leaving, 1, 0);
        let cut = |step: &Step| UnixMillis(step.occurred_at.0.div_euclid(SECOND) * SECOND);
        let coarse: Vec<Step> =
            exact.iter().map(|step| Step { occurred_at: cut(step), ..step.clone() }).collect();
        // Two equal steps of an agent in one second are told apart by their content, which is not read here.
        let folded = fold_regular(AttemptId(1), &mut coarse.clone());
        prop_assume!(folded.is_ok());
        let mut left = outcomes(&rows(exact));
        let mut right = outcomes(&folded.expect("a regular attempt").expect("a row"));
        left.sort_by_key(|leg| format!("{leg:?}"));
        right.sort_by_key(|leg| format!("{leg:?}"));
        prop_assert_eq!(left, right);
    }
}
