//! What makes a delivery one that is recorded already, of every event of an attempt.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{ContentHash, Revision, SenderId, UnixMillis};

/// The identities of recorded events, found without a walk over the events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedIdentities {
    /// Events without an id of their sender, by what they say, then in time order.
    contents: BTreeSet<(ContentHash, UnixMillis, Revision)>,
    /// Events with an id of their sender. An id names one event of the attempt.
    sender_ids: BTreeMap<SenderId, (Revision, ContentHash)>,
}

impl RecordedIdentities {
    /// Takes a recorded event.
    pub(crate) fn insert(
        &mut self,
        content: ContentHash,
        sender_id: Option<SenderId>,
        at: UnixMillis,
        revision: Revision,
    ) {
        match sender_id {
            Some(sender_id) => drop(self.sender_ids.insert(sender_id, (revision, content))),
            None => drop(self.contents.insert((content, at, revision))),
        }
    }

    /// The event that an id names, and what it says.
    pub(crate) fn of_sender_id(&self, sender_id: SenderId) -> Option<(Revision, ContentHash)> {
        self.sender_ids.get(&sender_id).copied()
    }

    /// The last event, in time order, that says this and has no id, of those up to a time; and when it was.
    pub(crate) fn last_of_content(
        &self,
        content: ContentHash,
        up_to: UnixMillis,
    ) -> Option<(UnixMillis, Revision)> {
        let from = (content, UnixMillis(i64::MIN), Revision(0));
        let (_, at, revision) =
            self.contents.range(from..=(content, up_to, Revision(u32::MAX))).next_back()?;
        Some((*at, *revision))
    }
}
