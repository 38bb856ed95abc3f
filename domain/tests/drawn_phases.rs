//! What is drawn of an attempt: phases that go on, and those that a Missed ends.

use attempt_ledger_domain::timeline::{
    AttemptState, Certainty, DeliveryOutcome, Details, LaneOwner, LoggedDelivery, Phase, PhaseKind, Timeline,
    build,
};
use attempt_ledger_domain::{
    AgentId, AttemptId, ContentHash, EventKind, Position, QueueType, Revision, TimeSource, UnixMillis,
};
use uuid::Uuid;

use EventKind::{Answered, Bridged, Joined, Leaving, Missed, Offering};

fn timeline(queue_type: QueueType, source: TimeSource, said: &[(EventKind, i64, Option<i64>)]) -> Timeline {
    let delivery = |(number, (event, at, agent)): (u8, &(EventKind, i64, Option<i64>))| LoggedDelivery {
        id: Uuid::from_u128(u128::from(number)),
        position: Position(u64::from(number)),
        arrival: DeliveryOutcome::Recorded { revision: Revision(u32::from(number)) },
        event: *event,
        queue_type: Some(queue_type),
        queue_id: None,
        occurred_at: UnixMillis(*at),
        time_source: source,
        recorded_at: UnixMillis(*at),
        content: ContentHash([number; 32]),
        sender_id: None,
        details: Details { agent_id: agent.map(AgentId), ..Details::default() },
        flags: Vec::new(),
    };
    build(AttemptId(7), (1..).zip(said).map(delivery).collect(), None, UnixMillis(100_000))
}

/// The phases in lanes of agents: what, until when.
fn of_agents(timeline: &Timeline) -> Vec<(PhaseKind, Option<i64>)> {
    let lanes = timeline.lanes.iter().filter(|lane| matches!(lane.owner, LaneOwner::Agent { .. }));
    lanes.flat_map(|lane| &lane.phases).map(|phase| (phase.kind, phase.end.map(|end| end.0))).collect()
}

#[test]
fn what_goes_on_since_a_receipt_is_not_observed() {
    for (source, certainty) in [
        (TimeSource::Producer, Certainty::Open),
        (TimeSource::Receipt, Certainty::Inferred),
        (TimeSource::ReceiptForImplausible, Certainty::Inferred),
    ] {
        let timeline = timeline(QueueType::InboundQueue, source, &[(Joined, 5_000, None)]);
        let phases: Vec<&Phase> = timeline.lanes.iter().flat_map(|lane| &lane.phases).collect();
        assert!(!phases.is_empty());
        assert!(phases.iter().all(|one| one.end.is_none() && one.certainty == certainty), "{phases:?}");
    }
}

#[test]
fn a_miss_after_the_talk_that_names_nobody_ends_the_talk() {
    let said = [
        (Joined, 0, None),
        (Offering, 1_000, Some(1)),
        (Bridged, 3_000, Some(1)),
        (Missed, 9_000, None),
        (Leaving, 20_000, None),
    ];
    let timeline = timeline(QueueType::ChatInboundQueue, TimeSource::Producer, &said);
    let expected = [(PhaseKind::Ring, Some(3_000)), (PhaseKind::Talk, Some(9_000))];
    assert_eq!(of_agents(&timeline), expected);
    assert_eq!((timeline.talk_ms, timeline.wrap_ms), (Some(6_000), None), "nobody talks after it");
}

#[test]
fn a_miss_of_an_agent_who_does_not_talk_ends_no_talk() {
    let said = [(Bridged, 3_000, Some(1)), (Missed, 9_000, Some(2)), (Leaving, 20_000, None)];
    let timeline = timeline(QueueType::ChatInboundQueue, TimeSource::Producer, &said);
    assert_eq!(of_agents(&timeline), [(PhaseKind::Talk, Some(20_000))]);
    assert_eq!(timeline.lanes[0].phases[0].end, Some(UnixMillis(20_000)), "the subscriber talks on");
    assert_eq!(timeline.talk_ms, Some(17_000));
}

#[test]
fn a_miss_after_the_answer_ends_what_the_agent_waited() {
    for agent in [Some(3), None] {
        let said = [(Answered, 1_000, Some(3)), (Missed, 5_000, agent)];
        let timeline = timeline(QueueType::PreviewDialer, TimeSource::Producer, &said);
        assert_eq!(of_agents(&timeline), [(PhaseKind::Wait, Some(5_000))]);
        assert_eq!((timeline.state, timeline.missed_by_agent), (AttemptState::Waiting, 1));
    }
}
