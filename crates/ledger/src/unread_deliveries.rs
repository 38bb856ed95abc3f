//! Deliveries that no attempt can judge: each is kept once, however often it comes.

use std::collections::BTreeSet;
use std::sync::Arc;

use attempt_ledger_domain::Refusal;
use attempt_ledger_log::record::{Digest, unread_identity};
use attempt_ledger_log::{EventLog, Key};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::error::LedgerError;
use crate::receipt::RefusalReceipt;
use crate::record::Record;
use crate::refusals::{RefusalStatus, view};
use crate::submission::IncomingDelivery;

const STRIPES: usize = 256;

/// What makes it the same delivery; `None` for one that an attempt judges.
pub(crate) fn identity(incoming: &IncomingDelivery) -> Option<Digest> {
    let rule = incoming.reading.as_ref().err()?.refusal.rule;
    Some(unread_identity(&incoming.submission.address, rule, &incoming.submission.body))
}

/// Equal unread deliveries follow each other. Always taken before the locks of attempts, in ascending order.
/// Nodes that share a log do not see each other's: two of them can keep one such delivery twice.
pub(crate) struct UnreadLocks {
    stripes: Vec<Arc<Mutex<()>>>,
}

impl Default for UnreadLocks {
    fn default() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Arc::default()).collect() }
    }
}

impl UnreadLocks {
    pub(crate) async fn lock(&self, identities: impl Iterator<Item = Digest>) -> Vec<OwnedMutexGuard<()>> {
        let stripes: BTreeSet<usize> = identities.map(|identity| usize::from(identity.0[0])).collect();
        let mut guards = Vec::with_capacity(stripes.len());
        for stripe in stripes {
            guards.push(self.stripes[stripe].clone().lock_owned().await);
        }
        guards
    }
}

/// The open refusal that keeps the delivery already. A settled one does not count: what comes again after a
/// decision is refused anew.
///
/// # Errors
/// [`LedgerError`] when the log cannot be read.
pub(crate) fn open_refusal(
    log: &dyn EventLog,
    identity: Digest,
) -> Result<Option<RefusalReceipt>, LedgerError> {
    for position in log.find(Key::Unread(identity))? {
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
