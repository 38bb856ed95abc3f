//! Which queues there are.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use attempt_ledger_domain::{Position, QueueDefinition, QueueGroup, QueueId};
use attempt_ledger_projections::HookRow;

use super::error::QuestionError;
use super::freshness::Freshness;
use super::hooks::QueueHooks;
use super::numbered_page::NumberedPage;
use super::page_rows::PageRows;
use super::past::past_rows;
use super::questions::Questions;
use attempt_ledger_read_store::{AttemptFilter, Order, Projection, Reader};

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
    /// queue, if anything does: at most `limit`. Of a position, those that were heard of then.
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
        groups.extend(self.queues_heard_of(reader.as_ref(), after, limit, as_of)?);
        if reader.has_queueless()? && self.was_heard_of(reader.as_ref(), QueueGroup::NoQueue, as_of)? {
            groups.insert(QueueGroup::NoQueue);
        }
        let comes_later = |group: &QueueGroup| after.is_none_or(|after| *group > QueueGroup::Queue(after));
        Ok((groups.into_iter().filter(comes_later).take(limit).collect(), freshness))
    }

    /// So many queues by number that were heard of at a position.
    fn queues_heard_of(
        &self,
        reader: &dyn Reader,
        mut after: Option<QueueId>,
        limit: usize,
        as_of: Option<Position>,
    ) -> Result<Vec<QueueGroup>, QuestionError> {
        let mut found = Vec::new();
        loop {
            let queue_ids = reader.queue_ids(after, limit)?;
            for group in queue_ids.iter().copied().map(QueueGroup::Queue) {
                if self.was_heard_of(reader, group, as_of)? {
                    found.push(group);
                }
            }
            after = queue_ids.last().copied();
            if queue_ids.len() < limit || found.len() >= limit || limit == 0 {
                return Ok(found);
            }
        }
    }

    /// Whether a group that is known now was defined, or had an attempt that has not changed since, at a
    /// position.
    fn was_heard_of(
        &self,
        reader: &dyn Reader,
        group: QueueGroup,
        as_of: Option<Position>,
    ) -> Result<bool, QuestionError> {
        let is_defined = |queue_id| self.ledger.definition_as_of(queue_id, as_of).is_some();
        if as_of.is_none() || group.queue_id().is_some_and(is_defined) {
            return Ok(true);
        }
        let filter = AttemptFilter { queue_id: Some(group), settled_at: as_of, ..AttemptFilter::default() };
        let mut is_found = false;
        reader.attempts(&filter, Order::OldestFirst, None, &mut |_| {
            is_found = true;
            ControlFlow::Break(())
        })?;
        Ok(is_found)
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
