//! What a row loses that was read off Leaving or a Missed, where an end that is not sent may have come
//! before.

use attempt_ledger_domain::EventKind;
use attempt_ledger_domain::timeline::EndedBy;

use super::source::UnsentHooks;
use crate::{AttemptRow, OfferRow};

impl UnsentHooks {
    /// Leaves a row nothing that its queue's definition makes unknown, as timelines do: rows are folded from
    /// deliveries alone, and definitions change.
    pub fn hide_ends(self, row: &mut AttemptRow) {
        if row.processing_at.is_some() {
            return;
        }
        if row.left_at.is_some() && row.bridged_at.is_none() && self.has(EventKind::Bridged) {
            row.wait_ms = None;
            row.ended_by = EndedBy::behind_hidden_talk(row.result.as_deref());
        }
        if self.has(EventKind::Processing) {
            row.talk_ms = None;
        }
    }

    /// The same of an agent's leg: after-call work that is not sent may have ended the talk before anything
    /// that is.
    pub fn hide_end_of_talk(self, leg: &mut OfferRow) {
        if leg.wrap_started_at.is_none() && self.has(EventKind::Processing) {
            leg.talk_ms = None;
        }
    }
}
