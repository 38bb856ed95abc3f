//! Which queues there are.

use std::collections::BTreeSet;

use attempt_ledger_domain::{QueueDefinition, QueueId};

use super::error::QuestionError;
use super::freshness::Freshness;
use super::numbered_page::NumberedPage;
use super::page_rows::PageRows;
use super::questions::Questions;
use attempt_ledger_read_store::Projection;

/// A queue, with the definition in force if it has one.
pub type ListedQueue = (QueueId, Option<QueueDefinition>);

impl Questions {
    /// Queues after one that an attempt names or that are defined, ascending, at most `limit`.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn queue_ids(
        &self,
        after: Option<QueueId>,
        limit: usize,
    ) -> Result<(Vec<QueueId>, Freshness), QuestionError> {
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let projections = [Projection::Attempts, Projection::Queues];
        let freshness = self.freshness(reader.as_ref(), &projections, None)?;
        Ok((reader.queue_ids(after, limit)?, freshness))
    }

    /// One page of the same queues, each with the definition in force now, if it has one.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn queues(
        &self,
        after: Option<QueueId>,
        limit: usize,
    ) -> Result<NumberedPage<ListedQueue>, QuestionError> {
        let (named, freshness) = self.queue_ids(after, limit.saturating_add(1))?;
        // A definition that the read models do not contain yet is in force all the same.
        let mut queue_ids: BTreeSet<QueueId> = named.into_iter().collect();
        queue_ids.extend(self.ledger.queue_ids_after(after, limit.saturating_add(1)));
        let mut page = PageRows::new(limit);
        for queue_id in queue_ids {
            let definition = self.ledger.queue(queue_id);
            let name = definition.as_ref().and_then(|definition| definition.name.as_ref());
            let bytes = name.map_or(0, String::len);
            if page.take((queue_id, definition), bytes).is_break() {
                break;
            }
        }
        let (rows, next) = page.finish(|(queue_id, _)| queue_id.0);
        Ok(NumberedPage { rows, next, freshness })
    }
}
