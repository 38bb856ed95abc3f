//! What a metric is, and how it is measured.

use serde::Serialize;

use super::service_level::{self, service_level};
use super::{Measured, Number, Parameters, Part, Statistics};
use crate::history::{Count, Measure, Totals};

/// What a value is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// How many.
    Count,
    /// A duration in milliseconds.
    Milliseconds,
    /// One number over another; 1 is 100 %.
    Ratio,
}

/// In whose history a metric exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryOf {
    /// A queue's.
    Queue,
    /// An agent's.
    Agent,
}

/// A sum of counts, some of which may be taken off.
#[derive(Clone, Copy, Debug)]
pub(super) enum Term {
    /// A count.
    Plus(Count),
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
    pub histories: &'static [HistoryOf],
    #[serde(skip)]
    pub(super) method: Method,
}

const NOTHING_TO_DIVIDE_BY: &str = "nothing to divide by";
const NO_SHORT_ABANDON_THRESHOLD: &str =
    "the queue's definition names no short_abandon_threshold_ms, and neither does the question";

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
            Method::Counted(_) | Method::Ratio(..) | Method::Unknowable(_) => Vec::new(),
        }
    }

    /// Why the eight events cannot give it; `None` for metrics that they can.
    #[must_use]
    pub const fn unknowable(&self) -> Option<&'static str> {
        match self.method {
            Method::Unknowable(reason) => Some(reason),
            _ => None,
        }
    }

    /// Measures it over the sums of an interval.
    #[must_use]
    pub fn measure(&self, totals: &Totals, parameters: &Parameters) -> Measured {
        let blank = Measured::blank(self);
        match self.method {
            Method::Counted(terms) => match sum(terms, totals, parameters) {
                Some(count) => Measured { value: Some(Number::Whole(count)), ..blank },
                None => blank.without(NO_SHORT_ABANDON_THRESHOLD),
            },
            Method::Ratio(over, under) => {
                match (sum(over, totals, parameters), sum(under, totals, parameters)) {
                    (Some(over), Some(under)) => blank.ratio(over, under, NOTHING_TO_DIVIDE_BY),
                    _ => blank.without(NO_SHORT_ABANDON_THRESHOLD),
                }
            }
            Method::Mean(measures) => mean(blank, measures, totals),
            Method::Largest(measures) => {
                let statistics = Statistics::of(measures, totals);
                match statistics {
                    Some(statistics) => {
                        let largest = Number::of(statistics.max_ms);
                        Measured { value: Some(largest), distribution: Some(statistics), ..blank }
                    }
                    None => blank.without("no value"),
                }
            }
            Method::ShortAbandons => match short_abandons(totals, parameters) {
                Some(count) => Measured { value: Some(Number::Whole(count)), ..blank },
                None => blank.without(NO_SHORT_ABANDON_THRESHOLD),
            },
            Method::AbandonsWithin => abandons_within(blank, totals, parameters),
            Method::ServiceLevel => service_level(blank, totals, parameters),
            Method::Unknowable(reason) => blank.without(reason),
        }
    }
}

/// Abandons whose wait is at most the definition's threshold: Mitel's "at or before".
fn short_abandons(totals: &Totals, parameters: &Parameters) -> Option<i64> {
    let threshold_ms = parameters.short_abandon_threshold_ms?;
    Some(totals.measure(Measure::WaitAbandoned).values.count_within(threshold_ms, true))
}

fn sum(terms: &[Term], totals: &Totals, parameters: &Parameters) -> Option<i64> {
    terms.iter().try_fold(0, |sum, term| {
        Some(match term {
            Term::Plus(count) => sum + totals.count(*count),
            Term::PlusValues(measure) => sum + totals.measure(*measure).count,
            Term::MinusShortAbandons => sum - short_abandons(totals, parameters)?,
        })
    })
}

fn mean(blank: Measured, measures: &[Measure], totals: &Totals) -> Measured {
    let count: i64 = measures.iter().map(|measure| totals.measure(*measure).count).sum();
    let sum_ms: i64 = measures.iter().map(|measure| totals.measure(*measure).sum_ms).sum();
    let distribution = Statistics::of(measures, totals);
    Measured { distribution, ..blank.ratio(sum_ms, count, "no value") }
}

fn abandons_within(blank: Measured, totals: &Totals, parameters: &Parameters) -> Measured {
    let waits = &totals.measure(Measure::WaitAbandoned).values;
    let or_equal = parameters.operator.or_equal();
    let part = |threshold_ms: &u64| Part {
        name: format!("{threshold_ms}_ms"),
        value: Some(Number::Whole(waits.count_within(*threshold_ms, or_equal))),
        numerator: None,
        denominator: None,
    };
    Measured {
        parts: parameters.abandoned_in_ms.iter().map(part).collect(),
        ..blank.without("see its parts")
    }
}
