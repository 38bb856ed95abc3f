//! As much goes wrong as the scenario says.

use super::*;

/// Deliveries that do not parse, have no numeric attempt, or claim an impossible time.
fn malformed_of_10_000(scenario: Scenario) -> usize {
    let mut malformed = 0;
    let mut all = 0;
    for delivery in deliveries(&options(scenario, 4_000)) {
        all += 1;
        let repeated = delivery.body.matches("\"attempt_id\"").count() > 1;
        let plausible = fields(&delivery).is_some_and(|fields| {
            number(&fields, "attempt_id").is_some()
                && number(&fields, "timestamp")
                    .is_some_and(|at| (MIDNIGHT.0..=delivery.sent_at.0).contains(&at))
        });
        malformed += usize::from(repeated || !plausible);
    }
    malformed * 10_000 / all
}

fn unlawful_of_10_000(scenario: Scenario) -> usize {
    let mut all = 0;
    let mut unlawful = 0;
    for delivery in deliveries(&options(scenario, 4_000)) {
        all += 1;
        unlawful +=
            usize::from(delivery.hook.event().is_some_and(|event| !delivery.queue_type.has_event(event)));
    }
    unlawful * 10_000 / all
}

#[test]
fn a_clean_day_has_nothing_malformed() {
    assert_eq!(malformed_of_10_000(Scenario::Clean), 0);
    assert_eq!(unlawful_of_10_000(Scenario::Clean), 0);
}

#[test]
fn a_normal_day_has_a_few_malformed_deliveries() {
    let found = malformed_of_10_000(Scenario::Normal);
    assert!((8..45).contains(&found), "{found}");
}

#[test]
fn a_broken_day_has_many_malformed_and_unlawful_deliveries() {
    let malformed = malformed_of_10_000(Scenario::Broken);
    assert!((1_000..2_000).contains(&malformed), "{malformed}");
    let unlawful = unlawful_of_10_000(Scenario::Broken);
    assert!((50..500).contains(&unlawful), "{unlawful}");
}

#[test]
fn a_normal_day_has_shuffled_repeated_late_and_double_deliveries() {
    let mut bodies: BTreeMap<String, usize> = BTreeMap::new();
    let mut latest: BTreeMap<i64, i64> = BTreeMap::new();
    let mut left: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    let (mut shuffled, mut late) = (0, 0);
    for delivery in deliveries(&options(Scenario::Normal, 12_000)) {
        *bodies.entry(delivery.body.clone()).or_default() += 1;
        let Some(fields) = fields(&delivery) else {
            continue;
        };
        let known = (number(&fields, "attempt_id"), number(&fields, "timestamp"));
        let (Some(attempt_id), Some(at)) = known else {
            continue;
        };
        let latest = latest.entry(attempt_id).or_insert(at);
        shuffled += usize::from(at < *latest);
        *latest = at.max(*latest);
        late += usize::from(delivery.sent_at.0 - at > 600_000);
        if delivery.hook == EventKind::Leaving.into() {
            left.entry(attempt_id).or_default().push(at);
        }
    }
    let repeated = bodies.values().filter(|times| **times > 1).count();
    let raced = left.values().filter(|at| at.iter().any(|one| at.contains(&(one + 9)))).count();
    assert!(shuffled > 50, "{shuffled}");
    assert!(repeated > 50, "{repeated}");
    assert!(late > 10, "{late}");
    assert!(raced > 0, "no two ends nine milliseconds apart");
}
