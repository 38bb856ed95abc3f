//! Deliveries that no attempt could judge: each that is known again is kept once, however often it comes.

use attempt_ledger_domain::{Refusal, UnixMillis};
use attempt_ledger_log::record::Digest;
use attempt_ledger_log::{EventLog, Key};

use crate::error::{LedgerError, if_readable};
use crate::receipt::RefusalReceipt;
use crate::record::Record;
use crate::refusal_view::{RefusalStatus, view};

/// A delivery that is kept already, and since when.
pub(crate) struct KeptDelivery {
    pub(crate) receipt: RefusalReceipt,
    pub(crate) recorded_at: UnixMillis,
}

/// The open refusal that keeps the delivery already. A settled one does not count: what comes again after a
/// decision is refused again.
///
/// # Errors
/// [`LedgerError`] when the caller has stopped waiting. Where the log does not read, the delivery is kept
/// again.
pub(crate) fn open_refusal(
    log: &dyn EventLog,
    identity: Digest,
) -> Result<Option<KeptDelivery>, LedgerError> {
    if_readable(find_open(log, identity)).map(Option::flatten)
}

fn find_open(log: &dyn EventLog, identity: Digest) -> Result<Option<KeptDelivery>, LedgerError> {
    // A second one is made only when the first is settled, so that the newest alone can be open.
    if let Some(position) = log.find(Key::Delivery(identity))?.into_iter().next_back() {
        for stored in log.read(&[position])? {
            let refusal_id = Record::parse(&stored)?.leaf.id;
            let kept = view(&log.read(&log.find(Key::Refusal(refusal_id))?)?)?;
            if let Some(kept) = kept.filter(|kept| kept.status == RefusalStatus::Open) {
                let receipt = RefusalReceipt {
                    refusal_id,
                    refusal: Refusal::new(kept.rule, kept.detail),
                    attempt_id: kept.attempt_id,
                    event: kept.event,
                    queue_id: kept.queue_id,
                    repeated: true,
                };
                return Ok(Some(KeptDelivery { receipt, recorded_at: kept.recorded_at }));
            }
        }
    }
    Ok(None)
}
