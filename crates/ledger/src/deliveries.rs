//! Everything delivered about one attempt, as it lies in the log.

use std::collections::BTreeSet;

use attempt_ledger_domain::timeline::LoggedDelivery;
use uuid::Uuid;

use super::LedgerError;
use super::records::ReadRecord;
use attempt_ledger_log::StoredRecord;
use attempt_ledger_log::record::{RecordKind, Verdict};

/// One delivery with the bytes that were sent.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What it says, and what became of it.
    pub delivered: LoggedDelivery,
    /// The payload exactly as sent.
    pub payload: Vec<u8>,
    /// Whether it was recorded as an event; otherwise it was refused.
    pub is_event: bool,
}

/// What an attempt's records hold.
#[derive(Clone, Debug)]
pub struct Deliveries {
    /// The deliveries of events, with what was decided about refused ones.
    pub all: Vec<Delivery>,
    /// Whether anything but recorded events is among the records.
    pub is_irregular: bool,
}

/// The deliveries among an attempt's records.
///
/// # Errors
/// [`LedgerError::Record`] when a record is not one that this program writes.
pub fn deliveries(stored: &[StoredRecord]) -> Result<Deliveries, LedgerError> {
    let records: Vec<ReadRecord<'_>> = stored.iter().map(ReadRecord::parse).collect::<Result<_, _>>()?;
    let mut dismissed: BTreeSet<Uuid> = BTreeSet::new();
    for record in &records {
        if record.leaf.verdict == Some(Verdict::Dismissed) {
            dismissed.extend(record.leaf.settles);
        }
    }
    let is_irregular = records.iter().any(|record| record.leaf.kind != RecordKind::Event);
    let all = records
        .iter()
        .filter_map(|record| {
            Some(Delivery {
                delivered: record.delivered(dismissed.contains(&record.leaf.id))?,
                payload: record.opening.payload.as_bytes().to_vec(),
                is_event: record.leaf.kind == RecordKind::Event,
            })
        })
        .collect();
    Ok(Deliveries { all, is_irregular })
}
