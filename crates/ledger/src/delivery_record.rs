//! Everything delivered about one attempt, as it lies in the log.

use std::collections::BTreeSet;

use attempt_ledger_domain::timeline::{DeliveryOutcome, LoggedDelivery};
use attempt_ledger_log::StoredRecord;
use attempt_ledger_log::record::{RecordKind, Verdict};
use uuid::Uuid;

use crate::error::LedgerError;
use crate::record::Record;

/// One delivery with the bytes that were sent.
#[derive(Clone, Debug)]
pub struct DeliveryRecord {
    /// What it says, and what became of it.
    pub delivered: LoggedDelivery,
    /// The payload exactly as sent.
    pub payload: Vec<u8>,
}

impl DeliveryRecord {
    /// Whether it was recorded as an event; otherwise it was refused.
    #[must_use]
    pub const fn is_event(&self) -> bool {
        matches!(self.delivered.arrival, DeliveryOutcome::Recorded { .. })
    }
}

/// What an attempt's records hold.
#[derive(Clone, Debug)]
pub struct AttemptRecords {
    /// The deliveries of events, with what was decided about refused ones.
    pub deliveries: Vec<DeliveryRecord>,
    /// Whether anything but recorded events is among the records.
    pub is_irregular: bool,
}

impl AttemptRecords {
    /// Reads the records of one attempt.
    ///
    /// # Errors
    /// [`LedgerError::Record`] when a record is not one that this program writes.
    pub fn read(stored: &[StoredRecord]) -> Result<Self, LedgerError> {
        let records: Vec<Record<'_>> = stored.iter().map(Record::parse).collect::<Result<_, _>>()?;
        let dismissed: BTreeSet<Uuid> = records
            .iter()
            .filter(|record| record.leaf.verdict == Some(Verdict::Dismissed))
            .filter_map(|record| record.leaf.settles)
            .collect();
        let is_irregular = records.iter().any(|record| record.leaf.kind != RecordKind::Event);
        let delivery = |record: &Record<'_>| {
            let delivered = record.delivered(dismissed.contains(&record.leaf.id))?;
            Some(DeliveryRecord { delivered, payload: record.opening.payload.as_bytes().to_vec() })
        };
        Ok(Self { deliveries: records.iter().filter_map(delivery).collect(), is_irregular })
    }
}
