//! Why a number is what it is: the attempts behind it, those left out, and the records of each.
//!
//! Every metric's numerator and denominator are sums over attempts. So the catalogue itself explains: asked
//! about the contribution of one attempt, it answers that attempt's share, and the shares add up to the
//! number.

use std::ops::ControlFlow;

use attempt_ledger_domain::timeline::{Timeline, TimelineEntry, TimelineObservation};
use attempt_ledger_domain::{AttemptId, ORDINARY_RECORDS_MAX, Position};
use attempt_ledger_ledger::PAGE_BYTES_MAX;
use attempt_ledger_projections::fold::Rows;
use attempt_ledger_projections::metrics::{Definition, Measurement, Parameters};

use super::error::QuestionError;
use super::freshness::Freshness;
use super::history::HistoryQuestion;
use super::past::{past_rows, with_offers};
use super::questions::Questions;
use super::share_walk::{AttemptShare, ExplanationPlace, ShareWalk, Side};
use attempt_ledger_projector::rows_as_of;
use attempt_ledger_read_store::{Projection, Reader};

/// Which part of an explanation is wanted.
#[derive(Clone, Copy, Debug)]
pub struct ExplanationPart {
    /// Where it begins.
    pub from: ExplanationPlace,
    /// Whether what was left out is wanted, after what counts.
    pub with_left_out: bool,
    /// How many attempts at most.
    pub limit: usize,
}

impl ExplanationPart {
    /// Everything, up to a number of attempts.
    #[must_use]
    pub const fn first(limit: usize) -> Self {
        Self { from: ExplanationPlace { side: Side::Counted, after: None }, with_left_out: true, limit }
    }
}

/// The number that an explanation is about.
#[derive(Clone, Debug)]
pub struct ExplanationHead {
    /// The number itself, over all attempts.
    pub measured: Measurement,
    /// The parameters in force.
    pub parameters: Parameters,
    /// How fresh it is.
    pub freshness: Freshness,
}

/// What was reported of one attempt behind a number, in time order.
#[derive(Clone, Debug, Default)]
pub struct AttemptReports {
    /// The deliveries, counted and set aside.
    pub entries: Vec<TimelineEntry>,
    /// The observations: a member who waited for an agent is known by one of them alone.
    pub observations: Vec<TimelineObservation>,
}

/// The attempts behind a number.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The number itself, over all attempts.
    pub measured: Measurement,
    /// One page of the attempts that were looked at: those that add to it by start, then those left out.
    pub shares: Vec<AttemptShare>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<ExplanationPlace>,
    /// The parameters in force.
    pub parameters: Parameters,
    /// How fresh it is.
    pub freshness: Freshness,
}

impl Questions {
    /// The attempts behind one metric over all buckets of a question.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn explain(
        &self,
        question: &HistoryQuestion,
        metric: &'static Definition,
        part: ExplanationPart,
    ) -> Result<Explanation, QuestionError> {
        let mut shares = Vec::new();
        let mut next = None;
        let head = self.visit_shares(question, metric, part, &mut |place, share| {
            if shares.len() == part.limit {
                next = Some(place);
                return ControlFlow::Break(());
            }
            shares.push(share);
            ControlFlow::Continue(())
        })?;
        let ExplanationHead { measured, parameters, freshness } = head;
        Ok(Explanation { measured, shares, next, parameters, freshness })
    }

    /// Visits the attempts behind one metric, each with the place before it, until `visit` breaks. Memory
    /// does not grow with their number.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn visit_shares(
        &self,
        question: &HistoryQuestion,
        metric: &'static Definition,
        part: ExplanationPart,
        visit: &mut dyn FnMut(ExplanationPlace, AttemptShare) -> ControlFlow<()>,
    ) -> Result<ExplanationHead, QuestionError> {
        let question = question.about(metric);
        let parameters = self.parameters(&question, question.as_of);
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let projections = [Projection::Attempts, Projection::Offers, Projection::QueueHistory];
        let freshness = self.freshness(reader.as_ref(), &projections, question.as_of)?;
        let log = self.ledger.log().as_ref();
        let sums = question.sums(question.as_of);
        let split = sums.read(reader.as_ref(), log, self.terms(&question, question.as_of))?;
        let measured = split.measure(0..question.buckets.len(), &parameters, &[metric]).swap_remove(0);
        let past = match question.as_of {
            Some(as_of) => past_rows(reader.as_ref(), log, as_of)?,
            None => Vec::new(),
        };
        let walk = ShareWalk {
            reader: reader.as_ref(),
            sums: &sums,
            past: &past,
            metric,
            parameters: &parameters,
            knowledge: split.knowledge(metric),
        };
        let mut place = Some(part.from);
        while let Some(ExplanationPlace { side, after }) = place {
            if walk.visit(side, after, visit)?.is_break() {
                break;
            }
            let has_more = side == Side::Counted && part.with_left_out;
            place = has_more.then_some(ExplanationPlace { side: Side::LeftOut, after: None });
        }
        Ok(ExplanationHead { measured, parameters, freshness })
    }

    /// What was reported of each attempt of an explanation, in the order of its shares.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn reports(&self, explanation: &Explanation) -> Result<Vec<AttemptReports>, QuestionError> {
        // Deliveries that the read models do not contain yet have not made the number.
        let as_of = Some(explanation.freshness.position);
        let reports = explanation.shares.iter().map(|share| {
            let timeline = self.ledger.timeline(share.attempt_id, as_of)?;
            // Of a runaway attempt the first ones.
            let first = |timeline: Timeline| timeline.page(0, ORDINARY_RECORDS_MAX, PAGE_BYTES_MAX).0;
            Ok(timeline.map(|timeline| AttemptReports::of(first(timeline))).unwrap_or_default())
        });
        reports.collect()
    }
}

impl AttemptReports {
    fn of(timeline: Timeline) -> Self {
        Self { entries: timeline.entries, observations: timeline.observations }
    }
}

impl HistoryQuestion {
    /// The same question about one metric only.
    pub(crate) fn about(&self, metric: &'static Definition) -> Self {
        Self { metrics: vec![metric], ..self.clone() }
    }
}

/// An attempt as it is now or was at a position; `None` when it has no row.
pub(crate) fn rows_at(
    questions: &Questions,
    reader: &dyn Reader,
    attempt_id: AttemptId,
    as_of: Option<Position>,
) -> Result<Option<Rows>, QuestionError> {
    match as_of {
        Some(as_of) => Ok(rows_as_of(questions.ledger.log().as_ref(), attempt_id, as_of)?),
        None => reader.attempt(attempt_id)?.map(|attempt| with_offers(reader, attempt)).transpose(),
    }
}
