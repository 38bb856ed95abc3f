//! Why a number is what it is: the attempts behind it, those left out, and the records of each.
//!
//! Every metric's numerator and denominator are sums over attempts. So the catalogue itself explains: asked
//! about the contribution of one attempt, it answers that attempt's share, and the shares add up to the
//! number.

use std::ops::ControlFlow;

use attempt_ledger_domain::timeline::{Timeline, TimelineEntry};
use attempt_ledger_domain::{AttemptId, ORDINARY_RECORDS_MAX, Position, UnixMillis};
use attempt_ledger_ledger::PAGE_BYTES_MAX;
use attempt_ledger_projections::AttemptClass;
use attempt_ledger_projections::fold::Rows;
use attempt_ledger_projections::history::{
    Attribution, IntervalKey, Item, Totals, contribute_to_agents, contribute_to_queue,
};
use attempt_ledger_projections::metrics::{Definition, Measurement, Number, Parameters, compute};

use super::error::QuestionError;
use super::freshness::Freshness;
use super::history::HistoryQuestion;
use super::past::{past_rows, with_offers};
use super::questions::Questions;
use super::sums::{BucketSums, HistorySubject};
use attempt_ledger_projector::rows_as_of;
use attempt_ledger_read_store::{After, AttemptFilter, Order, Projection, Reader};

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

/// Why an attempt adds nothing to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Omission {
    /// It counts, in another interval.
    OtherInterval(Attribution),
    /// Its joining is not known.
    JoinUnknown,
    /// Its class is not one that the number is about.
    Class(AttemptClass),
    /// It has nothing of what is counted.
    Nothing,
}

impl Omission {
    /// The rule, as a stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OtherInterval(_) => "other_interval",
            Self::JoinUnknown => "join_unknown",
            Self::Class(_) => "class",
            Self::Nothing => "nothing",
        }
    }

    /// The rule in words.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Self::OtherInterval(attribution) => {
                format!("attributed by {}, it falls into another interval", attribution.name())
            }
            Self::JoinUnknown => "its joining is not known".to_owned(),
            Self::Class(class) => format!("its class is {}", class.name()),
            Self::Nothing => "nothing in it is counted by this metric".to_owned(),
        }
    }
}

/// The attempts behind a number.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The number itself, over all attempts.
    pub measured: Measurement,
    /// One page of the attempts that were looked at, by start: those that add to it, and those left out.
    pub shares: Vec<AttemptShare>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<After>,
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
        after: Option<After>,
        limit: usize,
    ) -> Result<Explanation, QuestionError> {
        let question = question.about(metric);
        let parameters = self.parameters(&question, question.as_of)?;
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let projections = [Projection::Attempts, Projection::Offers, Projection::QueueHistory];
        let freshness = self.freshness(reader.as_ref(), &projections, question.as_of)?;
        let log = self.ledger.log().as_ref();
        let sums = question.sums(question.as_of);
        let mut all = Totals::default();
        for totals in sums.read(reader.as_ref(), log)? {
            all.merge(&totals);
        }
        let measured = metric.measure(&all, &parameters);
        let rows = self.page(reader.as_ref(), &sums, question.as_of, after, limit)?;
        let next = (rows.len() > limit).then(|| after_rows(&rows[limit - 1]));
        let shares = rows.iter().take(limit).map(|rows| share(rows, &sums, metric, &parameters)).collect();
        Ok(Explanation { measured, shares, next, parameters, freshness })
    }

    /// The deliveries about each attempt of an explanation, counted and set aside, in the order of its
    /// shares.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn entries(&self, explanation: &Explanation) -> Result<Vec<Vec<TimelineEntry>>, QuestionError> {
        // Deliveries that the read models do not contain yet have not made the number.
        let as_of = Some(explanation.freshness.position);
        let entries = explanation.shares.iter().map(|share| {
            let timeline = self.ledger.timeline(share.attempt_id, as_of)?;
            // Of a runaway attempt the first ones.
            let first = |timeline: Timeline| timeline.page(0, ORDINARY_RECORDS_MAX, PAGE_BYTES_MAX).0;
            Ok(timeline.map(|timeline| first(timeline).entries).unwrap_or_default())
        });
        entries.collect()
    }

    /// Attempts that are active within the range of the question, by start; one more than `limit` if there
    /// are more.
    fn page(
        &self,
        reader: &dyn Reader,
        sums: &BucketSums,
        as_of: Option<Position>,
        after: Option<After>,
        limit: usize,
    ) -> Result<Vec<Rows>, QuestionError> {
        let range = sums.range();
        // What is active in the range started no earlier than the longest run before it.
        let longest_ms = i64::try_from(reader.run_ms_max()?).unwrap_or(i64::MAX);
        let mut filter = AttemptFilter {
            from: Some(UnixMillis(range.start.0.saturating_sub(longest_ms))),
            active_in: Some(range.clone()),
            settled_at: as_of,
            ..AttemptFilter::default()
        };
        match sums.whose {
            HistorySubject::Queue(queue_id) => filter.queue_id = Some(queue_id),
            HistorySubject::Queues => {}
            HistorySubject::Agent(agent_id, queue_id) => {
                filter.agent_id = Some(agent_id);
                filter.queue_id = queue_id;
            }
        }
        let mut attempts = Vec::new();
        reader.attempts(&filter, Order::OldestFirst, after, &mut |row| {
            attempts.push(row);
            if attempts.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let mut rows = Vec::with_capacity(attempts.len());
        for attempt in attempts {
            rows.push(with_offers(reader, attempt)?);
        }
        if let Some(as_of) = as_of {
            let past = past_rows(reader, self.ledger.log().as_ref(), as_of)?;
            let is_meant = |rows: &Rows| {
                let (attempt, last) = (&rows.attempt, rows.attempt.last_event_at);
                let is_active = attempt.started_at < range.end && last >= range.start;
                let comes_later = after.is_none_or(|after| {
                    (attempt.started_at, attempt.attempt_id) > (after.started_at, after.attempt_id)
                });
                is_active && comes_later && sums.whose.means(rows)
            };
            rows.extend(past.into_iter().filter(is_meant));
            rows.sort_by_key(|rows| (rows.attempt.started_at, rows.attempt.attempt_id));
            rows.truncate(limit + 1);
        }
        Ok(rows)
    }
}

impl HistoryQuestion {
    /// The same question about one metric only.
    pub(crate) fn about(&self, metric: &'static Definition) -> Self {
        Self { metrics: vec![metric], ..self.clone() }
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
    let has_parts = measured.parts.iter().any(|part| {
        is_something(part.value)
            || part.numerator.is_some_and(|it| it != 0)
            || part.denominator.is_some_and(|it| it != 0)
    });
    let is_ratio = measured.denominator.is_some();
    counts || has_parts || (!is_ratio && is_something(measured.value)) || measured.distribution.is_some()
}

fn share(
    rows: &Rows,
    sums: &BucketSums,
    metric: &'static Definition,
    parameters: &Parameters,
) -> AttemptShare {
    let (within, everywhere) = totals_of(rows, sums);
    let one = |totals: &Totals| compute(totals, parameters, &[metric]).swap_remove(0);
    let measured = one(&within);
    let attempt = &rows.attempt;
    let left_out = (!adds(&measured)).then(|| {
        if adds(&one(&everywhere)) {
            Omission::OtherInterval(sums.attribution)
        } else if attempt.joined_at.is_none() && metric.formula.contains('J') {
            Omission::JoinUnknown
        } else if attempt.class != AttemptClass::Answered || metric.formula.contains("without B") {
            Omission::Class(attempt.class)
        } else {
            Omission::Nothing
        }
    });
    AttemptShare { attempt_id: attempt.attempt_id, started_at: attempt.started_at, measured, left_out }
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
