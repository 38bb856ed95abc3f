//! Why a metric does not count an attempt: every metric against every class, and each condition by itself.

use attempt_ledger_domain::{AgentId, AttemptId, EventKind, Position, QueueId, QueueType, UnixMillis};
use attempt_ledger_projections::Seconds;
use attempt_ledger_projections::fold::{Rows, Step, StepFields, fold_regular};
use attempt_ledger_projections::metrics::{
    Candidate, HistoryKind, Parameters, Policy, Thresholds, catalogue, find, metrics_of,
};
use attempt_ledger_projections::{AttemptClass, Gap, LiveAnswer, OfferRow};

use EventKind::{Active, Bridged, Joined, Leaving, Missed, Offering, Processing};

/// 2026-03-02T09:00:00Z.
const NINE: i64 = 1_772_442_000_000;

/// The steps of an attempt of agent 5, at some seconds; `result` is what Leaving says.
fn steps(steps: &[(EventKind, i64)], result: &str, queue_type: QueueType) -> Vec<Step> {
    let step = |(event, second): &(EventKind, i64)| {
        let at = UnixMillis(NINE + second * 1_000);
        let agent_id = (![Joined, Leaving].contains(event)).then_some(AgentId(5));
        let result = (*event == Leaving).then(|| result.into());
        Step {
            position: Position(1),
            event: *event,
            queue_type: Some(queue_type),
            queue_id: Some(QueueId(7)),
            occurred_at: at,
            has_stated_time: true,
            recorded_at: at,
            fields: StepFields { agent_id, result, ..StepFields::default() },
        }
    };
    steps.iter().map(step).collect()
}

/// Its rows.
fn attempt(reported: &[(EventKind, i64)], result: &str, queue_type: QueueType) -> Rows {
    let mut steps = steps(reported, result, queue_type);
    fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row")
}

fn inbound(steps: &[(EventKind, i64)], result: &str) -> Rows {
    attempt(steps, result, QueueType::InboundQueue)
}

const HANDLED: [(EventKind, i64); 5] =
    [(Joined, 0), (Offering, 1), (Bridged, 5), (Processing, 20), (Leaving, 30)];
const WAITED: [(EventKind, i64); 2] = [(Joined, 0), (Leaving, 8)];

/// An attempt of a predictive queue whose member answered after some seconds, if that is known, and whose
/// voice was heard; without an agent.
fn dropped(answered_after: Option<i64>) -> Rows {
    let mut steps = steps(&WAITED, "abandoned", QueueType::PredictiveDialer);
    steps[1].fields.call_voice_sec = Seconds::of(1.0);
    let mut rows = fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row");
    rows.attempt.member_answered_at = answered_after.map(|second| UnixMillis(NINE + second * 1_000));
    rows
}

/// An ordinary attempt of each class.
fn of_class(class: AttemptClass) -> Rows {
    let rows = match class {
        AttemptClass::Answered => inbound(&HANDLED, "success"),
        AttemptClass::Abandoned => inbound(&WAITED, "abandoned"),
        AttemptClass::FlowedOut => inbound(&WAITED, "timeout"),
        AttemptClass::Cancelled => inbound(&WAITED, "cancel"),
        AttemptClass::NotReached => attempt(&WAITED, "abandoned", QueueType::PredictiveDialer),
        AttemptClass::Dropped => dropped(None),
        AttemptClass::Other => inbound(&WAITED, "something"),
        AttemptClass::Open => inbound(&[(Joined, 0), (Offering, 5)], ""),
    };
    assert_eq!(rows.attempt.class, class);
    rows
}

fn parameters() -> Parameters {
    Parameters {
        thresholds: Thresholds { short_abandon_ms: Some(5_000), ..Thresholds::default() },
        ..Parameters::default()
    }
}

/// The code of the reason, or nothing where the attempt counts.
fn why_not(key: &str, rows: &Rows, parameters: &Parameters) -> &'static str {
    let legs: Vec<&OfferRow> = rows.offers.iter().collect();
    let candidate = Candidate { attempt: &rows.attempt, legs: &legs, history: HistoryKind::Queue };
    let why = find(key).expect("a metric of the catalogue").why_not(candidate, parameters);
    why.map_or("", |why| {
        assert!(!why.sentence().is_empty(), "{why:?}");
        why.code()
    })
}

/// What is expected of an attempt of each class, in the order of `AttemptClass::ALL`: answered, abandoned,
/// flowed out, cancelled, not reached, dropped, other and open, which rings.
fn expected(key: &str) -> [&'static str; 8] {
    let all = |code| [code; 8];
    let only = |class: AttemptClass, code| AttemptClass::ALL.map(|one| if one == class { "" } else { code });
    let answered = |code| only(AttemptClass::Answered, code);
    // The answered one was offered, and the open one rings.
    let ends = |answered, left, open| [answered, left, left, left, left, left, left, open];
    // The dropped one and the one that was not reached stand in a predictive queue.
    let of_dialler = |not_reached, dropped| {
        let no = "not_dialled";
        [no, no, no, no, not_reached, dropped, no, no]
    };
    match key {
        "n_offered"
        | "abandon_rate"
        | "abandon_rate_excluding_short"
        | "service_level"
        | "bridge_rate"
        | "contact_rate_of_attempts" => all(""),
        "n_join_unknown" => all("join_known"),
        "n_answered" | "asa" => answered("class"),
        "n_handled" | "transfer_rate" => answered("not_handled"),
        "n_abandoned" | "n_abandoned_in_x" | "abandon_time" => only(AttemptClass::Abandoned, "class"),
        "n_short_abandoned" => {
            AttemptClass::ALL.map(|one| if one == AttemptClass::Abandoned { "longer_than" } else { "class" })
        }
        "n_flowed_out" => only(AttemptClass::FlowedOut, "class"),
        "n_cancelled" => only(AttemptClass::Cancelled, "class"),
        "n_not_reached" => only(AttemptClass::NotReached, "class"),
        "n_dropped" | "n_live_answers" | "dropped_rate" | "dropped_rate_two_seconds" => {
            of_dialler("answer_not_told", "")
        }
        "n_dropped_two_seconds" => of_dialler("answer_not_told", "answer_not_timed"),
        "n_other" => only(AttemptClass::Other, "class"),
        "n_open" => only(AttemptClass::Open, "class"),
        "n_left" => ends("", "", "not_left"),
        "wait_all" | "max_wait" => ends("", "", "class"),
        "asa_accept" => answered("not_accepted"),
        "first_offer_wait"
        | "n_offers"
        | "offers_per_attempt"
        | "first_offer_answer_rate"
        | "agent_answer_rate" => ends("", "not_offered", ""),
        "second_offer_answer_rate" => ends("not_offered_twice", "not_offered", "not_offered_twice"),
        "alert_time" => ends("", "not_offered", "ringing_open"),
        "answer_time" | "n_offers_bridged" | "missed_rate" | "missed_rate_with_withdrawn" => {
            answered("no_such_leg")
        }
        "talk_time" | "aht" => answered("not_bridged"),
        "acw_time" => answered("no_processing"),
        "n_offers_withdrawn" | "n_offers_answered" | "n_missed" | "n_missed_by_caller" => all("no_such_leg"),
        "n_offers_open" => only(AttemptClass::Open, "no_such_leg"),
        "n_attempts_missed" => all("not_missed"),
        "amd_machine_rate" => all("no_verdict"),
        "n_retries" | "retry_answer_rate" => all("not_retry"),
        "n_with_gap" => all("no_gap"),
        "n_with_conflict" => all("no_conflict"),
        "n_late" => all("not_late"),
        key => match find(key).and_then(attempt_ledger_projections::metrics::Definition::unknowable) {
            Some(_) => all("unknowable"),
            None => panic!("{key} has no line in this table"),
        },
    }
}

#[test]
fn every_metric_says_why_it_does_not_count_an_attempt_of_each_class() {
    for metric in catalogue() {
        let told = AttemptClass::ALL.map(|class| why_not(metric.key, &of_class(class), &parameters()));
        assert_eq!(told, expected(metric.key), "{}", metric.key);
    }
}

#[test]
fn each_condition_that_is_no_class_has_a_reason_of_its_own() {
    let plain = Parameters::default();
    let mut retry = of_class(AttemptClass::Abandoned);
    retry.attempt.attempt_seq = Some(2);
    let mut detected = of_class(AttemptClass::NotReached);
    detected.attempt.amd_result = Some("mashine".into());
    let mut odd = of_class(AttemptClass::Answered);
    (odd.attempt.is_late, odd.attempt.conflicts) = (true, 1);
    let unknown = inbound(&[(Offering, 1), (Missed, 9), (Leaving, 10)], "abandoned");
    let short = inbound(&[(Joined, 0), (Leaving, 3)], "abandoned");
    let accepted = attempt(&[(Joined, 0), (Offering, 1), (Active, 4)], "", QueueType::PreviewDialer);
    let machine = {
        let mut steps = steps(&WAITED, "abandoned", QueueType::ProgressiveDialer);
        steps[1].fields.amd_result = Some("MACHINE".into());
        fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row")
    };
    let connected = attempt(&HANDLED, "success", QueueType::PredictiveDialer);
    let timely = {
        let mut rows = connected.clone();
        rows.attempt.live_answer = Some(LiveAnswer::WaitAgent);
        rows.attempt.member_answered_at = Some(UnixMillis(NINE + 3_000));
        rows
    };
    let talking = inbound(&HANDLED[..3], "");
    let working = inbound(&HANDLED[..4], "");
    let table = [
        ("n_retries", &retry, parameters(), ""),
        ("amd_machine_rate", &detected, parameters(), ""),
        ("n_late", &odd, parameters(), ""),
        ("n_with_conflict", &odd, parameters(), ""),
        ("n_live_answers", &machine, parameters(), "no_live_answer"),
        ("n_dropped", &machine, parameters(), "class"),
        ("n_live_answers", &connected, parameters(), "answer_not_told"),
        ("n_dropped", &connected, parameters(), "answer_not_told"),
        ("n_dropped_two_seconds", &connected, parameters(), "answer_not_told"),
        ("n_dropped_two_seconds", &timely, parameters(), "connected_in_time"),
        ("n_dropped_two_seconds", &dropped(Some(7)), parameters(), "connected_in_time"),
        ("n_dropped_two_seconds", &dropped(Some(5)), parameters(), ""),
        ("n_offered", &unknown, parameters(), "join_unknown"),
        ("n_join_unknown", &unknown, parameters(), ""),
        ("abandon_rate", &unknown, parameters(), "join_unknown"),
        ("abandon_time", &unknown, parameters(), "join_unknown"),
        ("n_short_abandoned", &unknown, parameters(), "join_unknown"),
        ("first_offer_wait", &unknown, parameters(), "join_unknown"),
        ("n_missed", &unknown, parameters(), ""),
        ("n_attempts_missed", &unknown, parameters(), ""),
        ("n_short_abandoned", &short, plain.clone(), "no_threshold"),
        ("n_short_abandoned", &short, parameters(), ""),
        ("abandon_rate_excluding_short", &short, plain, "no_threshold"),
        ("abandon_rate_excluding_short", &short, parameters(), "short_abandon"),
        ("asa_accept", &accepted, parameters(), ""),
        ("n_handled", &talking, parameters(), ""),
        ("talk_time", &talking, parameters(), "talk_open"),
        ("aht", &talking, parameters(), "handling_open"),
        ("acw_time", &working, parameters(), "handling_open"),
        ("talk_time", &working, parameters(), ""),
    ];
    for (key, rows, parameters, code) in table {
        assert_eq!(why_not(key, rows, &parameters), code, "{key} of {rows:?}");
    }
}

#[test]
fn what_rests_on_the_time_of_a_receipt_is_counted_and_not_measured() {
    let untimed = |rows: &[(EventKind, i64)], result: &str, event: EventKind| {
        let mut steps = steps(rows, result, QueueType::InboundQueue);
        steps.iter_mut().filter(|step| step.event == event).for_each(|step| step.has_stated_time = false);
        fold_regular(AttemptId(1), &mut steps).expect("a regular attempt").expect("a row")
    };
    let bridged = untimed(&HANDLED, "success", Bridged);
    let left = untimed(&WAITED, "abandoned", Leaving);
    for (key, rows, code) in [
        ("n_answered", &bridged, ""),
        ("asa", &bridged, "time_of_receipt"),
        ("talk_time", &bridged, "time_of_receipt"),
        ("aht", &bridged, "time_of_receipt"),
        ("answer_time", &bridged, "time_of_receipt"),
        ("service_level", &bridged, "time_of_receipt"),
        ("acw_time", &bridged, ""),
        ("n_abandoned", &left, ""),
        ("abandon_rate", &left, ""),
        ("abandon_time", &left, "time_of_receipt"),
        ("n_short_abandoned", &left, "time_of_receipt"),
        ("abandon_rate_excluding_short", &left, "time_of_receipt"),
        ("service_level", &left, "time_of_receipt"),
    ] {
        assert_eq!(why_not(key, rows, &parameters()), code, "{key} of {rows:?}");
    }
    assert_eq!((bridged.attempt.wait_ms, bridged.offers[0].ring_ms), (None, None));
    assert_eq!(bridged.attempt.wrap_ms, Some(10_000));
    assert!(bridged.attempt.gaps.has(Gap::TimeOfReceipt));
}

#[test]
fn the_service_level_says_which_attempts_its_policy_has_no_place_for() {
    let under = |policy| Parameters {
        policy,
        thresholds: Thresholds { service_level_ms: Some(9_000), ..Thresholds::default() },
        ..Parameters::default()
    };
    let unknown = inbound(&[(Offering, 1), (Missed, 9), (Leaving, 10)], "abandoned");
    let (abandoned, open) = (of_class(AttemptClass::Abandoned), of_class(AttemptClass::Open));
    for (policy, codes) in [
        (Policy::AbandonsNegative, ["join_unknown", "", ""]),
        (Policy::AbandonsIgnored, ["join_unknown", "short_abandon", ""]),
        (Policy::Genesys, ["join_unknown", "", "class"]),
        (Policy::AnsweredOnly, ["join_unknown", "class", "class"]),
        (Policy::Webitel, ["", "", ""]),
    ] {
        let told = [&unknown, &abandoned, &open].map(|rows| why_not("service_level", rows, &under(policy)));
        assert_eq!(told, codes, "{policy:?}");
    }
}

#[test]
fn reasons_claim_nothing_about_what_is_not_asked() {
    let rows = of_class(AttemptClass::Answered);
    let sentence = |key: &str, history, legs: &[&OfferRow]| {
        let candidate = Candidate { attempt: &rows.attempt, legs, history };
        find(key).unwrap().why_not(candidate, &parameters()).unwrap().sentence()
    };
    for (key, told) in [
        ("n_handled", "no leg of this agent's was connected"),
        ("talk_time", "no leg of this agent's was connected"),
        ("n_offers", "no offer to this agent was reported"),
        ("acw_time", "no after-call work of this agent was reported"),
        ("n_missed", "no leg of this agent's was missed by the agent"),
    ] {
        assert_eq!(sentence(key, HistoryKind::Agent, &[]), told, "{key}");
    }
    let mut unreported = rows.offers.clone();
    unreported.iter_mut().for_each(|leg| leg.offered_at = None);
    let legs: Vec<&OfferRow> = unreported.iter().collect();
    for (key, told) in [
        ("n_offers_bridged", "no reported offer of it was connected"),
        ("answer_time", "no reported offer of it was connected"),
        ("missed_rate", "no reported offer of it was connected, and no leg of it was missed by the agent"),
        ("n_with_gap", "no event of it proves that another was lost"),
    ] {
        assert_eq!(sentence(key, HistoryKind::Queue, &legs), told, "{key}");
    }
}

#[test]
fn in_an_agents_history_only_the_agents_legs_decide() {
    let rows = of_class(AttemptClass::Answered);
    for metric in metrics_of(HistoryKind::Agent).filter(|metric| metric.unknowable().is_none()) {
        let candidate = Candidate { attempt: &rows.attempt, legs: &[], history: HistoryKind::Agent };
        assert!(metric.why_not(candidate, &parameters()).is_some(), "{} counts another's leg", metric.key);
    }
}
