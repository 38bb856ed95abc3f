//! The attempts that a number is about, in the order of their beginning, each with its share.

use std::ops::ControlFlow;

use attempt_ledger_domain::{AttemptId, UnixMillis};
use attempt_ledger_projections::OfferRow;
use attempt_ledger_projections::fold::Rows;
use attempt_ledger_projections::history::{
    Attribution, IntervalKey, Item, Totals, contribute_to_agents, contribute_to_queue,
};
use attempt_ledger_projections::metrics::{
    Candidate, Definition, HistoryKind, Measurement, Number, Omission, Parameters,
};
use attempt_ledger_read_store::{After, AttemptFilter, Order, Reader};

use super::attempts::may_count_in;
use super::error::QuestionError;
use super::past::with_offers;
use super::split_sums::Knowledge;
use super::subject::HistorySubject;
use super::sums::BucketSums;

/// The share that one attempt has in a number.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptShare {
    /// The attempt.
    pub attempt_id: AttemptId,
    /// When it started.
    pub started_at: UnixMillis,
    /// What it adds to the number; for a number that is a mean or a ratio, see its numerator and denominator.
    pub measured: Measurement,
    /// Why it adds nothing, for attempts that were left out.
    pub left_out: Option<Omission>,
}

/// Which of the attempts that were looked at an explanation lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Those that count.
    Counted,
    /// Those left out.
    LeftOut,
}

/// Where a page of an explanation begins: what counts stands before what was left out, each by start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExplanationPlace {
    /// In which part.
    pub side: Side,
    /// After which attempt of it; `None` at its beginning.
    pub after: Option<After>,
}

/// Attempts that are read at once while some are looked for.
const ATTEMPTS_AT_ONCE: usize = 1_000;

/// A walk over the attempts that are active within the range of a question.
pub(crate) struct ShareWalk<'a> {
    pub(crate) reader: &'a dyn Reader,
    pub(crate) sums: &'a BucketSums,
    /// Of which queues the metric is known.
    pub(crate) knowledge: Knowledge<'a>,
    /// The attempts that changed after the position of the question, as they were then.
    pub(crate) past: &'a [Rows],
    pub(crate) metric: &'static Definition,
    pub(crate) parameters: &'a Parameters,
}

impl ShareWalk<'_> {
    /// Visits the attempts of one side, each with the place before it.
    pub(crate) fn visit(
        &self,
        side: Side,
        mut after: Option<After>,
        visit: &mut dyn FnMut(ExplanationPlace, AttemptShare) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, QuestionError> {
        loop {
            let page = self.page(after)?;
            for rows in &page {
                let share = self.share(rows);
                let is_meant = share.left_out.is_some() == (side == Side::LeftOut);
                if is_meant && visit(ExplanationPlace { side, after }, share).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                after = Some(after_rows(rows));
            }
            if page.len() < ATTEMPTS_AT_ONCE {
                return Ok(ControlFlow::Continue(()));
            }
        }
    }

    /// The next attempts, as many as are read at once.
    fn page(&self, after: Option<After>) -> Result<Vec<Rows>, QuestionError> {
        let mut attempts = Vec::new();
        self.reader.attempts(&self.filter()?, Order::OldestFirst, after, &mut |row| {
            attempts.push(row);
            if attempts.len() < ATTEMPTS_AT_ONCE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let mut rows = Vec::with_capacity(attempts.len());
        for attempt in attempts {
            rows.push(with_offers(self.reader, attempt)?);
        }
        if !self.past.is_empty() {
            let range = self.sums.range();
            let is_by_event = self.sums.attribution == Attribution::Emit;
            let is_meant = |rows: &&Rows| {
                let attempt = &rows.attempt;
                // As the filter of what is stored.
                let is_active =
                    may_count_in(attempt, &range) && (is_by_event || attempt.started_at < range.end);
                let comes_later = after.is_none_or(|after| {
                    (attempt.started_at, attempt.attempt_id) > (after.started_at, after.attempt_id)
                });
                is_active && comes_later && self.sums.whose.means(rows)
            };
            rows.extend(self.past.iter().filter(is_meant).cloned());
            rows.sort_by_key(|rows| (rows.attempt.started_at, rows.attempt.attempt_id));
            rows.truncate(ATTEMPTS_AT_ONCE);
        }
        Ok(rows)
    }

    fn filter(&self) -> Result<AttemptFilter, QuestionError> {
        let range = self.sums.range();
        // What is active in the range started no earlier than the longest run before it.
        let longest_ms = i64::try_from(self.reader.run_ms_max()?).unwrap_or(i64::MAX);
        let mut filter = AttemptFilter {
            from: Some(UnixMillis(range.start.0.saturating_sub(longest_ms))),
            // Attributed by the event, a connection that a later event carries counts before the first one.
            to: (self.sums.attribution != Attribution::Emit).then_some(range.end),
            active_in: Some(range),
            settled_at: self.sums.as_of,
            ..AttemptFilter::default()
        };
        match self.sums.whose {
            HistorySubject::Queue(queue) => filter.queue_id = Some(queue),
            HistorySubject::Queues => {}
            HistorySubject::Agent(agent_id, queue) => {
                filter.agent_id = Some(agent_id);
                filter.queue_id = queue;
            }
        }
        Ok(filter)
    }

    fn share(&self, rows: &Rows) -> AttemptShare {
        let Self { sums, metric, .. } = self;
        let attempt = &rows.attempt;
        let parameters = &self.knowledge.parameters(self.parameters, attempt.queue_id);
        let (within, everywhere) = totals_of(rows, sums);
        let one = |totals: &Totals| metric.share(totals, parameters);
        let measured = one(&within);
        let missing = self.knowledge.missing(attempt.queue_id);
        if let Some(kind) = missing {
            let (measured, left_out) = (metric.unsent(kind, parameters), Some(Omission::HookNotSent(kind)));
            return AttemptShare {
                attempt_id: attempt.attempt_id,
                started_at: attempt.started_at,
                measured,
                left_out,
            };
        }
        let left_out = if adds(&measured) {
            None
        } else if adds(&one(&everywhere)) {
            Some(Omission::OtherInterval(sums.attribution))
        } else {
            let is_open = sums.attribution == Attribution::End;
            let why = self.why_not(rows, parameters).or(is_open.then_some(Omission::NotEnded));
            debug_assert!(why.is_some(), "{} leaves out {attempt:?} for no reason", metric.key);
            why
        };
        AttemptShare { attempt_id: attempt.attempt_id, started_at: attempt.started_at, measured, left_out }
    }

    fn why_not(&self, rows: &Rows, parameters: &Parameters) -> Option<Omission> {
        let (legs, history): (Vec<&OfferRow>, _) = match self.sums.whose {
            HistorySubject::Queue(_) | HistorySubject::Queues => {
                (rows.offers.iter().collect(), HistoryKind::Queue)
            }
            HistorySubject::Agent(..) => {
                let legs = rows.offers.iter().filter(|leg| self.sums.whose.is_of(leg)).collect();
                (legs, HistoryKind::Agent)
            }
        };
        let candidate = Candidate { attempt: &rows.attempt, legs: &legs, history };
        self.metric.why_not(candidate, parameters)
    }
}

fn after_rows(rows: &Rows) -> After {
    After { started_at: rows.attempt.started_at, attempt_id: rows.attempt.attempt_id, leg: 0 }
}

/// What an attempt adds up to within the range of the question, and everywhere.
pub(crate) fn totals_of(rows: &Rows, sums: &BucketSums) -> (Totals, Totals) {
    let (mut within, mut everywhere) = (Totals::default(), Totals::default());
    let mut book = |key: IntervalKey, item: &Item<'_>| {
        if key.attribution == sums.attribution && sums.whose.includes(key.scope) {
            everywhere.add(item, 1);
            if sums.bucket_of_key(key).is_some() {
                within.add(item, 1);
            }
        }
    };
    match sums.whose {
        HistorySubject::Queue(_) | HistorySubject::Queues => {
            contribute_to_queue(&rows.attempt, &rows.offers, &mut book);
        }
        HistorySubject::Agent(..) => contribute_to_agents(&rows.offers, &mut book),
    }
    (within, everywhere)
}

/// Whether a measurement adds to anything.
pub(crate) fn adds(measured: &Measurement) -> bool {
    let is_something = |value: Option<Number>| !matches!(value, None | Some(Number::Whole(0)));
    let counts = [measured.numerator, measured.denominator].into_iter().flatten().any(|number| number != 0);
    let is_ratio = measured.denominator.is_some();
    // Beside a ratio, parts are the same number under other policies: they do not make it.
    let has_parts = !is_ratio && measured.parts.iter().any(|part| is_something(part.value));
    counts || has_parts || (!is_ratio && is_something(measured.value)) || measured.distribution.is_some()
}
