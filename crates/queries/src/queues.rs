//! Which queues there are.

use std::collections::{BTreeMap, BTreeSet};

use attempt_ledger_domain::{Position, QueueDefinition, QueueGroup, QueueId};
use attempt_ledger_projections::HookRow;

use super::error::QuestionError;
use super::freshness::Freshness;
use super::hooks::QueueHooks;
use super::numbered_page::NumberedPage;
use super::page_rows::PageRows;
use super::past::past_rows;
use super::questions::Questions;
use attempt_ledger_read_store::{Projection, Reader};

/// What a hook takes in an answer, about.
const HOOK_BYTES: usize = 150;

/// A queue that is defined or that an attempt names, or what stands in no queue.
#[derive(Clone, Debug)]
pub struct ListedQueue {
    /// The queue.
    pub group: QueueGroup,
    /// The definition in force, if it has one.
    pub definition: Option<QueueDefinition>,
    /// What arrives for it.
    pub hooks: QueueHooks,
}

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
        let projections = [Projection::Attempts, Projection::Queues, Projection::Hooks];
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
        let mut arriving = self.hooks_of(&groups)?;
        let mut page = PageRows::new(limit);
        for group in groups {
            let definition = group.queue_id().and_then(|queue_id| self.ledger.queue(queue_id));
            let hooks = QueueHooks::of(definition.as_ref(), arriving.remove(&group).unwrap_or_default());
            let name = definition.as_ref().and_then(|definition| definition.name.as_ref());
            let bytes = name.map_or(0, String::len) + HOOK_BYTES * hooks.arriving.len();
            if page.take(ListedQueue { group, definition, hooks }, bytes).is_break() {
                break;
            }
        }
        // What stands in no queue is the last of all, so a page before another one ends with a number.
        let (rows, next) = page.finish(|queue| queue.group.queue_id());
        Ok(NumberedPage { rows, next: next.flatten().map(|queue_id| queue_id.0), freshness })
    }

    /// What arrives for queues, by queue.
    fn hooks_of(
        &self,
        groups: &BTreeSet<QueueGroup>,
    ) -> Result<BTreeMap<QueueGroup, Vec<HookRow>>, QuestionError> {
        let mut arriving: BTreeMap<QueueGroup, Vec<HookRow>> = BTreeMap::new();
        let mut queues = groups.iter().filter_map(|group| group.queue_id());
        if let Some(first) = queues.next() {
            let last = queues.next_back().unwrap_or(first);
            let store = self.projector.models().current();
            for row in store.reader()?.hooks(first..=last)? {
                arriving.entry(QueueGroup::Queue(row.queue_id)).or_default().push(row);
            }
        }
        Ok(arriving)
    }
}
