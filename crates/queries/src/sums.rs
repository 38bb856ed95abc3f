//! What a queue or an agent adds up to, bucket by bucket, now or as the ledger knew it at an older position.

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};

use attempt_ledger_domain::{AgentId, AttemptId, Position, QueueGroup, UnixMillis};
use attempt_ledger_projections::OfferRow;
use attempt_ledger_projections::fold::Rows;
use attempt_ledger_projections::history::{
    Attribution, IntervalKey, Item, Measure, contribute_to_agents, contribute_to_queue,
};

use super::error::{HISTORY_QUEUES_MAX, QuestionError};
use super::past::{past_rows, rows_changed_since};
use super::queue_terms::QueueTerms;
use super::split_sums::SplitSums;
use super::subject::HistorySubject;
use attempt_ledger_log::EventLog;
use attempt_ledger_read_store::{HistoryFilter, HistoryScope, OfferFilter, Order, Reader};

/// The sums that a question needs: whose, by which attribution, in which buckets.
#[derive(Clone, Debug)]
pub struct BucketSums {
    /// Whose numbers.
    pub whose: HistorySubject,
    /// By which attribution.
    pub attribution: Attribution,
    /// Adjoining half-open buckets, ascending; every edge is a multiple of the base interval.
    pub buckets: Vec<Range<UnixMillis>>,
    /// The measures whose values are needed, not only their count and sum.
    pub values_of: Vec<Measure>,
    /// Whether the mix of results is needed.
    pub with_mix: bool,
    /// As the ledger knew it at this position.
    pub as_of: Option<Position>,
}

impl BucketSums {
    /// The time from the first bucket to the last.
    pub(crate) fn range(&self) -> Range<UnixMillis> {
        let start = self.buckets.first().map(|bucket| bucket.start).unwrap_or_default();
        start..self.buckets.last().map_or(start, |bucket| bucket.end)
    }

    /// The bucket that an interval lies in.
    fn bucket_of(&self, interval_start: UnixMillis) -> Option<usize> {
        let after = self.buckets.partition_point(|bucket| bucket.start <= interval_start);
        let index = after.checked_sub(1)?;
        (interval_start < self.buckets[index].end).then_some(index)
    }

    /// The bucket that a contribution counts in.
    pub(crate) fn bucket_of_key(&self, key: IntervalKey) -> Option<usize> {
        let counts = key.attribution == self.attribution && self.whose.includes(key.scope);
        if counts { self.bucket_of(key.start) } else { None }
    }

    /// The sums of every bucket.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub(crate) fn read(
        &self,
        reader: &dyn Reader,
        log: &dyn EventLog,
        terms: QueueTerms,
    ) -> Result<SplitSums, QuestionError> {
        let asked = match self.whose {
            HistorySubject::Queue(group) => Some(group),
            HistorySubject::Agent(_, group) => group,
            HistorySubject::Queues => None,
        };
        let mut totals = SplitSums::new(terms, asked, self.buckets.len());
        match self.whose {
            // An agent's values are not kept by interval: a few thousand legs give them as quickly.
            HistorySubject::Agent(agent_id, queue) if !self.values_of.is_empty() => {
                self.add_legs(reader, agent_id, queue, &mut totals)?;
            }
            _ => self.add_intervals(reader, &mut totals)?,
        }
        if let Some(as_of) = self.as_of {
            self.turn_back(reader, log, as_of, &mut totals)?;
        }
        // What was added is all that is ever retracted, in the read models and here.
        debug_assert!(!totals.has_negative(), "retracting left a negative sum");
        Ok(totals)
    }

    fn add_intervals(&self, reader: &dyn Reader, totals: &mut SplitSums) -> Result<(), QuestionError> {
        if self.whose == HistorySubject::Queues
            && reader.queue_ids(None, HISTORY_QUEUES_MAX + 1)?.len() > HISTORY_QUEUES_MAX
        {
            return Err(QuestionError::TooManyQueues);
        }
        let filter = HistoryFilter {
            scope: match self.whose {
                HistorySubject::Queue(queue) => HistoryScope::Queue(queue),
                HistorySubject::Queues => HistoryScope::Queues,
                HistorySubject::Agent(agent_id, queue) => HistoryScope::Agent(agent_id, queue),
            },
            attribution: self.attribution,
            range: self.range(),
            values_of: self.values_of.clone(),
            with_mix: self.with_mix,
        };
        for (scope, start, interval) in reader.history(&filter)? {
            if let Some(index) = self.bucket_of(start) {
                totals.merge(scope.queue_id(), index, &interval);
            }
        }
        Ok(())
    }

    fn add_legs(
        &self,
        reader: &dyn Reader,
        agent_id: AgentId,
        queue_id: Option<QueueGroup>,
        totals: &mut SplitSums,
    ) -> Result<(), QuestionError> {
        let filter = OfferFilter {
            agent_id: Some(agent_id),
            queue_id,
            overlaps: Some(self.range()),
            ..OfferFilter::default()
        };
        reader.offers(&filter, Order::OldestFirst, None, &mut |leg| {
            contribute_to_agents(&[leg], |key, item| self.add(key, item, 1, totals));
            ControlFlow::Continue(())
        })?;
        Ok(())
    }

    /// Adds what an attempt contributes, or retracts it.
    fn add_rows(&self, rows: &Rows, times: i64, totals: &mut SplitSums) {
        match self.whose {
            HistorySubject::Queue(_) | HistorySubject::Queues => {
                contribute_to_queue(&rows.attempt, &rows.offers, |key, item| {
                    self.add(key, item, times, totals);
                });
            }
            HistorySubject::Agent(..) => {
                contribute_to_agents(&rows.offers, |key, item| self.add(key, item, times, totals));
            }
        }
    }

    fn add(&self, key: IntervalKey, item: &Item<'_>, times: i64, totals: &mut SplitSums) {
        if let Some(index) = self.bucket_of_key(key) {
            totals.add(key.scope.queue_id(), index, item, times);
        }
    }

    /// Retracts what attempts contribute that changed after a position, and adds what they did then.
    fn turn_back(
        &self,
        reader: &dyn Reader,
        log: &dyn EventLog,
        as_of: Position,
        totals: &mut SplitSums,
    ) -> Result<(), QuestionError> {
        rows_changed_since(reader, as_of, &mut |rows| {
            self.add_rows(&rows, -1, totals);
            Ok(())
        })?;
        for rows in past_rows(reader, log, as_of)? {
            self.add_rows(&rows, 1, totals);
        }
        Ok(())
    }
}

/// The legs of an agent within a range, now or as the ledger knew them at an older position.
pub(crate) fn legs_of(
    reader: &dyn Reader,
    log: &dyn EventLog,
    filter: &OfferFilter,
    as_of: Option<Position>,
) -> Result<Vec<OfferRow>, QuestionError> {
    let mut changed: HashSet<AttemptId> = HashSet::new();
    let mut legs = Vec::new();
    if let Some(as_of) = as_of {
        rows_changed_since(reader, as_of, &mut |rows| {
            changed.insert(rows.attempt.attempt_id);
            Ok(())
        })?;
        for rows in past_rows(reader, log, as_of)? {
            legs.extend(rows.offers.into_iter().filter(|leg| filter.means(leg)));
        }
    }
    reader.offers(filter, Order::OldestFirst, None, &mut |leg| {
        if !changed.contains(&leg.attempt_id) {
            legs.push(leg);
        }
        ControlFlow::Continue(())
    })?;
    legs.sort_by_key(|leg| (leg.started_at, leg.attempt_id, leg.leg));
    Ok(legs)
}
