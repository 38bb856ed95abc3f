//! What a metric is, and how it is measured.

use attempt_ledger_domain::EventKind;
use serde::Serialize;

use super::dropped_calls::DroppedCalls;
use super::measurement::{Measurement, Number, Part, Statistics};
use super::omission::Omission;
use super::parameters::Parameters;
use super::population::{Candidate, Condition, why_not};
use super::reason::Reason;
use super::service_level::{self, service_level};
use super::source::{Source, UnsentHooks};
use super::thresholds::QueueTotals;
use super::unit::{HistoryKind, Unit};
use crate::history::{Count, Measure, Totals};

/// A sum of counts, some of which may be taken off.
#[derive(Clone, Copy, Debug)]
pub(super) enum Term {
    /// A count.
    Plus(Count),
    /// A count, taken off.
    Minus(Count),
    /// How many values a measure has.
    PlusValues(Measure),
    /// Abandons that are short by the queue's definition, taken off.
    MinusShortAbandons,
}

/// How a metric is measured.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    /// A sum of counts.
    Counted(&'static [Term]),
    /// One sum over another.
    Ratio(&'static [Term], &'static [Term]),
    /// The mean of the values of measures, with their distribution.
    Mean(&'static [Measure]),
    /// The largest value of measures.
    Largest(&'static [Measure]),
    /// Abandons within the definition's threshold.
    ShortAbandons,
    /// Abandons within each of the question's thresholds.
    AbandonsWithin,
    /// Answers in time over what the policy says.
    ServiceLevel,
    /// Dialled members who got no agent, or of whom that is counted.
    Dropped(DroppedCalls),
    /// Not to be had, and why.
    Unknowable(&'static str),
}

/// One metric of the catalogue.
#[derive(Clone, Debug, Serialize)]
pub struct Definition {
    /// Its name in questions and answers.
    pub key: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// How it is computed, in words over J, O, A, B, M, P, L and E.
    pub formula: &'static str,
    /// What is counted, or summed.
    pub numerator: &'static str,
    /// What that is divided by; empty when by nothing.
    pub denominator: &'static str,
    /// What it is measured in.
    pub unit: Unit,
    /// Who in the field defines it so.
    pub source: &'static str,
    /// Changes with the meaning.
    pub version: u32,
    /// In whose history it exists.
    pub histories: &'static [HistoryKind],
    /// What an attempt has to be so that it counts, each condition after those that it rests on.
    #[serde(skip)]
    pub(super) population: &'static [Condition],
    /// What it reads: where a queue is known not to send that, it has no value.
    #[serde(skip)]
    pub(super) needs: &'static [Source],
    #[serde(skip)]
    pub(super) method: Method,
}

impl Definition {
    /// The measures of which the values are needed, not only their count and sum.
    #[must_use]
    pub fn values_needed(&self) -> Vec<Measure> {
        let takes_short_off =
            |terms: &[Term]| terms.iter().any(|term| matches!(term, Term::MinusShortAbandons));
        match self.method {
            Method::Mean(measures) | Method::Largest(measures) => measures.to_vec(),
            Method::ShortAbandons | Method::AbandonsWithin => vec![Measure::WaitAbandoned],
            Method::ServiceLevel => service_level::VALUES_NEEDED.to_vec(),
            Method::Counted(terms) | Method::Ratio(terms, _) if takes_short_off(terms) => {
                vec![Measure::WaitAbandoned]
            }
            Method::Counted(_) | Method::Ratio(..) | Method::Dropped(_) | Method::Unknowable(_) => Vec::new(),
        }
    }

    /// How many attempts it is about that it cannot include, because their joining is not known, or whether
    /// hooks would tell a dropped call; `None` where neither matters.
    fn excluded(&self, totals: &Totals) -> Option<i64> {
        match self.method {
            Method::Counted(terms) | Method::Ratio(_, terms) => {
                let has = |count| terms.iter().any(|term| matches!(term, Term::Plus(it) if *it == count));
                let is_cohort = has(Count::Offered) && !has(Count::JoinUnknown);
                let taken_off = terms.iter().map(|term| match term {
                    Term::Minus(count) => totals.count(*count),
                    _ => 0,
                });
                is_cohort.then(|| totals.count(Count::JoinUnknown) + taken_off.sum::<i64>())
            }
            Method::ServiceLevel => Some(
                totals.count(Count::JoinUnknown)
                    + totals.count(Count::AnsweredUntimed)
                    + totals.count(Count::AbandonedUntimed),
            ),
            Method::Mean(measures) | Method::Largest(measures) => unmeasured(measures, totals),
            Method::ShortAbandons | Method::AbandonsWithin => unmeasured(&[Measure::WaitAbandoned], totals),
            Method::Dropped(_) => Some(DroppedCalls::excluded(totals)),
            Method::Unknowable(_) => None,
        }
    }

    /// The instants that its formula reads, as letters.
    pub fn needs(&self) -> impl Iterator<Item = &'static str> {
        self.needs.iter().map(|source| source.letter())
    }

    /// Why the eight events cannot give it; `None` for metrics that they can.
    #[must_use]
    pub const fn unknowable(&self) -> Option<&'static str> {
        match self.method {
            Method::Unknowable(reason) => Some(reason),
            _ => None,
        }
    }

    /// Why it does not count an attempt, or an agent's legs of it; `None` when it does.
    #[must_use]
    pub fn why_not(&self, candidate: Candidate<'_>, parameters: &Parameters) -> Option<Omission> {
        match self.unknowable() {
            Some(reason) => Some(Omission::Unknowable(reason)),
            None => why_not(self.population, candidate, parameters),
        }
    }

    /// The hook that it needs and that the queues behind some sums are known not to send; `None` when it has
    /// what it needs.
    #[must_use]
    pub fn missing(&self, unsent: UnsentHooks, totals: &Totals) -> Option<EventKind> {
        self.needs.iter().find_map(|source| source.missing(unsent, totals))
    }

    /// What it answers where nobody sends a hook that it needs.
    #[must_use]
    pub fn unsent(&self, kind: EventKind, parameters: &Parameters) -> Measurement {
        let parts = self.measure(&Totals::default(), parameters).parts;
        Measurement {
            parts: parts.into_iter().map(|part| Part::unknown(part.name)).collect(),
            ..Measurement::blank(self.key, self.version, self.unit).without(Reason::HookNotSent(kind))
        }
    }

    /// What one attempt adds to it, where `totals` are the attempt's: a number that is known only of all
    /// together has its share.
    #[must_use]
    pub fn share(&self, totals: &Totals, parameters: &Parameters) -> Measurement {
        match self.method {
            Method::Dropped(calls) => {
                calls.share(Measurement::blank(self.key, self.version, self.unit), totals)
            }
            _ => self.sides(totals, &[QueueTotals { totals, thresholds: parameters.thresholds }], parameters),
        }
    }

    /// Measures it over the sums of an interval.
    #[must_use]
    pub fn measure(&self, totals: &Totals, parameters: &Parameters) -> Measurement {
        self.sides(totals, &[QueueTotals { totals, thresholds: parameters.thresholds }], parameters)
            .of_one_cohort()
    }

    /// Measures it over the sums of queues, each judged by its own thresholds. `totals` is what they add up
    /// to.
    #[must_use]
    pub fn measure_queues(
        &self,
        totals: &Totals,
        queues: &[QueueTotals<'_>],
        parameters: &Parameters,
    ) -> Measurement {
        self.sides(totals, queues, parameters).of_one_cohort()
    }

    /// The same, whether its two sides are about the same attempts or not.
    fn sides(&self, totals: &Totals, queues: &[QueueTotals<'_>], parameters: &Parameters) -> Measurement {
        let blank = Measurement {
            excluded: self.excluded(totals),
            ..Measurement::blank(self.key, self.version, self.unit)
        };
        match self.method {
            Method::Counted(terms) => match sum(terms, totals, queues) {
                Ok(count) => Measurement { value: Some(Number::Whole(count)), ..blank },
                Err(reason) => blank.without(reason),
            },
            Method::Ratio(over, under) => match (sum(over, totals, queues), sum(under, totals, queues)) {
                (Ok(over), Ok(under)) => blank.ratio(over, under, Reason::NothingToDivideBy),
                (Err(reason), _) | (_, Err(reason)) => blank.without(reason),
            },
            Method::Mean(measures) => mean(blank, measures, totals),
            Method::Largest(measures) => largest(blank, measures, totals),
            Method::ShortAbandons => match short_abandons(queues) {
                Ok(count) => Measurement { value: Some(Number::Whole(count)), ..blank },
                Err(reason) => blank.without(reason),
            },
            Method::AbandonsWithin => abandons_within(blank, totals, parameters),
            Method::ServiceLevel => service_level(blank, totals, queues, parameters),
            Method::Dropped(calls) => calls.measure(blank, totals),
            Method::Unknowable(reason) => blank.without(Reason::Unknowable(reason)),
        }
    }
}

/// The attempts that end a wait, where a wait is measured for each of them unless its joining is not known.
const fn waiting(measure: Measure) -> &'static [Count] {
    match measure {
        Measure::WaitAnswered => &[Count::Answered],
        Measure::WaitAbandoned => &[Count::Abandoned],
        Measure::WaitOther => {
            &[Count::FlowedOut, Count::Cancelled, Count::NotReached, Count::Dropped, Count::Other]
        }
        Measure::WaitFirstOffer => &[Count::AttemptsOffered],
        _ => &[],
    }
}

/// How many attempts end a wait that is not measured; `None` for measures that are no such waits.
fn unmeasured(measures: &[Measure], totals: &Totals) -> Option<i64> {
    measures.iter().try_fold(0, |sum, measure| {
        let counts = waiting(*measure);
        let attempts: i64 = counts.iter().map(|count| totals.count(*count)).sum();
        (!counts.is_empty()).then(|| sum + attempts - totals.measure(*measure).count)
    })
}

/// Abandons whose wait is at most their queue's threshold: Mitel's "at or before".
fn short_abandons(queues: &[QueueTotals<'_>]) -> Result<i64, Reason> {
    queues.iter().try_fold(0, |sum, queue| {
        let threshold_ms = queue.thresholds.short_abandon_ms.ok_or(Reason::NoShortAbandonThreshold)?;
        let waits = queue.totals.measure(Measure::WaitAbandoned);
        match waits.has_values() {
            true => Ok(sum + waits.values.count_within(threshold_ms, true)),
            false => Err(Reason::ValuesNotRead),
        }
    })
}

/// The sum of some terms, or why there is none.
fn sum(terms: &[Term], totals: &Totals, queues: &[QueueTotals<'_>]) -> Result<i64, Reason> {
    terms.iter().try_fold(0, |sum, term| {
        Ok(match term {
            Term::Plus(count) => sum + totals.count(*count),
            Term::Minus(count) => sum - totals.count(*count),
            Term::PlusValues(measure) => sum + totals.measure(*measure).count,
            Term::MinusShortAbandons => sum - short_abandons(queues)?,
        })
    })
}

fn mean(blank: Measurement, measures: &[Measure], totals: &Totals) -> Measurement {
    let count: i64 = measures.iter().map(|measure| totals.measure(*measure).count).sum();
    let sum_ms: i64 = measures.iter().map(|measure| totals.measure(*measure).sum_ms).sum();
    let distribution = Statistics::of(measures, totals);
    Measurement { distribution, ..blank.ratio(sum_ms, count, Reason::NoValue) }
}

fn largest(blank: Measurement, measures: &[Measure], totals: &Totals) -> Measurement {
    let is_nothing = measures.iter().all(|measure| totals.measure(*measure).count == 0);
    match Statistics::of(measures, totals) {
        Some(statistics) => {
            let largest = Number::of(statistics.max_ms);
            Measurement { value: Some(largest), distribution: Some(statistics), ..blank }
        }
        None => blank.without(if is_nothing { Reason::NoValue } else { Reason::ValuesNotRead }),
    }
}

fn abandons_within(blank: Measurement, totals: &Totals, parameters: &Parameters) -> Measurement {
    let waits = totals.measure(Measure::WaitAbandoned);
    let is_known = waits.has_values();
    let or_equal = parameters.operator.or_equal();
    let part = |threshold_ms: &u64| Part {
        value: is_known.then(|| Number::Whole(waits.values.count_within(*threshold_ms, or_equal))),
        ..Part::unknown(format!("{threshold_ms}_ms"))
    };
    Measurement {
        parts: parameters.abandoned_in_ms.iter().map(part).collect(),
        ..blank.without(if is_known { Reason::SeeParts } else { Reason::ValuesNotRead })
    }
}

/// The measures of which the values are needed, not only their count and sum.
#[must_use]
pub fn values_needed(definitions: &[&Definition]) -> Vec<Measure> {
    let mut needed: Vec<Measure> =
        definitions.iter().flat_map(|definition| definition.values_needed()).collect();
    needed.sort_unstable();
    needed.dedup();
    needed
}

/// Measures metrics over the sums of an interval.
#[must_use]
pub fn compute(
    totals: &Totals,
    parameters: &Parameters,
    definitions: &[&'static Definition],
) -> Vec<Measurement> {
    definitions.iter().map(|definition| definition.measure(totals, parameters)).collect()
}
