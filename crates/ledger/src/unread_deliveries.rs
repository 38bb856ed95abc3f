//! Deliveries that no attempt can judge: each is kept once, however often it comes.

use attempt_ledger_domain::Refusal;
use attempt_ledger_log::record::{Digest, unread_identity};
use attempt_ledger_log::{EventLog, Key};

use crate::error::LedgerError;
use crate::receipt::RefusalReceipt;
use crate::record::Record;
use crate::refusal_view::{RefusalStatus, view};
use crate::submission::IncomingDelivery;

/// What makes it the same delivery; `None` for one that an attempt judges.
fn identity(incoming: &IncomingDelivery) -> Option<Digest> {
    let rule = incoming.reading.as_ref().err()?.refusal.rule;
    Some(unread_identity(&incoming.submission.address, rule, &incoming.submission.body))
}

/// The key of the lock under which equal unread deliveries follow each other. Always taken before the locks
/// of attempts. Nodes that share a log do not see each other's: two of them can keep one such delivery twice.
pub(crate) fn lock_key(incoming: &IncomingDelivery) -> Option<u8> {
    identity(incoming).map(|identity| identity.0[0])
}

/// The open refusal that keeps the delivery already. A settled one does not count: what comes again after a
/// decision is refused again.
///
/// # Errors
/// [`LedgerError`] when the log cannot be read.
pub(crate) fn open_refusal(
    log: &dyn EventLog,
    identity: Digest,
) -> Result<Option<RefusalReceipt>, LedgerError> {
    // A second one is made only when the first is settled, so that the newest alone can be open.
    if let Some(position) = log.find(Key::Unread(identity))?.into_iter().next_back() {
        for stored in log.read(&[position])? {
            let refusal_id = Record::parse(&stored)?.leaf.id;
            let kept = view(&log.read(&log.find(Key::Refusal(refusal_id))?)?)?;
            if let Some(kept) = kept.filter(|kept| kept.status == RefusalStatus::Open) {
                return Ok(Some(RefusalReceipt {
                    refusal_id,
                    refusal: Refusal::new(kept.rule, kept.detail),
                    attempt_id: kept.attempt_id,
                    event: kept.event,
                    queue_id: kept.queue_id,
                    repeated: true,
                }));
            }
        }
    }
    Ok(None)
}
