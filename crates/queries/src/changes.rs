//! Why a number changed between two positions of the log.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use attempt_ledger_domain::{AttemptId, EventKind, Observation, Position, UnixMillis};
use attempt_ledger_projections::metrics::{Definition, Measurement, Parameters};
use uuid::Uuid;

use super::error::{OVERLAY_ATTEMPTS_MAX, QuestionError};
use super::explanation::rows_at;
use super::freshness::Freshness;
use super::history::HistoryQuestion;
use super::questions::Questions;
use super::share_walk::{adds, totals_of};
use super::split_sums::{Knowledge, SplitSums};
use attempt_ledger_ledger::Record;
use attempt_ledger_log::record::{RecordKind, Verdict};
use attempt_ledger_read_store::{AttemptFilter, Order, Projection, Reader};

/// The most records that an answer names as causes of one attempt's change.
const CAUSES_MAX: usize = 1_000;

/// A record that came between the two positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The record.
    pub id: Uuid,
    /// Its place in the log.
    pub position: Position,
    /// What it is: an event, an observation, a refusal, or a decision about one.
    pub kind: RecordKind,
    /// The event; of a refusal, what the delivery claimed to be.
    pub event: Option<EventKind>,
    /// What was decided, where it is a decision about a refusal.
    pub verdict: Option<Verdict>,
    /// The observation, where it is one: some formulas read it.
    pub observation: Option<Observation>,
    /// When it happened.
    pub occurred_at: Option<UnixMillis>,
    /// When the ledger took it.
    pub recorded_at: UnixMillis,
    /// Whether it came more than a day late.
    pub is_late: bool,
}

/// One attempt whose share of the number changed.
#[derive(Clone, Debug)]
pub struct ShareChange {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Its share at the earlier position; absent when it was not known.
    pub before: Option<Measurement>,
    /// Its share at the later one; absent when it has none any more.
    pub after: Option<Measurement>,
    /// What came between.
    pub causes: Vec<Cause>,
}

/// Why a number changed.
#[derive(Clone, Debug)]
pub struct MetricChange {
    /// The number at the earlier position.
    pub before: Measurement,
    /// The number at the later one.
    pub after: Measurement,
    /// The parameters at the earlier position; they differ when the queue's definition changed.
    pub parameters_before: Parameters,
    /// The parameters at the later one.
    pub parameters_after: Parameters,
    /// Attempts whose share changed, at most as many as were asked for.
    pub changed: Vec<ShareChange>,
    /// How many attempts changed their share in all.
    pub changed_count: u64,
    /// How fresh it is.
    pub freshness: Freshness,
}

impl Questions {
    /// Why a metric over all buckets of a question is not what it was at `since`.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn changes(
        &self,
        question: &HistoryQuestion,
        metric: &'static Definition,
        since: Position,
        limit: usize,
    ) -> Result<MetricChange, QuestionError> {
        let question = question.about(metric);
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let projections = [Projection::Attempts, Projection::Offers, Projection::QueueHistory];
        let freshness = self.freshness(reader.as_ref(), &projections, question.as_of)?;
        let parameters_before = self.parameters(&question, Some(since));
        let parameters_after = self.parameters(&question, question.as_of);
        let read = |as_of| -> Result<SplitSums, QuestionError> {
            let terms = self.terms(&question, as_of);
            question.sums(as_of).read(reader.as_ref(), self.ledger.log().as_ref(), terms)
        };
        let (split_before, split_after) = (read(Some(since))?, read(question.as_of)?);
        let whole = 0..question.buckets.len();
        let number = |split: &SplitSums, parameters| {
            split.measure(whole.clone(), parameters, &[metric]).swap_remove(0)
        };
        let before = number(&split_before, &parameters_before);
        let after = number(&split_after, &parameters_after);
        let (known_before, known_after) = (split_before.knowledge(metric), split_after.knowledge(metric));
        let mut changed = Vec::new();
        let mut changed_count = 0;
        let sums = question.sums(None);
        let is_defined_anew = !split_before.has_same_terms(&split_after);
        for attempt_id in self.candidates(reader.as_ref(), &question, is_defined_anew, since)? {
            let share = |as_of, parameters: &Parameters, knowledge: &Knowledge<'_>| {
                let rows = rows_at(self, reader.as_ref(), attempt_id, as_of)?;
                let known = rows.filter(|rows| knowledge.missing(rows.attempt.queue_id).is_none());
                let measured = known.map(|rows| {
                    let parameters = knowledge.parameters(parameters, rows.attempt.queue_id);
                    metric.share(&totals_of(&rows, &sums).0, &parameters)
                });
                Ok::<_, QuestionError>(measured.filter(adds))
            };
            let was = share(Some(since), &parameters_before, &known_before)?;
            let is = share(question.as_of, &parameters_after, &known_after)?;
            if was == is {
                continue;
            }
            changed_count += 1;
            if changed.len() < limit {
                let causes = self.causes(attempt_id, since, question.as_of)?;
                changed.push(ShareChange { attempt_id, before: was, after: is, causes });
            }
        }
        Ok(MetricChange {
            before,
            after,
            parameters_before,
            parameters_after,
            changed,
            changed_count,
            freshness,
        })
    }

    /// Attempts whose share may have changed: those that later records bear on; when definitions did, all.
    fn candidates(
        &self,
        reader: &dyn Reader,
        question: &HistoryQuestion,
        is_defined_anew: bool,
        since: Position,
    ) -> Result<BTreeSet<AttemptId>, QuestionError> {
        let range = question.sums(None).range();
        let mut filters = vec![AttemptFilter {
            changed_after: Some(since),
            known_at: question.as_of,
            ..AttemptFilter::default()
        }];
        if is_defined_anew {
            filters.push(AttemptFilter { active_in: Some(range), ..AttemptFilter::default() });
        }
        let mut candidates = BTreeSet::new();
        for filter in filters {
            reader.attempts(&filter, Order::OldestFirst, None, &mut |row| {
                candidates.insert(row.attempt_id);
                if candidates.len() > OVERLAY_ATTEMPTS_MAX {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
        }
        if candidates.len() > OVERLAY_ATTEMPTS_MAX {
            return Err(QuestionError::TooFarBack { wanted: since });
        }
        Ok(candidates)
    }

    /// The records about an attempt between two positions, the first [`CAUSES_MAX`] of them.
    fn causes(
        &self,
        attempt_id: AttemptId,
        since: Position,
        as_of: Option<Position>,
    ) -> Result<Vec<Cause>, QuestionError> {
        let page = self.ledger.attempt_records(attempt_id, since, as_of, CAUSES_MAX)?;
        let records = page.map(|page| page.records).unwrap_or_default();
        Ok(records.into_iter().filter(bears_on_numbers).map(cause).collect())
    }
}

/// Whether a record can have changed a number: a refused delivery without an event is in no timeline, and of
/// a replay the event counts.
fn bears_on_numbers(record: &Record<'_>) -> bool {
    let leaf = &record.leaf;
    leaf.event.is_some() || leaf.observation.is_some() || leaf.verdict == Some(Verdict::Dismissed)
}

fn cause(record: Record<'_>) -> Cause {
    Cause {
        id: record.leaf.id,
        position: record.position,
        kind: record.leaf.kind,
        event: record.leaf.event,
        verdict: record.leaf.verdict,
        observation: record.leaf.observation,
        occurred_at: record.leaf.occurred_at,
        recorded_at: record.leaf.recorded_at,
        is_late: record.flags().iter().any(|flag| flag == "late"),
    }
}
