//! Seeded deliveries, and time and randomness that repeat.

use attempt_ledger::ledger::{Receipt, Submission};
use attempt_ledger::seed::{ArrivalPattern, Scenario, SeedDelivery, SeedOptions, deliveries};
use attempt_ledger_domain::{Address, Observation, Position, UnixMillis};
use bytes::Bytes;

use crate::support::clock::Clock;

/// Equal seeds give equal times and equal random bytes.
pub fn repeating(seed: u64) -> Clock {
    Clock::ticking(1_784_800_000_000, seed)
}

/// Deliveries of events of attempts whose numbers no other test uses.
pub fn submissions(seed: u64, attempts: u64, scenario: Scenario) -> Vec<Submission> {
    let of_seed = seed_deliveries(seed, attempts, scenario);
    of_seed.filter(|delivery| delivery.hook.event().is_some()).map(submission).collect()
}

/// The same with observations among them: at least one, whatever the seed has.
pub fn submissions_of_every_kind(seed: u64, attempts: u64, scenario: Scenario) -> Vec<Submission> {
    let mut all: Vec<_> = seed_deliveries(seed, attempts, scenario).map(submission).collect();
    let mut observation = all[0].clone();
    observation.address.event = Some(Observation::WaitAgent.name().to_owned());
    all.insert(1, observation);
    all
}

fn seed_deliveries(seed: u64, attempts: u64, scenario: Scenario) -> impl Iterator<Item = SeedDelivery> {
    let first = i64::try_from(seed % 1_000_000_000).expect("small") * 1_000_000 + 1;
    let options = SeedOptions {
        seed,
        attempts,
        first_attempt_id: first,
        start: UnixMillis(1_784_678_400_000),
        span_ms: 86_400_000,
        arrivals: ArrivalPattern::Day,
        scenario,
    };
    deliveries(&options)
}

fn submission(delivery: SeedDelivery) -> Submission {
    Submission {
        address: Address {
            event: Some(delivery.hook.wire_name().to_owned()),
            queue_type: Some(delivery.queue_type.name().to_owned()),
            ..Address::default()
        },
        body: Bytes::from(delivery.body),
        source: "test".into(),
    }
}

/// A receipt without its position, which depends on what others wrote.
pub fn told(mut receipt: Receipt) -> String {
    if let Receipt::Recorded(place) | Receipt::Duplicate(place) = &mut receipt {
        place.position = Position(0);
    }
    if let Receipt::Observed(place) = &mut receipt {
        place.position = Position(0);
    }
    format!("{receipt:?}")
}
