//! Ids that senders give: one id names one content, in the whole ledger.

use std::collections::BTreeSet;
use std::sync::Arc;

use attempt_ledger_domain::{AttemptId, Delivery, Refusal, Rule, SenderId};
use attempt_ledger_log::record::{Digest, RecordKind};
use attempt_ledger_log::{EventLog, Key};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::error::LedgerError;
use crate::record::Record;

const STRIPES: usize = 256;

/// Two deliveries under one id follow each other, even when they name different attempts. Always taken before
/// the locks of attempts, in ascending order.
pub(crate) struct SenderIdLocks {
    stripes: Vec<Arc<Mutex<()>>>,
}

impl Default for SenderIdLocks {
    fn default() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Arc::default()).collect() }
    }
}

impl SenderIdLocks {
    pub(crate) async fn lock(&self, ids: impl Iterator<Item = SenderId>) -> Vec<OwnedMutexGuard<()>> {
        let stripes: BTreeSet<usize> = ids.map(|id| usize::from(id.0[0])).collect();
        let mut guards = Vec::with_capacity(stripes.len());
        for stripe in stripes {
            guards.push(self.stripes[stripe].clone().lock_owned().await);
        }
        guards
    }
}

/// Refuses an id that names an event of another attempt. Within one attempt the aggregate judges.
///
/// `used_in_group` is the attempt that an earlier delivery of the same group used the id for.
pub(crate) fn check(
    log: &dyn EventLog,
    delivery: &Delivery,
    used_in_group: Option<AttemptId>,
) -> Result<Option<Refusal>, LedgerError> {
    let Some(sender_id) = delivery.sender_id else { return Ok(None) };
    let used_for = match used_in_group {
        Some(attempt_id) => Some(attempt_id),
        None => attempt_that_uses(log, sender_id)?,
    };
    let elsewhere = used_for.filter(|id| *id != delivery.attempt_id);
    Ok(elsewhere.map(|attempt_id| {
        Refusal::new(Rule::IdentityConflict, format!("the id was used for an event of attempt {attempt_id}"))
    }))
}

fn attempt_that_uses(log: &dyn EventLog, sender_id: SenderId) -> Result<Option<AttemptId>, LedgerError> {
    // An index of an older release has refusals under the id, too: one record is read at a time.
    for position in log.find(Key::SenderId(Digest(sender_id.0)))? {
        for stored in log.read(&[position])? {
            let record = Record::parse(&stored)?;
            if record.leaf.kind == RecordKind::Event && record.sender_id() == Some(sender_id) {
                return Ok(record.leaf.attempt_id);
            }
        }
    }
    Ok(None)
}
