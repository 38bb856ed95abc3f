//! What a runaway attempt does not remember, found in the log by what repeats it.

use attempt_ledger_domain::{Delivery, receipt_window};
use attempt_ledger_log::record::{Digest, event_identity, refusal_identity};
use attempt_ledger_log::{EventLog, Key};

use crate::cached_attempt::CachedAttempt;
use crate::error::{LedgerError, if_readable};
use crate::receipt::RefusalReceipt;
use crate::record::Record;
use crate::unread_deliveries::open_refusal;

/// The most equal events that are read under one identity. Each but one was recorded by an earlier release,
/// or after the window of the one before.
const EQUAL_MAX: usize = 4;

/// Has an attempt know again what a delivery may repeat. It costs a few lookups by key, however long the
/// attempt is, and an attempt that remembers everything nothing.
///
/// # Errors
/// [`LedgerError`] when the caller has stopped waiting. Damage is no error: what it hides is not recognised,
/// and it keeps no delivery out.
pub(crate) fn recall(
    log: &dyn EventLog,
    cached: &mut CachedAttempt,
    delivery: &Delivery,
) -> Result<(), LedgerError> {
    if !cached.is_partial() {
        return Ok(());
    }
    let recalled = recall_events(log, cached, delivery).and_then(|()| recall_refusal(log, cached, delivery));
    if_readable(recalled).map(|_| ())
}

fn recall_events(
    log: &dyn EventLog,
    cached: &mut CachedAttempt,
    delivery: &Delivery,
) -> Result<(), LedgerError> {
    for identity in event_identities(delivery) {
        let positions = log.find(Key::Delivery(identity))?;
        let newest_from = positions.len().saturating_sub(EQUAL_MAX);
        for stored in log.read(&positions[newest_from..])? {
            cached.recall(&Record::parse(&stored)?)?;
        }
    }
    Ok(())
}

fn recall_refusal(
    log: &dyn EventLog,
    cached: &mut CachedAttempt,
    delivery: &Delivery,
) -> Result<(), LedgerError> {
    let Delivery { attempt_id, sender_id, content, .. } = *delivery;
    if cached.attempt.refused_before(delivery).is_none()
        && let Some(kept) = open_refusal(log, refusal_identity(attempt_id, sender_id, content))?
    {
        let RefusalReceipt { refusal_id, refusal, .. } = kept.receipt;
        cached.attempt.remember_refusal(content, sender_id, refusal_id, refusal);
    }
    Ok(())
}

/// The identities that an equal event can have: those of a window and its neighbours, or the only one.
fn event_identities(delivery: &Delivery) -> Vec<Digest> {
    let Delivery { attempt_id, sender_id, content, time_source, occurred_at, .. } = *delivery;
    let under = |window| event_identity(attempt_id, sender_id, content, window);
    match receipt_window(Some(attempt_id), time_source, sender_id, occurred_at) {
        Some(window) => [window - 1, window, window + 1].map(|window| under(Some(window))).to_vec(),
        None => vec![under(None)],
    }
}
