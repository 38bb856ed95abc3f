//! Deliveries that no attempt judges: observations, and what could not be read.

use attempt_ledger_domain::Reading;
use attempt_ledger_log::record::unread_identity;

use crate::observations::identity_for_ever;
use crate::submission::IncomingDelivery;

/// The key of the lock under which equal ones follow each other. Always taken before the locks of attempts.
/// Nodes that share a log do not see each other's: two of them can keep one such delivery twice.
pub(crate) fn lock_key(incoming: &IncomingDelivery) -> Option<u8> {
    let identity = match &incoming.reading {
        Ok(Reading::Event(_)) => return None,
        Ok(Reading::Observation(observed)) => identity_for_ever(observed, &incoming.submission.address),
        Err(unreadable) => {
            let submission = &incoming.submission;
            unread_identity(&submission.address, unreadable.refusal.rule, &submission.body)
        }
    };
    Some(identity.0[0])
}
