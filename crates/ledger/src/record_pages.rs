//! Records that are read a limited number at a time, so that memory does not grow with their number.

use attempt_ledger_domain::Position;
use attempt_ledger_log::{EventLog, ReadError, StoredRecord};

use crate::error::LedgerError;
use crate::record::Record;

/// The most bytes of one page, about.
pub const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most bytes of records in one page, but for the last record: a page ends with the record that reaches
/// it. Answers show what was sent twice: as it was, and as typed values.
const RECORD_BYTES_MAX: usize = PAGE_BYTES_MAX / 2;

/// Records that are read at once where their size is not known yet.
const RECORDS_AT_FIRST: usize = 4;
/// Records that are read at once, at most.
const RECORDS_MAX: usize = 1_024;

/// Visits the records at positions, in order.
///
/// # Errors
/// [`LedgerError`] when the log cannot be read or `visit` fails.
pub fn visit_records(
    log: &dyn EventLog,
    positions: &[Position],
    visit: &mut dyn FnMut(&Record<'_>) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let mut pace = ReadPace::default();
    let mut left = positions;
    while !left.is_empty() {
        let (now, later) = left.split_at(pace.records(RECORD_BYTES_MAX).min(left.len()));
        for stored in log.read(now)? {
            pace.note(&stored);
            visit(&Record::parse(&stored)?)?;
        }
        left = later;
    }
    Ok(())
}

/// Reads records until there are `limit` of them or [`RECORD_BYTES_MAX`] bytes. `read` reads at most so many
/// after those that it has read before; it returns none at the end.
pub(crate) fn read_page(
    limit: usize,
    mut read: impl FnMut(usize) -> Result<Vec<StoredRecord>, ReadError>,
) -> Result<Vec<Record<'static>>, LedgerError> {
    let mut pace = ReadPace::default();
    let mut records = Vec::new();
    while records.len() < limit && pace.bytes < RECORD_BYTES_MAX {
        let wanted = pace.records(RECORD_BYTES_MAX - pace.bytes).min(limit - records.len());
        let stored = read(wanted)?;
        let is_last = stored.len() < wanted;
        for stored in &stored {
            if pace.bytes < RECORD_BYTES_MAX {
                pace.note(stored);
                records.push(Record::parse(stored)?.into_owned());
            }
        }
        if is_last {
            break;
        }
    }
    Ok(records)
}

/// How many records are read at once, by what those before took.
#[derive(Default)]
struct ReadPace {
    records: usize,
    bytes: usize,
}

impl ReadPace {
    fn note(&mut self, stored: &StoredRecord) {
        self.records += 1;
        self.bytes += stored.leaf.len() + stored.opening.len();
    }

    fn records(&self, bytes_max: usize) -> usize {
        match self.bytes.checked_div(self.records) {
            // Twice as many as so far, at most: one small record says little about the next ones.
            Some(bytes) => (bytes_max / bytes.max(1)).min(2 * self.records).clamp(1, RECORDS_MAX),
            None => RECORDS_AT_FIRST,
        }
    }
}
