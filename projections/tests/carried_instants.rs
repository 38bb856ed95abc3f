//! `joined_at` and `bridged_at` as other events carry them: each stands or is ignored by itself, and is
//! compared as coarsely as it is stated.

use attempt_ledger_domain::{
    AgentId, AttemptId, CoarseTime, EventKind, Position, QueueId, QueueType, UnixMillis,
};
use attempt_ledger_projections::fold::{Rows, Step, StepFields, fold_regular};
use attempt_ledger_projections::{AttemptClass, Gap};

use EventKind::{Bridged, Joined, Leaving, Missed, Offering, Processing};

const NINE: i64 = 1_772_442_000_000;

fn exact(ms: i64) -> CoarseTime {
    CoarseTime::exact(UnixMillis(NINE + ms))
}

fn second(number: i64) -> CoarseTime {
    CoarseTime { is_whole_second: true, ..exact(number * 1_000) }
}

/// An event of agent 1 in the inbound queue.
fn step(event: EventKind, time: CoarseTime) -> Step {
    Step {
        position: Position(1),
        event,
        queue_type: Some(QueueType::InboundQueue),
        queue_id: Some(QueueId(7)),
        occurred_at: time.at,
        has_stated_time: true,
        recorded_at: time.at,
        fields: StepFields { agent_id: Some(AgentId(1)), timestamp: Some(time), ..StepFields::default() },
    }
}

fn with_bridge(mut step: Step, bridged_at: CoarseTime) -> Step {
    step.fields.bridged_at = Some(bridged_at);
    step
}

fn with_join(mut step: Step, joined_at: CoarseTime) -> Step {
    step.fields.joined_at = Some(joined_at);
    step
}

/// The same without a time of its own, received then.
fn untimed(step: Step) -> Step {
    let fields = StepFields { timestamp: None, ..step.fields };
    Step { has_stated_time: false, fields, ..step }
}

fn rows(mut steps: Vec<Step>) -> Rows {
    fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row")
}

#[test]
fn a_whole_second_can_be_any_time_of_it() {
    let rows = rows(vec![
        step(Joined, exact(0)),
        step(Offering, exact(8_400)),
        with_bridge(step(Leaving, exact(20_000)), second(8)),
    ]);
    assert_eq!(rows.attempt.class, AttemptClass::Answered);
    assert_eq!(rows.attempt.bridged_at, Some(exact(8_400).at), "nobody is connected before the offer");
    assert_eq!(rows.offers[0].answer_ms, Some(0));
}

#[test]
fn a_joining_can_be_in_the_second_of_the_first_event() {
    let joined_at = |first: CoarseTime| {
        rows(vec![with_join(step(Offering, first), exact(9_400)), step(Leaving, second(20))])
            .attempt
            .joined_at
    };
    assert_eq!(joined_at(second(9)), Some(exact(9_000).at), "nothing happens before joining");
    assert_eq!(joined_at(exact(9_000)), None, "that is before it");
}

#[test]
fn a_bridge_can_be_in_the_second_of_what_follows_it() {
    let rows = rows(vec![step(Offering, second(5)), with_bridge(step(Leaving, second(9)), exact(9_400))]);
    assert_eq!((rows.attempt.bridged_at, rows.attempt.talk_ms), (Some(exact(9_000).at), Some(0)));
}

#[test]
fn a_bridge_of_nobody_cannot_stand_before_a_miss() {
    let nobody = |mut step: Step| {
        step.fields.agent_id = None;
        step
    };
    let rung = [nobody(step(Joined, exact(0))), step(Offering, exact(500))];
    let missed = step(Missed, exact(9_000));
    let left = with_bridge(step(Leaving, exact(60_000)), exact(4_000));
    let of_nobody = nobody(left.clone());
    let ignored = rows([&rung[..], &[missed.clone(), of_nobody.clone()]].concat());
    assert_eq!((ignored.attempt.bridged_at, ignored.attempt.missed_by_agent), (None, 1), "nobody talked");
    assert_eq!(ignored.offers[0].ring_ms, Some(8_500));
    let with_agent = rows([&rung[..], &[missed, left]].concat());
    assert_eq!((with_agent.attempt.bridges, with_agent.attempt.missed_by_agent), (1, 0), "the agent talked");
    let unanswered = rows([&rung[..], &[of_nobody]].concat());
    assert_eq!(unanswered.attempt.bridged_at, Some(exact(4_000).at), "nothing speaks against it");
}

#[test]
fn what_cannot_stand_takes_nothing_with_it() {
    let rows = rows(vec![
        with_join(step(Offering, exact(5_000)), exact(1_000)),
        with_join(with_bridge(step(Processing, exact(10_000)), exact(3_000)), exact(7_000)),
        with_join(with_bridge(step(Leaving, exact(20_000)), exact(9_000)), exact(7_000)),
    ]);
    assert_eq!(
        (rows.attempt.joined_at, rows.attempt.bridged_at),
        (Some(exact(1_000).at), Some(exact(9_000).at))
    );
    assert!(rows.attempt.gaps.has(Gap::BridgedInferred));
}

#[test]
fn what_others_carry_is_measured_where_the_event_itself_states_no_time() {
    let steps = |bridge: Step| {
        let carried = |event, ms| with_join(with_bridge(step(event, exact(ms)), exact(3_000)), exact(0));
        let joined = with_join(untimed(step(Joined, exact(700))), exact(0));
        vec![
            joined,
            step(Offering, exact(1_000)),
            bridge,
            carried(Processing, 9_000),
            carried(Leaving, 9_500),
        ]
    };
    let bridge = untimed(step(Bridged, exact(4_000)));
    for bridge in [bridge.clone(), with_bridge(bridge, exact(3_000))] {
        let rows = rows(steps(bridge));
        let attempt = &rows.attempt;
        assert_eq!((attempt.joined_at, attempt.bridged_at), (Some(exact(0).at), Some(exact(3_000).at)));
        assert_eq!((attempt.wait_ms, attempt.talk_ms), (Some(3_000), Some(6_000)));
        assert_eq!((rows.offers[0].ring_ms, rows.offers[0].talk_ms), (Some(2_000), Some(6_000)));
        assert!(rows.offers[0].untimed_states.iter().next().is_none());
        assert_eq!(attempt.gaps.iter().collect::<Vec<_>>(), [Gap::TimeOfReceipt], "both are reported");
    }
    let timed = rows(steps(step(Bridged, exact(4_000))));
    assert_eq!(timed.attempt.bridged_at, Some(exact(4_000).at), "its own time comes first");
}

#[test]
fn what_others_carry_and_the_order_of_the_events_contradicts_gives_no_time() {
    for carried in [500, 9_001] {
        let rows = rows(vec![
            step(Joined, exact(0)),
            step(Offering, exact(1_000)),
            untimed(step(Bridged, exact(4_000))),
            with_bridge(step(Processing, exact(9_000)), exact(carried)),
        ]);
        assert_eq!(rows.attempt.bridged_at, Some(exact(4_000).at));
        assert_eq!((rows.attempt.wait_ms, rows.offers[0].ring_ms), (None, None), "{carried}");
    }
}
