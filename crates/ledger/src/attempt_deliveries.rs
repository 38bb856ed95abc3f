//! Everything delivered about one attempt, gathered from its records.

use std::collections::HashSet;

use attempt_ledger_domain::timeline::{DeliveryOutcome, LoggedDelivery};
use attempt_ledger_log::record::Verdict;
use uuid::Uuid;

use crate::record::Record;

/// The deliveries of an attempt, taken record by record in the order of the log, with what was decided about
/// refused ones.
#[derive(Clone, Debug, Default)]
pub struct AttemptDeliveries {
    deliveries: Vec<LoggedDelivery>,
    /// Refusals that stay out for good.
    dismissed: HashSet<Uuid>,
}

impl AttemptDeliveries {
    /// Takes a delivery. Records that are none are left to [`AttemptDeliveries::note_decision`].
    pub fn push(&mut self, delivery: LoggedDelivery) {
        self.deliveries.push(delivery);
    }

    /// Takes note of what a record decides about a refusal, if it does.
    pub fn note_decision(&mut self, record: &Record<'_>) {
        if record.leaf.verdict == Some(Verdict::Dismissed) {
            self.dismissed.extend(record.leaf.settles);
        }
    }

    /// The deliveries so far.
    #[must_use]
    pub fn into_deliveries(mut self) -> Vec<LoggedDelivery> {
        for one in &mut self.deliveries {
            if let DeliveryOutcome::Refused { dismissed, .. } = &mut one.arrival {
                *dismissed = self.dismissed.contains(&one.id);
            }
        }
        self.deliveries
    }
}
