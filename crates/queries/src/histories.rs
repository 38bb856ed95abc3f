//! One history, or one for each queue.

use attempt_ledger_domain::QueueId;

use super::error::QuestionError;
use super::freshness::Freshness;
use super::history::{HistoryQuestion, MeasuredHistory};
use super::questions::Questions;
use super::sums::HistorySubject;

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

/// Histories, each with the queue that it is about when there is one for each.
#[derive(Clone, Debug)]
pub struct Histories {
    /// By queue.
    pub series: Vec<(Option<QueueId>, MeasuredHistory)>,
    /// The queue after which the next part begins; absent on the last one.
    pub next: Option<QueueId>,
    /// How fresh the oldest of them is.
    pub freshness: Freshness,
}

impl Questions {
    /// The history that a question asks for, or with `part` one for each queue of that part; `None` when
    /// there are more than `series_max`, which is seen before any is measured.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn histories(
        &self,
        question: &HistoryQuestion,
        part: Option<QueuePart>,
        series_max: usize,
    ) -> Result<Option<Histories>, QuestionError> {
        let Some(QueuePart { after, limit }) = part else {
            if series_max == 0 {
                return Ok(None);
            }
            let history = self.history(question)?;
            let freshness = history.freshness.clone();
            return Ok(Some(Histories { series: vec![(None, history)], next: None, freshness }));
        };
        let wanted = limit.unwrap_or(series_max);
        if wanted > series_max {
            return Ok(None);
        }
        let (mut queue_ids, freshness) = self.queue_ids(after, wanted.saturating_add(1))?;
        let has_more = queue_ids.len() > wanted;
        if has_more && limit.is_none() {
            return Ok(None);
        }
        queue_ids.truncate(wanted);
        let next = queue_ids.last().copied().filter(|_| has_more);
        let mut series = Vec::with_capacity(queue_ids.len());
        for queue_id in queue_ids {
            series.push((Some(queue_id), self.history(&question.of(queue_id))?));
        }
        let all = series.iter().map(|(_, history)| &history.freshness);
        let oldest = all.min_by_key(|freshness| freshness.position).cloned();
        // Where no queue was heard of yet, the list of them is as fresh as can be said.
        let freshness = oldest.unwrap_or(freshness);
        Ok(Some(Histories { series, next, freshness }))
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
        visit: &mut dyn FnMut(Option<QueueId>, MeasuredHistory) -> bool,
    ) -> Result<(), QuestionError> {
        if !is_grouped {
            visit(None, self.history(question)?);
            return Ok(());
        }
        let mut after = None;
        loop {
            let (queue_ids, _) = self.queue_ids(after, QUEUES_AT_ONCE)?;
            for queue_id in &queue_ids {
                if !visit(Some(*queue_id), self.history(&question.of(*queue_id))?) {
                    return Ok(());
                }
            }
            after = queue_ids.last().copied();
            if queue_ids.len() < QUEUES_AT_ONCE {
                return Ok(());
            }
        }
    }
}

impl HistoryQuestion {
    /// The same question about one queue.
    fn of(&self, queue_id: QueueId) -> Self {
        Self { whose: HistorySubject::Queue(queue_id), ..self.clone() }
    }
}
