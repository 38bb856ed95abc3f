//! By which waits calls are judged: each queue has thresholds of its own, also where queues are summed.

use attempt_ledger_domain::QueueDefinition;

use crate::history::Totals;

/// By which waits the calls of a queue are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thresholds {
    /// The wait within which an answer meets the service level; `None` when nothing says.
    pub service_level_ms: Option<u64>,
    /// The wait up to which an abandon is short; `None` when nothing says.
    pub short_abandon_ms: Option<u64>,
}

/// The service level's threshold when neither the question nor the queue's definition names one: 20 s, as in
/// the field's usual 80/20.
const SERVICE_LEVEL_THRESHOLD_MS_DEFAULT: u64 = 20_000;

impl Thresholds {
    /// What a definition says.
    #[must_use]
    pub const fn of(definition: &QueueDefinition) -> Self {
        Self {
            service_level_ms: definition.service_level_threshold_ms,
            short_abandon_ms: definition.short_abandon_threshold_ms,
        }
    }

    /// These, and others where nothing is said here.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            service_level_ms: self.service_level_ms.or(others.service_level_ms),
            short_abandon_ms: self.short_abandon_ms.or(others.short_abandon_ms),
        }
    }

    /// The wait within which an answer meets the service level.
    #[must_use]
    pub fn service_level_ms(self) -> u64 {
        self.service_level_ms.unwrap_or(SERVICE_LEVEL_THRESHOLD_MS_DEFAULT)
    }
}

/// The sums of queues that have the same thresholds.
#[derive(Clone, Copy, Debug)]
pub struct QueueTotals<'a> {
    /// What they add up to.
    pub totals: &'a Totals,
    /// By which waits their calls are judged.
    pub thresholds: Thresholds,
}
