//! One history, or one for each queue.

use attempt_ledger_domain::{QueueGroup, QueueId};

use super::error::QuestionError;
use super::freshness::Freshness;
use super::history::{HistoryQuestion, MeasuredHistory};
use super::questions::Questions;
use super::subject::HistorySubject;

/// Queues that a walk over all of them reads at once.
const QUEUES_AT_ONCE: usize = 1_000;

/// Which queues a question for one history each is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePart {
    /// Whose number is greater than this one's.
    pub after: Option<QueueId>,
    /// How many at most; `None` for all of them.
    pub limit: Option<usize>,
}

/// Where a part of the histories ends.
#[derive(Clone, Debug)]
pub struct HistoriesEnd {
    /// The queue after which the next part begins; absent on the last one.
    pub next: Option<QueueId>,
    /// How fresh the oldest of them is.
    pub freshness: Freshness,
}

impl Questions {
    /// Visits the histories of a part of the queues, one after the other, until `visit` returns false; `None`
    /// when there are more than `series_max`, which is seen before any is measured.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn histories(
        &self,
        question: &HistoryQuestion,
        QueuePart { after, limit }: QueuePart,
        series_max: usize,
        visit: &mut dyn FnMut(QueueGroup, MeasuredHistory) -> bool,
    ) -> Result<Option<HistoriesEnd>, QuestionError> {
        let wanted = limit.unwrap_or(series_max);
        if wanted > series_max {
            return Ok(None);
        }
        let (mut groups, freshness) = self.queue_groups(after, wanted.saturating_add(1), question.as_of)?;
        let has_more = groups.len() > wanted;
        if has_more && limit.is_none() {
            return Ok(None);
        }
        groups.truncate(wanted);
        let next = groups.last().filter(|_| has_more).and_then(|group| group.queue_id());
        let mut oldest: Option<Freshness> = None;
        for group in groups {
            let history = self.history(&question.of(group))?;
            if oldest.as_ref().is_none_or(|oldest| history.freshness.position < oldest.position) {
                oldest = Some(history.freshness.clone());
            }
            if !visit(group, history) {
                break;
            }
        }
        // Where no queue was heard of yet, the list of them is as fresh as can be said.
        Ok(Some(HistoriesEnd { next, freshness: oldest.unwrap_or(freshness) }))
    }

    /// Visits the same histories one after the other until `visit` returns false. Memory does not grow with
    /// their number.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn visit_histories(
        &self,
        question: &HistoryQuestion,
        is_grouped: bool,
        visit: &mut dyn FnMut(Option<QueueGroup>, MeasuredHistory) -> bool,
    ) -> Result<(), QuestionError> {
        if !is_grouped {
            visit(None, self.history(question)?);
            return Ok(());
        }
        let mut after = None;
        loop {
            let (groups, _) = self.queue_groups(after, QUEUES_AT_ONCE, question.as_of)?;
            for group in &groups {
                if !visit(Some(*group), self.history(&question.of(*group))?) {
                    return Ok(());
                }
            }
            after = groups.last().and_then(|group| group.queue_id());
            // What stands in no queue is the last of all.
            if groups.len() < QUEUES_AT_ONCE || after.is_none() {
                return Ok(());
            }
        }
    }
}

impl HistoryQuestion {
    /// The same question about one queue, or about what stands in none.
    fn of(&self, group: QueueGroup) -> Self {
        Self { whose: HistorySubject::Queue(group), ..self.clone() }
    }
}
