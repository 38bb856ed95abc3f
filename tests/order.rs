//! The order and number of deliveries do not matter: the timeline is the same.

mod support;

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use self::support::{Hook, told, traces};
use crate::support::seed::seed;
use attempt_ledger::seed::{ArrivalPattern, Scenario, SeedOptions, deliveries};

/// Every permutation, each once.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for shorter in permutations(count - 1) {
        for place in 0..count {
            let mut longer = shorter.clone();
            longer.insert(place, count - 1);
            all.push(longer);
        }
    }
    all
}

/// Delivers each hook one to three times in a random order.
fn shuffled_and_repeated(hooks: &[Hook], random: &mut ChaCha8Rng) -> Vec<Hook> {
    let mut all: Vec<Hook> = hooks.to_vec();
    for hook in hooks {
        for _ in 0..random.random_range(0..=2) {
            all.push(hook.clone());
        }
    }
    all.shuffle(random);
    all
}

#[tokio::test]
async fn a_trace_tells_the_same_in_every_order() {
    for trace in traces() {
        let expected = told(&trace.hooks).await;
        if trace.hooks.len() <= 7 {
            for order in permutations(trace.hooks.len()) {
                let hooks: Vec<Hook> = order.iter().map(|index| trace.hooks[*index].clone()).collect();
                assert_eq!(told(&hooks).await, expected, "{} in order {order:?}", trace.file);
            }
        }
        let seed = seed();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..300 {
            let hooks = shuffled_and_repeated(&trace.hooks, &mut random);
            assert_eq!(told(&hooks).await, expected, "{} with ATTEMPT_LEDGER_TEST_SEED={seed}", trace.file);
        }
    }
}

#[tokio::test]
async fn a_trace_tells_what_its_manifest_says() {
    for trace in traces() {
        let told = told(&trace.hooks).await;
        let attempt_id = trace.attempt_id();
        let Some(timeline) = told.iter().find(|it| it["attempt_id"].as_i64() == attempt_id) else {
            assert_eq!(trace.file, "17_member_expired_no_attempt.ndjson", "only it names no attempt");
            continue;
        };
        let manifest = &trace.manifest;
        let same = |ours: &str, theirs: &str| {
            if let Some(expected) = manifest.get(theirs) {
                assert_eq!(timeline.get(ours).unwrap_or(&Value::Null), expected, "{} {ours}", trace.file);
            }
        };
        // Trace 12's Leaving names another attempt: a user's variable shadows the number.
        if !trace.file.starts_with("12") {
            same("result", "outcome");
        }
        if let Some(expected) = manifest.get("misses") {
            let missed = ["missed_by_agent", "missed_by_caller"].map(|name| timeline[name].as_u64().unwrap());
            assert_eq!(&Value::from(missed.iter().sum::<u64>()), expected, "{} misses", trace.file);
        }
        same("offered_agents", "offered_agents");
        same("answered_agents", "answered_agents");
        same("wait_ms", "wait_ms");
        same("talk_ms", "talk_ms");
        same("wrap_ms", "wrap_ms");
        if let Some(agent) = manifest.get("answered_agent") {
            assert_eq!(timeline["answered_agents"], serde_json::json!([agent]), "{}", trace.file);
        }
    }
}

/// How many deliveries of an attempt have the time of their receipt. Of several, the order of arrival is all
/// that is known.
fn ordered_by_arrival(timeline: &Value) -> usize {
    let entries = timeline["entries"].as_array().expect("entries");
    entries.iter().filter(|entry| entry["occurred_at"] == entry["recorded_at"]).count()
}

#[tokio::test]
async fn generated_attempts_of_all_queue_types_tell_the_same_in_any_order() {
    for scenario in [Scenario::Clean, Scenario::Normal, Scenario::Broken] {
        let seed = seed();
        let options = SeedOptions {
            seed,
            attempts: 400,
            first_attempt_id: 1_000,
            start: support::DAY,
            span_ms: 86_400_000,
            arrivals: ArrivalPattern::Day,
            scenario,
        };
        let hooks: Vec<Hook> = deliveries(&options).map(Hook::from).collect();
        let types: std::collections::BTreeSet<_> = hooks.iter().map(|hook| hook.queue_type.clone()).collect();
        assert_eq!(types.len(), 8, "all queue types occur");
        let expected = told(&hooks).await;
        let by_arrival = expected.iter().filter(|timeline| ordered_by_arrival(timeline) > 1).count();
        assert!(by_arrival < expected.len() / 20, "nearly every attempt states its times: {by_arrival}");
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..5 {
            let shuffled = shuffled_and_repeated(&hooks, &mut random);
            let found = told(&shuffled).await;
            assert_eq!(found.len(), expected.len(), "{scenario:?} with ATTEMPT_LEDGER_TEST_SEED={seed}");
            for (found, expected) in found.iter().zip(&expected) {
                if ordered_by_arrival(expected) < 2 {
                    assert_eq!(found, expected, "{scenario:?} with ATTEMPT_LEDGER_TEST_SEED={seed}");
                }
            }
        }
    }
}

#[tokio::test]
async fn clean_attempts_are_recorded_in_full_whatever_the_order() {
    let seed = seed();
    let options = SeedOptions {
        seed,
        attempts: 500,
        first_attempt_id: 1_000,
        start: support::DAY,
        span_ms: 86_400_000,
        arrivals: ArrivalPattern::Day,
        scenario: Scenario::Clean,
    };
    let mut hooks: Vec<Hook> = deliveries(&options).map(Hook::from).collect();
    hooks.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    for timeline in told(&hooks).await {
        for entry in timeline["entries"].as_array().expect("entries") {
            assert_eq!(entry["counted"], true, "ATTEMPT_LEDGER_TEST_SEED={seed}: {timeline}");
        }
    }
}
