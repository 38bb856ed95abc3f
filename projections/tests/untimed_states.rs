//! States of an agent and talks of which an end is the time of a receipt: nothing says how long they took.

use attempt_ledger_domain::{
    AgentId, AttemptId, CoarseTime, EventKind, Position, QueueId, QueueType, UnixMillis,
};
use attempt_ledger_projections::fold::{Rows, Step, StepFields, fold_regular};
use attempt_ledger_projections::{AgentState, Gap};

use EventKind::{Answered, Bridged, Joined, Leaving, Offering, Processing};

const NINE: i64 = 1_772_442_000_000;

/// An event of agent 1 in the preview dialer, whose agents answer before the member does.
fn step(event: EventKind, ms: i64) -> Step {
    let at = UnixMillis(NINE + ms);
    Step {
        position: Position(1),
        event,
        queue_type: Some(QueueType::PreviewDialer),
        queue_id: Some(QueueId(7)),
        occurred_at: at,
        has_stated_time: true,
        recorded_at: at,
        fields: StepFields { agent_id: Some(AgentId(1)), ..StepFields::default() },
    }
}

/// The same without a time of its own.
fn received(event: EventKind, ms: i64) -> Step {
    Step { has_stated_time: false, ..step(event, ms) }
}

fn rows(mut steps: Vec<Step>) -> Rows {
    fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row")
}

/// The states of the only leg, each with whether its length is known.
fn states(steps: Vec<Step>) -> Vec<(AgentState, bool)> {
    let rows = rows(steps);
    let [leg] = &rows.offers[..] else { panic!("{:?}", rows.offers) };
    leg.states().map(|state| (state.state, state.is_measured)).collect()
}

#[test]
fn an_answer_without_an_offer_whose_time_is_its_receipt_s_is_not_measured() {
    let steps = vec![step(Joined, 0), received(Answered, 2_000), step(Leaving, 9_000)];
    assert_eq!(states(steps), [(AgentState::Connecting, false)]);
}

#[test]
fn a_state_that_goes_on_since_a_receipt_is_not_measured() {
    assert_eq!(states(vec![step(Joined, 0), received(Offering, 2_000)]), [(AgentState::Ringing, false)]);
    let steps = vec![step(Joined, 0), step(Offering, 2_000), received(Answered, 3_000)];
    assert_eq!(states(steps), [(AgentState::Ringing, false), (AgentState::Connecting, false)]);
}

#[test]
fn each_state_is_judged_by_its_own_ends() {
    let steps = vec![
        step(Joined, 0),
        received(Offering, 1_000),
        step(Answered, 2_000),
        step(Bridged, 3_000),
        step(Processing, 8_000),
        step(Leaving, 9_000),
    ];
    let measured = |state| (state, true);
    assert_eq!(
        states(steps),
        [
            (AgentState::Ringing, false),
            measured(AgentState::Connecting),
            measured(AgentState::Talking),
            measured(AgentState::WrapUp),
        ]
    );
}

#[test]
fn a_carried_connection_that_is_put_at_a_receipt_is_not_measured() {
    let mut leaving = step(Leaving, 20_000);
    let second = CoarseTime { is_whole_second: true, ..CoarseTime::exact(UnixMillis(NINE + 8_000)) };
    leaving.fields.bridged_at = Some(second);
    let rows = rows(vec![step(Joined, 0), received(Offering, 8_400), leaving]);
    assert_eq!(rows.attempt.bridged_at, Some(UnixMillis(NINE + 8_400)), "nobody talks before the offer");
    assert_eq!((rows.attempt.talk_ms, rows.attempt.wait_ms, rows.offers[0].talk_ms), (None, None, None));
    assert!(rows.attempt.gaps.has(Gap::BridgedInferred), "no event reports it");
}
