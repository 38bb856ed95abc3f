//! Other attempts that name the same ids.

use attempt_ledger_projections::{LinkKind, LinkRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::queries::AttemptLinks;

/// Another attempt that names the same id.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LinkAnswer {
    /// `agent_leg` and `member_leg` for the legs of a call, `sender_id` for the id of a delivery.
    #[schema(value_type = String)]
    pub kind: LinkKind,
    /// Of a leg, the id as sent; of a sender's id, its SHA-256.
    pub id: String,
    pub attempt_id: i64,
}

/// What an attempt shares with others.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct LinksAnswer {
    /// Other attempts that name a sender's id or a leg of this one, at most 100; absent when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkAnswer>,
    /// Whether there are more of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_more_links: bool,
    /// Up to which position of the log they are known, while the read models are behind `as_of`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links_known_to: Option<u64>,
}

impl LinksAnswer {
    pub fn of(links: &AttemptLinks) -> Self {
        let link =
            |row: &LinkRow| LinkAnswer { kind: row.kind, id: row.id.clone(), attempt_id: row.attempt_id.0 };
        Self {
            links: links.links.iter().map(link).collect(),
            has_more_links: links.has_more,
            links_known_to: links.known_to.map(|position| position.0),
        }
    }
}
