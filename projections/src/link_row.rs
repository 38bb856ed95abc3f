//! Links: which attempts name the same sender's id or the same leg of a call.

use std::borrow::Cow;

use attempt_ledger_domain::{AttemptId, Position, SenderId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::table::{kept_as_name, table_row};

/// The longest leg id that is kept as it is: a key of an index has its limits, and ids of legs are short.
const LEG_ID_BYTES_MAX: usize = 200;

/// What kind of id links attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The agent's leg: `agent_channel_id`.
    AgentLeg,
    /// The subscriber's leg: `member_channel_id`.
    MemberLeg,
    /// The id that a sender gave a delivery, as a digest.
    SenderId,
}

impl LinkKind {
    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AgentLeg => "agent_leg",
            Self::MemberLeg => "member_leg",
            Self::SenderId => "sender_id",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::AgentLeg, Self::MemberLeg, Self::SenderId].into_iter().find(|kind| kind.name() == text)
    }
}

kept_as_name! {
    LinkKind, LinkKind::name;
}

table_row! {
    /// One attempt that names an id.
    #[derive(Hash, PartialOrd, Ord)]
    pub struct LinkRow: "links" {
        kind: LinkKind, since 4, "`sender_id`, `member_leg` or `agent_leg`";
        id: String, since 4,
            "of a leg: as sent, or `sha256:` and its digest where it is longer than 200 bytes; of a sender's \
             id: its SHA-256";
        attempt_id: AttemptId, since 4, "an attempt that names it; with `kind` and `id` the key";
        first_position: Position, since 4, "the first record about the attempt that does";
    }
}

impl LinkRow {
    /// The links of one delivery, refused or not: an id that the sender gave it, and the legs that it names.
    #[must_use]
    pub fn of_delivery(
        attempt_id: AttemptId,
        first_position: Position,
        sender_id: Option<SenderId>,
        [member_leg, agent_leg]: [Option<&str>; 2],
    ) -> Vec<Self> {
        let sender_id = sender_id.map(|id| (LinkKind::SenderId, hex::encode(id.0)));
        let leg = |kind, id: Option<&str>| Some((kind, leg_link_id(id?).into_owned()));
        let ids = [leg(LinkKind::MemberLeg, member_leg), leg(LinkKind::AgentLeg, agent_leg), sender_id];
        let named = ids.into_iter().flatten();
        named.map(|(kind, id)| Self { kind, id, attempt_id, first_position }).collect()
    }
}

/// What stands in `links` for the id of a leg.
#[must_use]
pub fn leg_link_id(id: &str) -> Cow<'_, str> {
    if id.len() <= LEG_ID_BYTES_MAX {
        return Cow::Borrowed(id);
    }
    Cow::Owned(format!("sha256:{}", hex::encode(Sha256::digest(id))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_id_of_a_leg_stands_as_its_digest_and_a_short_one_as_it_is() {
        let longest = "é".repeat(100);
        assert_eq!(leg_link_id(&longest), longest);
        let too_long = leg_link_id(&"a".repeat(201)).into_owned();
        assert_eq!(too_long.len(), "sha256:".len() + 64);
        assert_ne!(leg_link_id(&"a".repeat(202)), too_long);
    }

    #[test]
    fn a_delivery_without_ids_has_no_links() {
        let links = LinkRow::of_delivery(AttemptId(7), Position(1), None, [None, None]);
        assert_eq!(links, []);
    }
}
