//! How attempts end that nobody would call ordinary.

use attempt_ledger_domain::timeline::AttemptState;
use attempt_ledger_domain::{AgentId, AttemptId, EventKind, Position, QueueId, QueueType, UnixMillis};
use attempt_ledger_projections::fold::{Rows, Step, StepFields, fold_regular};
use attempt_ledger_projections::history::{Attribution, Count, Scope, Totals, contributions};
use attempt_ledger_projections::{AttemptClass, Gap, OfferOutcome};

use EventKind::{Answered, Bridged, Joined, Leaving, Missed, Offering, Processing};
use QueueType::{
    ChatInboundQueue, InboundQueue, OfflineQueue, OutboundIvr, PredictiveDialer, PreviewDialer,
    ProgressiveDialer, TaskQueue,
};

/// An attempt from events, each a second after the one before, with the agents that they name.
fn rows(queue_type: QueueType, steps: &[(EventKind, Option<i64>)], result: &str) -> Rows {
    let at = |index: i64| UnixMillis(1_772_442_000_000 + index * 1_000);
    let step = |(index, (event, agent)): (i64, &(EventKind, Option<i64>))| Step {
        position: Position(1),
        event: *event,
        queue_type: Some(queue_type),
        queue_id: Some(QueueId(7)),
        occurred_at: at(index),
        has_stated_time: true,
        recorded_at: at(index),
        fields: StepFields {
            agent_id: agent.map(AgentId),
            result: (*event == Leaving).then(|| result.into()),
            ..StepFields::default()
        },
    };
    let mut steps: Vec<Step> = (0..).zip(steps).map(step).collect();
    fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row")
}

fn count(rows: &Rows, count: Count) -> i64 {
    let mut totals = Totals::default();
    let contributions = contributions(&rows.attempt, &rows.offers);
    let of_queue = contributions
        .iter()
        .filter(|one| one.key.attribution == Attribution::Start && matches!(one.key.scope, Scope::Queue(_)));
    of_queue.for_each(|one| totals.add(&one.item, 1));
    totals.count(count)
}

#[test]
fn results_are_read_in_any_case() {
    let waited = [(Joined, None), (Leaving, None)];
    for (queue_type, result, class) in [
        (InboundQueue, "Abandoned", AttemptClass::Abandoned),
        (InboundQueue, "ABANDONED", AttemptClass::Abandoned),
        (ProgressiveDialer, "Abandoned", AttemptClass::NotReached),
        (InboundQueue, "Cancel", AttemptClass::Cancelled),
        (InboundQueue, "TIMEOUT", AttemptClass::FlowedOut),
        (PredictiveDialer, "failed", AttemptClass::NotReached),
        (OutboundIvr, "FAILED", AttemptClass::NotReached),
        (OfflineQueue, "failed", AttemptClass::NotReached),
        (TaskQueue, "failed", AttemptClass::NotReached),
        (InboundQueue, "failed", AttemptClass::Other),
    ] {
        let rows = rows(queue_type, &waited, result);
        assert_eq!(rows.attempt.class, class, "{result} in {queue_type}");
        assert_eq!(rows.attempt.result.as_deref(), Some(result), "it is shown as it was sent");
    }
    let talked = [(Joined, None), (Bridged, Some(5)), (Leaving, None)];
    assert_eq!(count(&rows(InboundQueue, &talked, "Transfer"), Count::Transferred), 1);
}

#[test]
fn an_offline_attempt_that_was_missed_has_ended() {
    let missed = rows(OfflineQueue, &[(Offering, Some(5)), (Missed, Some(5))], "");
    assert_eq!((missed.attempt.state, missed.attempt.class), (AttemptState::Left, AttemptClass::Other));
    assert_eq!(missed.attempt.left_at, Some(missed.attempt.last_event_at));
    let offered_again = [(Offering, Some(5)), (Missed, Some(5)), (Offering, Some(6))];
    let again = rows(OfflineQueue, &offered_again, "");
    assert_eq!((again.attempt.state, again.attempt.left_at), (AttemptState::Ringing, None), "it goes on");
    let elsewhere = rows(InboundQueue, &[(Offering, Some(5)), (Missed, Some(5))], "");
    assert_eq!(elsewhere.attempt.state, AttemptState::Waiting);
}

#[test]
fn what_rings_when_an_offline_attempt_ends_is_withdrawn() {
    let steps = [(Offering, Some(5)), (Missed, Some(6))];
    let outcomes: Vec<_> = rows(OfflineQueue, &steps, "").offers.iter().map(|leg| leg.outcome).collect();
    assert_eq!(outcomes, [OfferOutcome::Withdrawn, OfferOutcome::Missed]);
}

#[test]
fn a_chat_that_is_missed_after_the_talk_waits_for_nobody() {
    let chat = [(Joined, None), (Offering, Some(5)), (Bridged, Some(5)), (Missed, Some(5))];
    let rows = rows(ChatInboundQueue, &chat, "");
    assert_eq!((rows.attempt.state, rows.attempt.class), (AttemptState::TalkEnded, AttemptClass::Answered));
    assert_eq!((rows.offers[0].outcome, rows.offers[0].missed_by), (OfferOutcome::Bridged, None));
    assert_eq!(rows.offers[0].talk_ms, Some(1_000), "the Missed ends the talk");
    assert_eq!(count(&rows, Count::MissedByAgent), 0);
}

#[test]
fn a_miss_after_the_talk_that_names_nobody_ends_the_talk_that_goes_on() {
    let chat = [(Joined, None), (Offering, Some(5)), (Bridged, Some(5)), (Missed, None), (Leaving, None)];
    let rows = rows(ChatInboundQueue, &chat, "cancel");
    assert_eq!(rows.offers.len(), 1);
    assert_eq!((rows.offers[0].talk_ms, rows.offers[0].missed_by), (Some(1_000), None));
}

#[test]
fn after_the_miss_that_ends_a_talk_nobody_talks() {
    for (missed, seconds, handled) in [(Some(5), 1, 1), (None, 1, 1), (Some(6), 2, 2)] {
        let chat = [(Joined, None), (Offering, Some(5)), (Bridged, Some(5)), (Missed, missed)];
        let left = rows(ChatInboundQueue, &[&chat[..], &[(Leaving, Some(5))]].concat(), "cancel");
        let of_attempt = (left.attempt.talk_ms, left.attempt.handle_ms);
        assert_eq!(of_attempt, (Some(seconds * 1_000), Some(handled * 1_000)), "missed by {missed:?}");
        assert_eq!(of_attempt, (left.offers[0].talk_ms, left.offers[0].handle_ms), "as the leg");
        let talks = rows(ChatInboundQueue, &chat, "").attempt;
        let is_over = missed != Some(6);
        assert_eq!(talks.talk_ms.is_some(), is_over, "missed by {missed:?}");
        let state = if is_over { AttemptState::TalkEnded } else { AttemptState::Talking };
        assert_eq!((talks.state, talks.handle_ms), (state, None));
    }
}

#[test]
fn a_miss_after_the_answer_is_the_end_of_the_leg_that_was_answered() {
    let outcomes = |steps: &[(EventKind, Option<i64>)]| -> Vec<_> {
        let rows = rows(PreviewDialer, steps, "cancel");
        assert_ne!(rows.attempt.state, AttemptState::Ringing, "nothing rings");
        rows.offers.iter().map(|leg| (leg.agent_id.map(|agent| agent.0), leg.outcome)).collect()
    };
    let missed = |agent| (Some(agent), OfferOutcome::Missed);
    assert_eq!(outcomes(&[(Answered, Some(3)), (Missed, Some(3))]), [missed(3)]);
    assert_eq!(outcomes(&[(Answered, Some(3)), (Missed, None)]), [missed(3)]);
    let offered = [(Offering, Some(3)), (Answered, Some(3)), (Missed, Some(3)), (Leaving, None)];
    assert_eq!(outcomes(&offered), [missed(3)]);
    // The agent who did not answer misses the offer, and the one who did goes on.
    let other = [(Answered, Some(3)), (Missed, Some(4))];
    assert_eq!(outcomes(&other), [(Some(3), OfferOutcome::Open), missed(4)]);
}

#[test]
fn after_call_work_of_an_agent_who_was_never_connected_is_a_silent_change() {
    let silent = [(Joined, None), (Bridged, Some(5)), (Processing, Some(6)), (Leaving, None)];
    assert!(rows(InboundQueue, &silent, "success").attempt.gaps.has(Gap::AgentChanged));
    for reported in [
        [(Bridged, Some(5)), (Bridged, Some(6)), (Processing, Some(6))],
        [(Joined, None), (Bridged, None), (Processing, Some(6))],
        [(Joined, None), (Bridged, Some(5)), (Processing, None)],
    ] {
        let rows = rows(InboundQueue, &reported, "");
        assert!(!rows.attempt.gaps.has(Gap::AgentChanged), "{reported:?}");
    }
}

#[test]
fn a_leaving_of_an_agent_who_was_never_connected_is_a_silent_change() {
    for (bridged, processing, left, is_silent) in [
        (&[5][..], None, Some(6), true),
        // Who handed the talk over can be the one whom the dialer goes on to name.
        (&[5, 6], None, Some(5), false),
        (&[5], Some(5), Some(6), true),
        (&[5, 6], None, Some(6), false),
        (&[5, 6], Some(5), Some(5), false),
        (&[5], None, None, false),
        (&[], None, Some(6), false),
    ] {
        let mut said = vec![(Joined, None)];
        said.extend(bridged.iter().map(|agent| (Bridged, Some(*agent))));
        said.extend(processing.map(|agent| (Processing, Some(agent))));
        said.push((Leaving, left));
        let gaps = rows(InboundQueue, &said, "success").attempt.gaps;
        assert_eq!(gaps.has(Gap::AgentChanged), is_silent, "{said:?}");
    }
    let nameless = [(Bridged, Some(5)), (Bridged, None), (Leaving, Some(6))];
    assert!(!rows(InboundQueue, &nameless, "").attempt.gaps.has(Gap::AgentChanged), "it can be the one");
}
