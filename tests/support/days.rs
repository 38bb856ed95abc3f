//! Generated days of all eight queue types, delivered late, twice, in disorder and in part.

use attempt_ledger::seed::{ArrivalPattern, Scenario, SeedDelivery, SeedOptions, deliveries};
use attempt_ledger_domain::{EventKind, HookName, QueueType, UnixMillis};
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::support::recording::{Arrival, BATCH};

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// One day of traffic and what the network and the administrators do to it.
#[derive(Clone, Copy)]
pub struct Day {
    pub seed: u64,
    pub start: UnixMillis,
    pub scenario: Scenario,
    /// Of 100 deliveries, how many get lost.
    pub lost: u32,
    /// Of 100 kinds of hooks (one event of one queue type), how many nobody registered.
    pub unregistered: u32,
}

impl Day {
    /// Whether somebody registered the hook; the same all day.
    fn is_registered(&self, queue_type: QueueType, hook: HookName) -> bool {
        let number = match hook {
            HookName::Event(event) => event as u64,
            HookName::Observation(observation) => EventKind::ALL.len() as u64 + observation as u64,
        };
        let kind = queue_type as u64 * 16 + number;
        !ChaCha8Rng::seed_from_u64(self.seed ^ kind << 32).random_ratio(self.unregistered, 100)
    }

    /// What arrives, in this order. The last part of the day is lost, so that attempts are open at its end.
    pub fn arrivals(&self) -> Vec<Arrival> {
        let options = SeedOptions {
            seed: self.seed,
            attempts: 700,
            first_attempt_id: 1,
            start: self.start,
            // Past two midnights, wherever the contact centre is.
            span_ms: 40 * HOUR_MS,
            arrivals: ArrivalPattern::Steady,
            scenario: self.scenario,
        };
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut sent: Vec<Arrival> = deliveries(&options)
            .filter(|delivery| self.is_registered(delivery.queue_type, delivery.hook))
            .filter(|_| !random.random_ratio(self.lost, 100))
            .map(arrival)
            .collect();
        sent.truncate(sent.len() * 9 / 10);
        let repeated: Vec<Arrival> = sent.iter().filter(|_| random.random_ratio(1, 25)).cloned().collect();
        sent.extend(repeated);
        // A few come when everything else is there, up to a day and more after what they report.
        let (mut on_time, mut late): (Vec<_>, Vec<_>) =
            sent.into_iter().partition(|_| !random.random_ratio(1, 50));
        on_time.sort_by_key(|arrival| arrival.at);
        for together in on_time.chunks_mut(BATCH) {
            together.shuffle(&mut random);
        }
        late.shuffle(&mut random);
        on_time.extend(late);
        on_time
    }
}

fn arrival(delivery: SeedDelivery) -> Arrival {
    Arrival {
        at: delivery.sent_at,
        event: delivery.hook.wire_name().to_owned(),
        queue_type: delivery.queue_type.name().to_owned(),
        body: delivery.body,
    }
}
