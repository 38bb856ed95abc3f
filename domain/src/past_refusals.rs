//! Deliveries of an attempt that were refused before, so that a repetition gets the same answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ContentHash, Refusal, SenderId};

/// What makes two deliveries the same one, and which of the equal ones it is, in the order of the log.
type RefusedIdentity = (ContentHash, Option<SenderId>, u64);

/// Refusals that are open, found by what was refused and by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PastRefusals {
    refused: BTreeMap<RefusedIdentity, (Uuid, Refusal)>,
    identities: BTreeMap<Uuid, RefusedIdentity>,
    /// How many were kept so far.
    count: u64,
}

impl PastRefusals {
    /// Keeps a refusal.
    pub(crate) fn insert(
        &mut self,
        content: ContentHash,
        sender_id: Option<SenderId>,
        refusal_id: Uuid,
        refusal: Refusal,
    ) {
        self.count += 1;
        let identity = (content, sender_id, self.count);
        self.refused.insert(identity, (refusal_id, refusal));
        self.identities.insert(refusal_id, identity);
    }

    /// How many are open.
    pub(crate) fn len(&self) -> u64 {
        self.refused.len() as u64
    }

    /// Forgets a refusal that was settled.
    pub(crate) fn remove(&mut self, refusal_id: Uuid) {
        if let Some(identity) = self.identities.remove(&refusal_id) {
            self.refused.remove(&identity);
        }
    }

    /// The first refusal that keeps a delivery.
    pub(crate) fn find(&self, content: ContentHash, sender_id: Option<SenderId>) -> Option<&(Uuid, Refusal)> {
        let equal = (content, sender_id, 0)..=(content, sender_id, u64::MAX);
        self.refused.range(equal).next().map(|(_, refusal)| refusal)
    }
}
