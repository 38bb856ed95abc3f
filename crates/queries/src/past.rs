//! The past: attempts that changed after a position, as they are now and as they were then.
//!
//! An attempt on which no later record bears has the same row now as then. Of the others, those whose first
//! record is later did not exist then; the rest (attempts that were open then, and late deliveries) are
//! folded from the log.

use std::ops::ControlFlow;

use attempt_ledger_domain::{AttemptId, Position};
use attempt_ledger_projections::AttemptRow;
use attempt_ledger_projections::fold::Rows;

use super::error::{OVERLAY_ATTEMPTS_MAX, QuestionError};
use attempt_ledger_log::EventLog;
use attempt_ledger_projector::rows_as_of;
use attempt_ledger_read_store::{AttemptFilter, OfferFilter, Order, Reader};

/// The attempts that existed at a position and changed after it, as they were then.
pub(crate) fn past_rows(
    reader: &dyn Reader,
    log: &dyn EventLog,
    as_of: Position,
) -> Result<Vec<Rows>, QuestionError> {
    let filter =
        AttemptFilter { changed_after: Some(as_of), known_at: Some(as_of), ..AttemptFilter::default() };
    let mut straddling: Vec<AttemptId> = Vec::new();
    reader.attempts(&filter, Order::OldestFirst, None, &mut |row| {
        straddling.push(row.attempt_id);
        if straddling.len() > OVERLAY_ATTEMPTS_MAX {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if straddling.len() > OVERLAY_ATTEMPTS_MAX {
        return Err(QuestionError::TooFarBack { wanted: as_of });
    }
    let mut past = Vec::with_capacity(straddling.len());
    for attempt_id in straddling {
        past.extend(rows_as_of(log, attempt_id, as_of)?);
    }
    Ok(past)
}

/// Every attempt that changed after a position, as it is now.
pub(crate) fn rows_changed_since(
    reader: &dyn Reader,
    as_of: Position,
    visit: &mut dyn FnMut(Rows) -> Result<(), QuestionError>,
) -> Result<(), QuestionError> {
    let filter = AttemptFilter { changed_after: Some(as_of), ..AttemptFilter::default() };
    let mut result = Ok(());
    reader.attempts(&filter, Order::OldestFirst, None, &mut |row| {
        result = with_offers(reader, row).and_then(&mut *visit);
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    result
}

/// An attempt's row with its legs.
pub(crate) fn with_offers(reader: &dyn Reader, attempt: AttemptRow) -> Result<Rows, QuestionError> {
    let mut offers = Vec::new();
    if attempt.offers + attempt.bridges + attempt.missed_by_agent + attempt.missed_by_caller > 0
        || attempt.first_answered_at.is_some()
        || attempt.processing_at.is_some()
    {
        let filter = OfferFilter { attempt_id: Some(attempt.attempt_id), ..OfferFilter::default() };
        reader.offers(&filter, Order::OldestFirst, None, &mut |row| {
            offers.push(row);
            ControlFlow::Continue(())
        })?;
        offers.sort_by_key(|offer| offer.leg);
    }
    Ok(Rows { attempt, offers })
}
