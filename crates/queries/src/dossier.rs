//! Everything that answers show of one attempt.

use attempt_ledger_domain::timeline::TimelineParts;
use attempt_ledger_domain::{QueueDefinition, QueueId};
use attempt_ledger_projections::fold::Rows;
use attempt_ledger_projections::{AttemptRow, OfferRow, Variables};

/// What the texts of a row take in memory, about.
const ROW_TEXT_BYTES: usize = 128;

/// The timeline of an attempt and its rows, as of a position.
///
/// Both follow from the records about the attempt up to a position, but for what the definition of its queue
/// says and for whether it should have left by now.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// The timeline.
    pub timeline: TimelineParts,
    /// The rows, as the deliveries state them; `None` while none counts.
    pub rows: Option<Rows>,
    /// The queue by whose definition the timeline was judged, and the definition.
    pub(crate) queue_id: Option<QueueId>,
    pub(crate) definition: Option<QueueDefinition>,
    pub(crate) is_overdue: bool,
}

impl Dossier {
    pub(crate) fn memory_bytes(&self) -> usize {
        let rows = self.rows.as_ref().map_or(0, |rows| {
            let legs = rows.offers.len() * (size_of::<OfferRow>() + ROW_TEXT_BYTES);
            size_of::<AttemptRow>() + Variables::BYTES_MAX + legs
        });
        size_of::<Self>() + self.timeline.memory_bytes() + rows
    }
}
