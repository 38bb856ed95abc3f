//! Dialled members who answered and got no agent: by queue type, evidence and result.

use attempt_ledger_domain::{AgentId, AttemptId, EventKind, Position, QueueId, QueueType, UnixMillis};
use attempt_ledger_projections::fold::{Rows, Step, StepFields, fold_regular};

use EventKind::{Bridged, Leaving, Missed, Offering};

/// An attempt from events, each a second after the one before; the last one carries `payload`.
fn rows(queue_type: QueueType, events: &[EventKind], payload: &str) -> Rows {
    let at = |index: i64| UnixMillis(1_772_442_000_000 + index * 1_000);
    let step = |(index, event): (i64, &EventKind)| {
        let fields = StepFields::parse(payload.as_bytes()).expect("an object");
        let is_last = usize::try_from(index) == Ok(events.len() - 1);
        let fields = if is_last { fields } else { StepFields::default() };
        Step {
            position: Position(1),
            event: *event,
            queue_type: Some(queue_type),
            queue_id: Some(QueueId(7)),
            occurred_at: at(index),
            has_stated_time: true,
            recorded_at: at(index),
            fields: StepFields { agent_id: (*event != Leaving).then_some(AgentId(5)), ..fields },
        }
    };
    let mut steps: Vec<Step> = (0..).zip(events).map(step).collect();
    fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row")
}

const LEFT: &[EventKind] = &[Offering, Leaving];
const TALKED: &[EventKind] = &[Offering, Bridged, Leaving];
const HUMAN: &str = r#""amd_result":"HUMAN""#;
const AI_HUMAN: &str = r#""amd_ai_result":"human""#;
const NOT_SURE: &str = r#""amd_result":"NOTSURE""#;
const MACHINE: &str = r#""amd_result":"MASHINE""#;
const VOICEMAIL: &str = r#""amd_ai_result":"voicemail""#;
const VOICE: &str = r#""call_voice_sec":"3.5""#;
const SILENCE: &str = r#""call_voice_sec":"0""#;
const NOTHING: &str = r#""call_cause":"NO_ANSWER""#;

#[test]
fn a_dialled_member_who_answered_and_got_no_agent_is_dropped() {
    let [preview, progressive, predictive] =
        [QueueType::PreviewDialer, QueueType::ProgressiveDialer, QueueType::PredictiveDialer];
    // What was sent, and the class in preview, progressive and predictive queues with result abandoned.
    for (sent, classes) in [
        (HUMAN.to_owned(), ["dropped"; 3]),
        (AI_HUMAN.to_owned(), ["dropped"; 3]),
        (VOICE.to_owned(), ["not_reached", "dropped", "dropped"]),
        (format!("{NOT_SURE},{VOICE}"), ["not_reached", "dropped", "dropped"]),
        (format!("{HUMAN},{SILENCE}"), ["dropped"; 3]),
        (format!("{MACHINE},{VOICE}"), ["not_reached"; 3]),
        (format!("{VOICEMAIL},{VOICE}"), ["not_reached"; 3]),
        (format!("{MACHINE},{AI_HUMAN}"), ["not_reached"; 3]),
        (SILENCE.to_owned(), ["not_reached"; 3]),
        (NOT_SURE.to_owned(), ["not_reached"; 3]),
        (NOTHING.to_owned(), ["not_reached"; 3]),
    ] {
        for (queue_type, class) in [preview, progressive, predictive].into_iter().zip(classes) {
            let payload = format!(r#"{{"cc_result":"Abandoned",{sent}}}"#);
            let told = rows(queue_type, LEFT, &payload).attempt.class.name();
            assert_eq!(told, class, "{payload} in {queue_type}");
        }
    }
}

#[test]
fn whatever_the_result_says() {
    for result in ["abandoned", "failed", "cancel", "timeout", "success", "передзвонити", ""] {
        let payload = format!(r#"{{"cc_result":"{result}",{HUMAN}}}"#);
        let left = rows(QueueType::PredictiveDialer, LEFT, &payload);
        assert_eq!(left.attempt.class.name(), "dropped", "{result}");
        let missed = rows(QueueType::ProgressiveDialer, &[Offering, Missed, Leaving], &payload);
        assert_eq!(missed.attempt.class.name(), "dropped", "{result}, missed");
        let talked = rows(QueueType::PredictiveDialer, TALKED, &payload);
        assert_eq!(talked.attempt.class.name(), "answered", "{result}, connected");
    }
    let open = rows(QueueType::PredictiveDialer, &[Offering], &format!("{{{HUMAN}}}"));
    assert_eq!(open.attempt.class.name(), "open", "an agent may still come");
}

#[test]
fn nobody_is_dropped_where_no_agent_is_dialled_for() {
    for queue_type in QueueType::ALL.into_iter().filter(|one| !(one.dials() && one.has_agents())) {
        let payload = format!(r#"{{"cc_result":"abandoned",{HUMAN},{VOICE}}}"#);
        let class = rows(queue_type, LEFT, &payload).attempt.class.name();
        assert_ne!(class, "dropped", "{queue_type}");
    }
}
