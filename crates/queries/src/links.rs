//! Links: other attempts that name the same sender's id or the same leg, and what follows from them.

use std::collections::BTreeSet;

use attempt_ledger_domain::timeline::CHANNEL_IDS_CONTRADICT;
use attempt_ledger_domain::{AttemptId, ORDINARY_RECORDS_MAX, Position};
use attempt_ledger_projections::{LinkKind, LinkRow};

use super::error::QuestionError;
use super::questions::Questions;
use attempt_ledger_read_store::{Projection, Reader};

/// The most links of an attempt that are shown, and that are held against each other.
const LINKS_MAX: usize = 100;

/// The flag of an attempt that shares a sender's id with another one.
const SENDER_ID_ELSEWHERE: &str = "sender_id_elsewhere";

/// What an attempt shares with others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptLinks {
    /// By kind and id: other attempts that name it. At most 100.
    pub links: Vec<LinkRow>,
    /// Whether there are more.
    pub has_more: bool,
    /// Up to which position of the log the links are known, if not up to the one that was asked for.
    pub known_to: Option<Position>,
    /// What follows from them.
    pub flags: Vec<&'static str>,
}

impl Questions {
    /// The links of an attempt as of a position.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn links(&self, attempt_id: AttemptId, as_of: Position) -> Result<AttemptLinks, QuestionError> {
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let statuses = reader.statuses()?;
        let of_links = statuses.iter().find(|status| status.projection == Projection::Links);
        let position = of_links.map(|status| status.checkpoint.position).unwrap_or_default();
        let mut found = shared_ids(reader.as_ref(), attempt_id, as_of)?;
        found.known_to = (position < as_of).then_some(position);
        if found.links.iter().any(|link| link.kind == LinkKind::SenderId) {
            found.flags.push(SENDER_ID_ELSEWHERE);
        }
        let on_legs = found.links.iter().filter(|link| link.kind != LinkKind::SenderId);
        let linked: BTreeSet<AttemptId> = on_legs.map(|link| link.attempt_id).collect();
        if !linked.is_empty() {
            let own = self.ledger.leg_uses([attempt_id], as_of, ORDINARY_RECORDS_MAX)?;
            let others = self.ledger.leg_uses(linked, as_of, ORDINARY_RECORDS_MAX)?;
            if own.iter().any(|own| own.contradict(&others)) {
                found.flags.push(CHANNEL_IDS_CONTRADICT);
            }
        }
        Ok(found)
    }
}

/// The other attempts that name an id of this one.
fn shared_ids(
    reader: &dyn Reader,
    attempt_id: AttemptId,
    as_of: Position,
) -> Result<AttemptLinks, QuestionError> {
    // One more says that there are more.
    let mut links = reader.links(attempt_id, as_of, LINKS_MAX + 1)?;
    let has_more = links.len() > LINKS_MAX;
    links.truncate(LINKS_MAX);
    Ok(AttemptLinks { links, has_more, ..AttemptLinks::default() })
}
