//! Which queues there are.

use std::collections::BTreeSet;

use attempt_ledger_domain::{Position, QueueDefinition, QueueGroup, QueueId};

use super::error::QuestionError;
use super::freshness::Freshness;
use super::numbered_page::NumberedPage;
use super::page_rows::PageRows;
use super::past::past_rows;
use super::questions::Questions;
use attempt_ledger_read_store::{Projection, Reader};

/// A queue with the definition in force if it has one, or what stands in no queue.
pub type ListedQueue = (QueueGroup, Option<QueueDefinition>);

impl Questions {
    /// Queues after one that an attempt names or that are defined, ascending, and last what stands in no
    /// queue, if anything does: at most `limit`. Those that attempts named at a position, and name no more,
    /// are among them when it is asked for.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn queue_groups(
        &self,
        after: Option<QueueId>,
        limit: usize,
        as_of: Option<Position>,
    ) -> Result<(Vec<QueueGroup>, Freshness), QuestionError> {
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let projections = [Projection::Attempts, Projection::Queues];
        let freshness = self.freshness(reader.as_ref(), &projections, None)?;
        let mut groups: BTreeSet<QueueGroup> = self.past_groups(reader.as_ref(), as_of)?;
        groups.extend(reader.queue_ids(after, limit)?.into_iter().map(QueueGroup::Queue));
        if reader.has_queueless()? {
            groups.insert(QueueGroup::NoQueue);
        }
        let comes_later = |group: &QueueGroup| after.is_none_or(|after| *group > QueueGroup::Queue(after));
        Ok((groups.into_iter().filter(comes_later).take(limit).collect(), freshness))
    }

    /// The groups of the attempts that changed after a position, as they were then.
    fn past_groups(
        &self,
        reader: &dyn Reader,
        as_of: Option<Position>,
    ) -> Result<BTreeSet<QueueGroup>, QuestionError> {
        let Some(as_of) = as_of else { return Ok(BTreeSet::new()) };
        let past = past_rows(reader, self.ledger.log().as_ref(), as_of)?;
        Ok(past.into_iter().map(|rows| QueueGroup::of(rows.attempt.queue_id)).collect())
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
        let (named, freshness) = self.queue_groups(after, limit.saturating_add(1), None)?;
        // A definition that the read models do not contain yet is in force all the same.
        let mut groups: BTreeSet<QueueGroup> = named.into_iter().collect();
        let defined = self.ledger.queue_ids_after(after, limit.saturating_add(1));
        groups.extend(defined.into_iter().map(QueueGroup::Queue));
        let mut page = PageRows::new(limit);
        for group in groups {
            let definition = group.queue_id().and_then(|queue_id| self.ledger.queue(queue_id));
            let name = definition.as_ref().and_then(|definition| definition.name.as_ref());
            let bytes = name.map_or(0, String::len);
            if page.take((group, definition), bytes).is_break() {
                break;
            }
        }
        // What stands in no queue is the last of all, so a page before another one ends with a number.
        let (rows, next) = page.finish(|(group, _)| group.queue_id());
        Ok(NumberedPage { rows, next: next.flatten().map(|queue_id| queue_id.0), freshness })
    }
}
