//! The hooks that the tests send, from the project's own traffic generator.

use attempt_ledger::seed::{ArrivalPattern, Scenario, SeedOptions, deliveries};
use attempt_ledger_domain::{Address, HookName, UnixMillis};

/// 2023-11-14, long before any clock that this runs under.
const START: UnixMillis = UnixMillis(1_700_000_000_000);

/// One hook as the dialer fires it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hook {
    pub queue_type: &'static str,
    pub name: HookName,
    pub body: String,
}

impl Hook {
    pub fn path(&self) -> String {
        format!("/v1/hooks/{}/{}", self.queue_type, self.name.wire_name())
    }

    pub fn address(&self) -> Address {
        Address {
            event: Some(self.name.wire_name().to_owned()),
            queue_type: Some(self.queue_type.to_owned()),
            ..Address::default()
        }
    }
}

/// Lawful attempts, about a dozen of them under way at any time, so that neighbouring hooks often, but not
/// always, belong to the same attempt.
pub fn hooks(seed: u64, attempts: u64) -> Vec<Hook> {
    let options = SeedOptions {
        seed,
        attempts,
        first_attempt_id: 1_000,
        start: START,
        span_ms: attempts * 10_000,
        arrivals: ArrivalPattern::Steady,
        scenario: Scenario::Clean,
    };
    let hook = |delivery: attempt_ledger::seed::SeedDelivery| Hook {
        queue_type: delivery.queue_type.name(),
        name: delivery.hook,
        body: delivery.body,
    };
    deliveries(&options).map(hook).collect()
}
