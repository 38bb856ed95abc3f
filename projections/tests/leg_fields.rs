//! What rows say of the agents' legs: each what was reported with its own agent.

use attempt_ledger_domain::{AgentId, AttemptId, EventKind, Position, QueueId, QueueType, UnixMillis};
use attempt_ledger_projections::fold::{Rows, Step, StepFields, fold_regular};
use attempt_ledger_projections::{OfferRow, Seconds};
use serde_json::{Value, json};

use EventKind::{Bridged, Leaving, Missed, Offering, Processing};

/// Rows from these events, a second apart, each with its payload.
fn rows(queue_type: QueueType, deliveries: &[(EventKind, Value)]) -> Rows {
    let step = |(second, (event, payload)): (i64, &(EventKind, Value))| Step {
        position: Position(second.unsigned_abs() + 1),
        event: *event,
        queue_type: Some(queue_type),
        queue_id: Some(QueueId(17)),
        occurred_at: UnixMillis(1_772_442_000_000 + second * 1_000),
        has_stated_time: true,
        recorded_at: UnixMillis(1_772_442_000_000 + second * 1_000),
        fields: StepFields::parse(payload.to_string().as_bytes()).expect("an object"),
    };
    let mut steps: Vec<Step> = (0..).zip(deliveries).map(step).collect();
    fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row")
}

/// Each leg's agent, and the id of that agent's leg of the call.
fn agents_and_ids(rows: &Rows) -> Vec<(i64, Option<&str>)> {
    let told = |leg: &OfferRow| leg.agent_id.map_or(0, |agent| agent.0);
    rows.offers.iter().map(|leg| (told(leg), leg.agent_channel_id.as_deref())).collect()
}

/// After a change of agents that no event reports, the dialer goes on with the first agent's id.
#[test]
fn a_new_agent_does_not_get_the_leg_of_the_one_before() {
    let of = |agent: i64| json!({ "agent_id": agent, "agent_channel_id": "first" });
    for later in [Bridged, Processing] {
        let told = rows(
            QueueType::PreviewDialer,
            &[(Offering, of(5)), (Bridged, of(5)), (later, of(6)), (Leaving, of(6))],
        );
        assert_eq!(agents_and_ids(&told), [(5, Some("first")), (6, None)], "{later:?}");
        assert_eq!((told.attempt.agent_id, told.attempt.agent_channel_id), (Some(AgentId(6)), None));
    }
}

/// Progressive dialers report the new agent's leg after a while.
#[test]
fn a_new_agents_own_leg_counts_where_it_is_reported() {
    let of = |agent: i64, id: &str| json!({ "agent_id": agent, "agent_channel_id": id });
    let told = rows(
        QueueType::ProgressiveDialer,
        &[
            (Offering, of(5, "first")),
            (Bridged, of(5, "first")),
            (Processing, of(6, "first")),
            (Leaving, of(6, "second")),
        ],
    );
    assert_eq!(agents_and_ids(&told), [(5, Some("first")), (6, Some("second"))]);
    assert_eq!(told.attempt.agent_channel_id.as_deref(), Some("second"));
}

/// In a chat the agents' id is that of the conversation, which each of them has.
#[test]
fn the_agents_of_a_chat_share_its_session() {
    let of = |agent: i64| json!({ "agent_id": agent, "agent_channel_id": "session" });
    let told = rows(
        QueueType::ChatInboundQueue,
        &[(Offering, of(5)), (Missed, of(5)), (Offering, of(6)), (Bridged, of(6)), (Leaving, of(6))],
    );
    assert_eq!(agents_and_ids(&told), [(5, Some("session")), (6, Some("session"))]);
    assert_eq!(told.attempt.agent_channel_id.as_deref(), Some("session"));
}

/// A report that names no agent makes an id nobody's.
#[test]
fn an_id_that_was_reported_without_an_agent_first_is_free() {
    let told = rows(
        QueueType::InboundQueue,
        &[
            (Offering, json!({ "agent_channel_id": "x" })),
            (Bridged, json!({ "agent_id": 5, "agent_channel_id": "x" })),
        ],
    );
    assert_eq!(agents_and_ids(&told), [(0, Some("x")), (5, Some("x"))]);
}

#[test]
fn a_leg_has_the_members_name_and_the_calls_seconds() {
    let seconds = |agent: i64, bill: f64| {
        json!({ "agent_id": agent, "member_name": "Taras", "call_bill_sec": bill,
            "call_duration": bill + 3.5, "call_voice_sec": bill + 1.0 })
    };
    let mut end = seconds(6, 20.0);
    end["member_name"] = json!("a user's variable");
    let told = rows(
        QueueType::InboundQueue,
        &[
            (Offering, seconds(5, 0.0)),
            (Missed, json!({ "agent_id": 5, "call_duration": "-1" })),
            (Offering, seconds(6, 0.0)),
            (Bridged, seconds(6, 0.0)),
            (Leaving, end),
        ],
    );
    let of = |number| Seconds::of(number);
    let [first, second] = &told.offers[..] else { panic!("two legs: {:?}", told.offers) };
    assert_eq!((first.member_name.as_deref(), second.member_name.as_deref()), (Some("Taras"), Some("Taras")));
    let lengths = |leg: &OfferRow| (leg.call_bill_sec, leg.call_duration, leg.call_voice_sec);
    assert_eq!(lengths(first), (of(0.0), of(3.5), of(1.0)), "what comes later is of the other leg");
    assert_eq!(lengths(second), (of(20.0), of(23.5), of(21.0)), "the last report counts");
}
