//! The catalogue, by numbers worked out by hand.

use attempt_ledger_projections::history::{Count, Item, Measure, Totals};
use attempt_ledger_projections::metrics::{
    HistoryKind, Identity, Measurement, Number, Operator, Parameters, Policy, Reason, Thresholds, Unit,
    catalogue, compute, find, metrics_of, to_markdown, values_needed,
};

/// The classes that a live answer goes before say so, and which version of them does.
#[test]
fn what_is_dropped_first_is_taken_from_the_formulas_of_the_others() {
    for key in ["n_flowed_out", "n_cancelled", "n_not_reached", "n_other"] {
        let metric = find(key).unwrap();
        assert!(metric.formula.contains("of no live answer") && metric.version == 2, "{key}");
    }
}

/// Ten offered: six answered after 5, 10, 15, 20, 25 and 30 s, three abandoned after 3, 8 and 40 s, one open;
/// and one answered attempt of which the joining is not known.
fn totals() -> Totals {
    let mut totals = Totals::default();
    let counts = [
        (Count::Offered, 10),
        (Count::JoinUnknown, 1),
        (Count::Answered, 7),
        (Count::AnsweredJoinUnknown, 1),
        (Count::Abandoned, 3),
        (Count::Open, 1),
        (Count::Handled, 8),
        (Count::Offers, 12),
        (Count::OffersBridged, 7),
        (Count::OffersWithdrawn, 1),
        (Count::MissedByAgent, 3),
        (Count::MissedByCaller, 1),
    ];
    for (count, times) in counts {
        totals.add(&Item::Count(count), times);
    }
    for seconds in [5, 10, 15, 20, 25, 30] {
        totals.add(&Item::Value(Measure::WaitAnswered, seconds * 1_000), 1);
    }
    for seconds in [3, 8, 40] {
        totals.add(&Item::Value(Measure::WaitAbandoned, seconds * 1_000), 1);
    }
    totals
}

fn short_abandon(ms: u64) -> Thresholds {
    Thresholds { short_abandon_ms: Some(ms), ..Thresholds::default() }
}

fn measured(key: &str, parameters: &Parameters) -> Measurement {
    find(key).expect("a metric of the catalogue").measure(&totals(), parameters)
}

fn ratio(key: &str) -> (Option<i64>, Option<i64>) {
    let measured = measured(key, &Parameters::default());
    (measured.numerator, measured.denominator)
}

#[test]
fn service_level_stands_under_every_policy_side_by_side() {
    let at_most = measured("service_level", &Parameters::default());
    let parts: Vec<_> = at_most
        .parts
        .iter()
        .map(|part| (part.name.as_str(), part.numerator.unwrap(), part.denominator.unwrap()))
        .collect();
    assert_eq!(
        parts,
        [
            ("abandons_ignored", 4, 8),
            ("abandons_negative", 4, 10),
            ("abandons_positive", 6, 10),
            ("genesys", 4, 9),
            ("answered_only", 4, 6),
            ("removed_in_x", 6, 10),
            ("webitel", 3, 11),
        ]
    );
    assert_eq!(at_most.value, Some(Number::Real(0.4)));
    let below =
        Parameters { operator: Operator::LessThan, policy: Policy::AnsweredOnly, ..Parameters::default() };
    let below = measured("service_level", &below);
    assert_eq!(
        (below.numerator, below.denominator, below.value),
        (Some(3), Some(6), Some(Number::Real(0.5)))
    );
}

#[test]
fn speed_of_answer_has_its_mean_and_its_percentiles() {
    let asa = measured("asa", &Parameters::default());
    assert_eq!(asa.value, Some(Number::Real(17_500.0)));
    let lie = asa.distribution.unwrap();
    assert_eq!((lie.count, lie.sum_ms, lie.min_ms, lie.max_ms), (6, 105_000, 5_000, 30_000));
    assert_eq!((lie.p50_ms, lie.p90_ms, lie.p95_ms), (15_000, 30_000, 30_000));
    assert_eq!(measured("max_wait", &Parameters::default()).value, Some(Number::Whole(40_000)));
    assert_eq!(ratio("wait_all"), (Some(156_000), Some(9)));
}

#[test]
fn short_abandons_need_the_queues_threshold() {
    let unknown = measured("n_short_abandoned", &Parameters::default());
    assert!(unknown.value.is_none() && unknown.reason == Some(Reason::NoShortAbandonThreshold));
    let known = Parameters { thresholds: short_abandon(8_000), ..Parameters::default() };
    assert_eq!(measured("n_short_abandoned", &known).value, Some(Number::Whole(2)), "at or before");
    let rate = measured("abandon_rate_excluding_short", &known);
    assert_eq!((rate.numerator, rate.denominator), (Some(1), Some(8)));
    assert_eq!(ratio("abandon_rate"), (Some(3), Some(10)));
}

#[test]
fn misses_of_the_agent_and_of_the_caller_are_told_apart() {
    assert_eq!(ratio("missed_rate"), (Some(3), Some(10)));
    assert_eq!(ratio("missed_rate_with_withdrawn"), (Some(5), Some(12)));
    assert_eq!(ratio("agent_answer_rate"), (Some(7), Some(12)));
}

#[test]
fn what_was_offered_is_in_exactly_one_class() {
    let identity = Identity::of(&totals());
    assert!(identity.holds, "{identity:?}");
    let mut wrong = totals();
    wrong.add(&Item::Count(Count::Abandoned), 1);
    assert!(!Identity::of(&wrong).holds);
}

#[test]
fn a_ratio_over_nothing_is_null_with_a_reason() {
    for definition in catalogue() {
        let measured = definition.measure(&Totals::default(), &Parameters::default());
        match measured.value {
            None => assert!(measured.reason.is_some(), "{}", definition.key),
            Some(value) => assert_eq!(value, Number::Whole(0), "{}", definition.key),
        }
    }
}

#[test]
fn a_ratio_over_less_than_nothing_is_null() {
    // By emit: two calls of the quarter before gave up in this one, where only one joined.
    let mut totals = Totals::default();
    totals.add(&Item::Count(Count::Offered), 1);
    for seconds in [2, 3] {
        totals.add(&Item::Count(Count::Abandoned), 1);
        totals.add(&Item::Value(Measure::WaitAbandoned, seconds * 1_000), 1);
    }
    let parameters = Parameters {
        thresholds: short_abandon(5_000),
        policy: Policy::AbandonsIgnored,
        ..Parameters::default()
    };
    for key in ["service_level", "abandon_rate_excluding_short"] {
        let measured = find(key).unwrap().measure(&totals, &parameters);
        assert_eq!((measured.numerator, measured.denominator), (Some(0), None), "{key}");
        assert_eq!((measured.value, measured.reason), (None, Some(Reason::CohortsDiffer)), "{key}");
        assert!(measured.parts.iter().all(|part| part.denominator.is_none_or(|it| it >= 0)), "{measured:?}");
        let share = find(key).unwrap().share(&totals, &parameters);
        assert_eq!(share.denominator, Some(-1), "{key}: shares add up to what is divided by");
    }
    let measured = find("abandon_rate").unwrap().measure(&totals, &parameters);
    assert_eq!((measured.value, measured.reason), (None, Some(Reason::CohortsDiffer)), "2 of 1");
    assert_eq!((measured.numerator, measured.denominator), (Some(2), Some(1)));
}

#[test]
fn thresholds_over_values_that_were_not_read_are_null_and_not_zero() {
    let mut unread = totals();
    for measure in Measure::ALL {
        unread.measure_mut(measure).values = Default::default();
    }
    let parameters = Parameters { thresholds: short_abandon(8_000), ..Parameters::default() };
    let keys = [
        "service_level",
        "n_short_abandoned",
        "n_abandoned_in_x",
        "abandon_rate_excluding_short",
        "max_wait",
    ];
    for key in keys {
        let measured = find(key).unwrap().measure(&unread, &parameters);
        assert!(measured.value.is_none() && measured.parts.iter().all(|part| part.value.is_none()), "{key}");
        let known = find(key).unwrap().measure(&totals(), &parameters);
        assert_eq!(measured.parts.len(), known.parts.len(), "{key} has the same columns");
        assert_eq!(measured.reason, Some(Reason::ValuesNotRead), "{key}");
    }
    let asa = find("asa").unwrap().measure(&unread, &parameters);
    assert_eq!((asa.value, asa.distribution), (Some(Number::Real(17_500.0)), None), "a mean needs none");
    unread.measure_mut(Measure::WaitAnswered).values = totals().measure(Measure::WaitAnswered).values.clone();
    assert!(
        find("wait_all").unwrap().measure(&unread, &parameters).distribution.is_none(),
        "some are not all"
    );
}

#[test]
fn attempts_whose_joining_is_not_known_are_named_where_they_are_left_out() {
    for key in ["n_offered", "abandon_rate", "service_level", "asa", "wait_all", "max_wait"] {
        assert_eq!(measured(key, &Parameters::default()).excluded, Some(1), "{key}");
    }
    // The one of which the joining is not known was answered.
    for key in ["abandon_time", "n_short_abandoned", "n_abandoned_in_x"] {
        assert_eq!(measured(key, &Parameters::default()).excluded, Some(0), "{key}");
    }
    for key in ["n_answered", "bridge_rate", "missed_rate", "talk_time"] {
        assert_eq!(measured(key, &Parameters::default()).excluded, None, "{key}");
    }
}

#[test]
fn what_events_cannot_give_answers_null_and_says_why() {
    for key in ["hold_time", "occupancy", "utilization", "list_penetration"] {
        let measured = measured(key, &Parameters::default());
        assert!(measured.value.is_none() && measured.reason.is_some(), "{key}");
    }
}

#[test]
fn every_definition_is_whole_and_its_key_its_own() {
    let mut keys: Vec<&str> = catalogue().map(|definition| definition.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), catalogue().count());
    for definition in catalogue() {
        let texts = [definition.name, definition.formula, definition.source];
        assert!(texts.iter().all(|text| !text.is_empty()), "{}", definition.key);
        assert!(definition.version > 0 && !definition.histories.is_empty(), "{}", definition.key);
    }
    assert!(metrics_of(HistoryKind::Agent).count() >= 10);
}

#[test]
fn a_metric_that_is_called_a_rate_is_measured_as_one() {
    for definition in catalogue() {
        let is_called_so = definition.key.split('_').any(|word| word == "rate");
        assert!(!is_called_so || definition.unit == Unit::Rate, "{}", definition.key);
    }
}

#[test]
fn the_values_that_a_metric_needs_are_those_that_it_declares() {
    let parameters = Parameters { thresholds: short_abandon(8_000), ..Parameters::default() };
    let all = totals();
    for definition in catalogue() {
        let needed = values_needed(&[definition]);
        let mut declared = all.clone();
        for measure in Measure::ALL.into_iter().filter(|measure| !needed.contains(measure)) {
            declared.measure_mut(measure).values = Default::default();
        }
        assert_eq!(compute(&declared, &parameters, &[definition]), compute(&all, &parameters, &[definition]));
    }
}

#[test]
fn the_page_for_people_is_the_catalogue() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        std::fs::write(page, to_markdown()).unwrap();
    }
    let written = std::fs::read_to_string(page).unwrap();
    assert!(
        written == to_markdown(),
        "docs/metrics.md is not the catalogue; hint: UPDATE_DOCUMENTS=1 cargo test"
    );
}
