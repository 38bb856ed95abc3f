//! Dialled members who answered and got no agent: by queue type, evidence and result.

use attempt_ledger_domain::{
    AgentId, AttemptId, EventKind, Observation, Position, QueueId, QueueType, UnixMillis,
};
use attempt_ledger_projections::LiveAnswer;
use attempt_ledger_projections::fold::{ObservationStep, Rows, Step, StepFields, fold_regular};
use attempt_ledger_projections::history::{Attribution, Scope, Totals, contributions};
use attempt_ledger_projections::metrics::{Identity, Measurement, Number, Parameters, Reason, find};

use EventKind::{Bridged, Leaving, Missed, Offering};

/// When each of the attempts below begins.
const STARTED_AT: i64 = 1_772_442_000_000;

/// An attempt from events, each a second after the one before; the last one carries `payload`.
fn rows(queue_type: QueueType, events: &[EventKind], payload: &str) -> Rows {
    let at = |index: i64| UnixMillis(STARTED_AT + index * 1_000);
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
const NEGATIVE: &str = r#""call_voice_sec":"-1""#;
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
        (NEGATIVE.to_owned(), ["not_reached"; 3]),
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
fn a_length_of_no_voice_says_nothing_of_an_answer() {
    for sent in [SILENCE, NEGATIVE] {
        let answer = |payload: &str| rows(QueueType::ProgressiveDialer, LEFT, payload).attempt.live_answer;
        assert_eq!(answer(&format!("{{{sent}}}")), None, "{sent}");
        assert_eq!(answer(&format!("{{{sent},{MACHINE}}}")), Some(LiveAnswer::Nobody), "{sent}");
        let talked = rows(QueueType::ProgressiveDialer, TALKED, &format!("{{{sent}}}"));
        assert_eq!(talked.attempt.live_answer, Some(LiveAnswer::Connection), "{sent}");
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

/// What some attempts add up to, by their start.
fn totals(attempts: &[Rows]) -> Totals {
    let mut totals = Totals::default();
    for rows in attempts {
        let contributions = contributions(&rows.attempt, &rows.offers);
        let counts = |scope| matches!(scope, Scope::Queue(_));
        let by_start = contributions
            .iter()
            .filter(|one| one.key.attribution == Attribution::Start && counts(one.key.scope));
        by_start.for_each(|one| totals.add(&one.item, 1));
    }
    totals
}

fn measured(key: &str, attempts: &[Rows]) -> Measurement {
    find(key).expect("a metric of the catalogue").measure(&totals(attempts), &Parameters::default())
}

/// An attempt of a predictive queue whose member had answered at the beginning, if `is_timed`.
fn predictive(events: &[EventKind], payload: &str, is_timed: bool) -> Rows {
    let rows = rows(QueueType::PredictiveDialer, events, payload);
    let started_at = rows.attempt.started_at;
    if is_timed { rows.with_observations(&[wait(started_at.0, true)]) } else { rows }
}

const KEYS: [&str; 5] =
    ["n_dropped", "n_live_answers", "dropped_rate", "n_dropped_two_seconds", "dropped_rate_two_seconds"];

#[test]
fn the_rate_is_of_live_answers() {
    let human = format!("{{{HUMAN}}}");
    let attempts = [
        predictive(LEFT, &human, true),
        // An agent one second after the answer, and one three seconds after it.
        predictive(TALKED, &human, true),
        predictive(&[Offering, Offering, Offering, Bridged, Leaving], &human, true),
        predictive(LEFT, &format!("{{{MACHINE}}}"), false),
        predictive(LEFT, &format!("{{{NOTHING}}}"), false),
    ];
    let values = KEYS.map(|key| measured(key, &attempts).value.unwrap());
    let third = Number::Real(1.0 / 3.0);
    assert_eq!(values, [Number::Whole(1), Number::Whole(3), third, Number::Whole(1), third]);
    let identity = Identity::of(&totals(&attempts));
    assert!(identity.holds && identity.dropped == 1, "{identity:?}");
}

#[test]
fn who_still_waits_is_alive_and_not_dropped_yet() {
    let waiting = [predictive(&[Offering], &format!("{{{HUMAN}}}"), true)];
    let told = KEYS.map(|key| measured(key, &waiting).value.unwrap());
    let nothing = (Number::Whole(0), Number::Real(0.0));
    assert_eq!(told, [nothing.0, Number::Whole(1), nothing.1, nothing.0, nothing.1]);
}

#[test]
fn connections_of_a_queue_that_tells_no_answers_do_not_thin_the_rate() {
    let human = format!("{{{HUMAN}}}");
    let telling = [predictive(LEFT, &human, true), predictive(TALKED, &human, true)];
    let untelling = [predictive(TALKED, "{}", false), predictive(TALKED, "{}", false)];
    let together = [telling.as_slice(), untelling.as_slice()].concat();
    for key in KEYS {
        let [alone, all] = [&telling, together.as_slice()].map(|attempts| measured(key, attempts));
        assert_eq!((alone.excluded, all.excluded), (Some(0), Some(2)), "{key}");
        assert_eq!(all, Measurement { excluded: Some(2), ..alone }, "{key}");
    }
    let rate = measured("dropped_rate", &together);
    assert_eq!((rate.value, rate.denominator), (Some(Number::Real(0.5)), Some(2)));
}

#[test]
fn what_hooks_cannot_tell_is_null_with_its_reason() {
    let why = |key: &str, attempts: &[Rows]| {
        let measured = measured(key, attempts);
        assert!(measured.value.is_none() || measured.reason.is_none(), "{measured:?}");
        measured.reason
    };
    let untold = [predictive(TALKED, "{}", false), predictive(LEFT, &format!("{{{NOTHING}}}"), false)];
    let inbound = [rows(QueueType::InboundQueue, LEFT, &format!("{{{HUMAN}}}"))];
    for key in KEYS {
        assert_eq!(why(key, &untold), Some(Reason::AnswerNotTold), "{key}");
        assert_eq!(why(key, &inbound), Some(Reason::NotDialled), "{key}");
        assert_eq!(why(key, &[]), Some(Reason::NotDialled), "{key} of nothing");
    }
    let untimed =
        [predictive(LEFT, &format!("{{{HUMAN}}}"), true), predictive(TALKED, &format!("{{{HUMAN}}}"), false)];
    let reasons = KEYS.map(|key| why(key, &untimed));
    let not_timed = Some(Reason::AnswerNotTimed);
    assert_eq!(reasons, [None, None, None, not_timed, not_timed]);
    assert_eq!(measured("dropped_rate", &untimed).value, Some(Number::Real(0.5)));
}

/// From an observation to its recording: after every event of the attempts above.
const RECORDING_MS: i64 = 60_000;

/// The dialer looks for an agent; the later, the later recorded.
fn wait(at: i64, has_stated_time: bool) -> ObservationStep {
    ObservationStep {
        position: Position(at.unsigned_abs()),
        observation: Observation::WaitAgent,
        occurred_at: UnixMillis(at),
        has_stated_time,
        recorded_at: UnixMillis(at + RECORDING_MS),
        queue_type: Some(QueueType::PredictiveDialer),
        queue_id: Some(QueueId(7)),
        is_implausible: false,
    }
}

#[test]
fn waiting_for_an_agent_says_that_the_member_answered_where_agents_are_dialled_ahead_of() {
    let at = STARTED_AT - 500;
    let payload = format!(r#"{{"cc_result":"abandoned",{NOTHING}}}"#);
    for queue_type in QueueType::ALL {
        let without = rows(queue_type, LEFT, &payload);
        let attempt = without.clone().with_observations(&[wait(at, true)]).attempt;
        if queue_type == QueueType::PredictiveDialer {
            assert_eq!((attempt.class.name(), attempt.live_answer), ("dropped", Some(LiveAnswer::WaitAgent)));
            assert_eq!(attempt.member_answered_at, Some(UnixMillis(at)));
            let last = (attempt.last_position, attempt.last_recorded_at);
            assert_eq!(
                last,
                (Position(at.unsigned_abs()), UnixMillis(at + RECORDING_MS)),
                "it bears on the row"
            );
            assert_eq!(attempt.first_position, without.attempt.first_position, "it makes no attempt");
        } else {
            assert_eq!(attempt, without.attempt, "{queue_type}");
        }
        let others = [Observation::AgentStatus, Observation::AddMember];
        let others = others.map(|observation| ObservationStep { observation, ..wait(at, true) });
        assert_eq!(without.clone().with_observations(&others), without, "{queue_type}");
    }
    let waited =
        |events| rows(QueueType::PredictiveDialer, events, "{}").with_observations(&[wait(at, true)]);
    let connected = waited(TALKED).attempt;
    assert_eq!((connected.class.name(), connected.live_answer), ("answered", Some(LiveAnswer::WaitAgent)));
    assert_eq!(waited(&[Offering]).attempt.class.name(), "open");
}

#[test]
fn of_several_waits_the_first_counts_and_none_where_one_states_no_time() {
    let since = |waits: &[(i64, bool)]| {
        let waits: Vec<_> = waits.iter().map(|(at, is_stated)| wait(*at, *is_stated)).collect();
        let rows = rows(QueueType::PredictiveDialer, LEFT, "{}").with_observations(&waits);
        rows.attempt.member_answered_at.map(|at| at.0)
    };
    assert_eq!(since(&[]), None);
    assert_eq!(since(&[(9, true), (5, true), (7, true)]), Some(5));
    assert_eq!(since(&[(9, true), (5, false)]), None);
    assert_eq!(since(&[(9, false), (5, true)]), None, "it can have been the first");
}

#[test]
fn a_wait_after_an_offer_or_a_miss_was_not_the_first() {
    let since = |events, after_ms| {
        let waits = [wait(STARTED_AT + after_ms, true)];
        rows(QueueType::PredictiveDialer, events, "{}").with_observations(&waits).attempt.member_answered_at
    };
    let retried: &[EventKind] = &[Offering, Missed, Offering, Bridged];
    let missed: &[EventKind] = &[EventKind::Joined, Missed, Offering, Bridged];
    assert_eq!(since(retried, 0), Some(UnixMillis(STARTED_AT)));
    assert_eq!(since(retried, 1_000), None, "an agent was offered before");
    assert_eq!(since(missed, 1_000), Some(UnixMillis(STARTED_AT + 1_000)));
    assert_eq!(since(missed, 1_001), None, "an agent missed before");
    let lost =
        rows(QueueType::PredictiveDialer, retried, "{}").with_observations(&[wait(STARTED_AT + 2_500, true)]);
    assert_eq!(measured("n_dropped_two_seconds", &[lost]).reason, Some(Reason::AnswerNotTimed));
}

#[test]
fn who_left_within_two_seconds_is_not_dropped_by_their_rule() {
    let waited = |after_ms: i64| {
        let events = [EventKind::Joined, Offering, Missed, Leaving];
        rows(QueueType::PredictiveDialer, &events, "{}")
            .with_observations(&[wait(STARTED_AT + 3_000 - after_ms, true)])
    };
    for (after_ms, is_dropped) in [(2_000, 0), (2_001, 1)] {
        let attempts = [waited(after_ms)];
        let counts = ["n_dropped", "n_dropped_two_seconds"].map(|key| measured(key, &attempts).value);
        assert_eq!(counts, [Some(Number::Whole(1)), Some(Number::Whole(is_dropped))], "{after_ms} ms");
    }
}

#[test]
fn a_wait_that_cannot_be_makes_nobody_answer() {
    let [before, after_all] = [wait(STARTED_AT - 500, true), wait(STARTED_AT + 1_001, true)];
    let with = |events, payload: &str, wait: ObservationStep| {
        let rows = rows(QueueType::PredictiveDialer, events, payload).with_observations(&[wait]);
        (rows.attempt.class.name(), rows.attempt.live_answer, rows.attempt.member_answered_at)
    };
    let unstated = ObservationStep { has_stated_time: false, ..after_all };
    let nothing_known = ObservationStep { queue_type: None, queue_id: None, ..before };
    let dropped = |since: Option<i64>| ("dropped", Some(LiveAnswer::WaitAgent), since.map(UnixMillis));
    for (wait, since) in
        [(before, Some(before.occurred_at.0)), (nothing_known, Some(before.occurred_at.0)), (unstated, None)]
    {
        assert_eq!(with(LEFT, "{}", wait), dropped(since), "{wait:?}");
    }
    let impossible = [
        after_all,
        ObservationStep { queue_id: Some(QueueId(8)), ..before },
        ObservationStep { queue_type: Some(QueueType::ProgressiveDialer), ..before },
        ObservationStep { has_stated_time: false, is_implausible: true, ..before },
    ];
    for wait in impossible {
        assert_eq!(with(LEFT, "{}", wait), ("other", None, None), "{wait:?}");
        let answered = ("answered", Some(LiveAnswer::Connection), None);
        assert_eq!(with(&[Offering, Bridged], "{}", wait), answered, "{wait:?}, connected");
    }
    let machine = format!("{{{MACHINE}}}");
    assert_eq!(with(LEFT, &machine, before), ("other", Some(LiveAnswer::Nobody), None), "a machine answered");
}
