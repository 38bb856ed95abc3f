//! Which queues there are.

use std::collections::{BTreeMap, BTreeSet};

use attempt_ledger_domain::{QueueDefinition, QueueId};
use attempt_ledger_projections::HookRow;

use super::error::QuestionError;
use super::freshness::Freshness;
use super::hooks::QueueHooks;
use super::numbered_page::NumberedPage;
use super::page_rows::PageRows;
use super::questions::Questions;
use attempt_ledger_read_store::Projection;

/// What a hook takes in an answer, about.
const HOOK_BYTES: usize = 150;

/// A queue that is defined or that an attempt names.
#[derive(Clone, Debug)]
pub struct ListedQueue {
    /// The queue.
    pub queue_id: QueueId,
    /// The definition in force, if it has one.
    pub definition: Option<QueueDefinition>,
    /// What arrives for it.
    pub hooks: QueueHooks,
}

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
        let projections = [Projection::Attempts, Projection::Queues, Projection::Hooks];
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
        let mut arriving = self.hooks_of(&queue_ids)?;
        let mut page = PageRows::new(limit);
        for queue_id in queue_ids {
            let definition = self.ledger.queue(queue_id);
            let hooks = QueueHooks::of(definition.as_ref(), arriving.remove(&queue_id).unwrap_or_default());
            let name = definition.as_ref().and_then(|definition| definition.name.as_ref());
            let bytes = name.map_or(0, String::len) + HOOK_BYTES * hooks.arriving.len();
            if page.take(ListedQueue { queue_id, definition, hooks }, bytes).is_break() {
                break;
            }
        }
        let (rows, next) = page.finish(|queue| queue.queue_id.0);
        Ok(NumberedPage { rows, next, freshness })
    }

    /// What arrives for queues, by queue.
    fn hooks_of(&self, queues: &BTreeSet<QueueId>) -> Result<BTreeMap<QueueId, Vec<HookRow>>, QuestionError> {
        let mut arriving: BTreeMap<QueueId, Vec<HookRow>> = BTreeMap::new();
        if let (Some(first), Some(last)) = (queues.first(), queues.last()) {
            let store = self.projector.models().current();
            for row in store.reader()?.hooks(*first..=*last)? {
                arriving.entry(row.queue_id).or_default().push(row);
            }
        }
        Ok(arriving)
    }
}
