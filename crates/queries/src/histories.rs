//! One history, or one for each queue.

use attempt_ledger_domain::QueueId;

use super::error::QuestionError;
use super::freshness::Freshness;
use super::history::{HistoryQuestion, MeasuredHistory};
use super::questions::Questions;
use super::sums::HistorySubject;

/// Histories, each with the queue that it is about when there is one for each.
#[derive(Clone, Debug)]
pub struct Histories {
    /// By queue.
    pub series: Vec<(Option<QueueId>, MeasuredHistory)>,
    /// How fresh the oldest of them is.
    pub freshness: Freshness,
}

impl Questions {
    /// The history that a question asks for, or with `is_grouped` one for each queue; `None` when there are
    /// more than `series_max`.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn histories(
        &self,
        question: &HistoryQuestion,
        is_grouped: bool,
        series_max: usize,
    ) -> Result<Option<Histories>, QuestionError> {
        let mut series = Vec::new();
        let mut has_more = false;
        self.visit_histories(question, is_grouped, &mut |queue_id, history| {
            has_more = series.len() == series_max;
            if !has_more {
                series.push((queue_id, history));
            }
            !has_more
        })?;
        if has_more {
            return Ok(None);
        }
        let all = series.iter().map(|(_, history)| &history.freshness);
        let freshness = match all.min_by_key(|freshness| freshness.position) {
            Some(freshness) => freshness.clone(),
            // No queue was heard of yet.
            None => self.history(question)?.freshness,
        };
        Ok(Some(Histories { series, freshness }))
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
        for queue_id in self.queue_ids()?.0 {
            let question = HistoryQuestion { whose: HistorySubject::Queue(queue_id), ..question.clone() };
            if !visit(Some(queue_id), self.history(&question)?) {
                break;
            }
        }
        Ok(())
    }
}
