//! The value of a metric.

use serde::Serialize;

use super::reason::Reason;
use super::unit::Unit;
use crate::history::{Measure, Totals, Values};

/// A count, or anything else.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// A mean or a ratio: one division, once.
    Real(f64),
}

impl Number {
    pub(super) fn of(milliseconds: u64) -> Self {
        Self::Whole(i64::try_from(milliseconds).unwrap_or(i64::MAX))
    }
}

/// One metric's value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement {
    /// Which metric.
    pub key: &'static str,
    /// Of which version.
    pub version: u32,
    /// What it is measured in.
    pub unit: Unit,
    /// The value; `null` when there is none.
    pub value: Option<Number>,
    /// What a ratio or a mean divides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<i64>,
    /// What it is divided by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<i64>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How many attempts it is about that it could not include, because their joining is not known; of
    /// dropped calls, live answers of which only a connection says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<i64>,
    /// Of a sum over queues of which some do not send what the metric needs: how many do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queues: Option<KnownQueues>,
    /// How the values of a duration lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Statistics>,
    /// The same under every policy, or for every threshold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// How many of the queues behind a sum send what the metric needs. The others are not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KnownQueues {
    /// Queues that are in the sum.
    pub known: u64,
    /// Queues that were asked about.
    pub of: u64,
}

/// One of several values side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// The policy, or the threshold.
    pub name: String,
    /// The value; `null` when there is none.
    pub value: Option<Number>,
    /// What a ratio divides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<i64>,
    /// What it is divided by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<i64>,
}

impl Part {
    /// The same as [`Measurement::of_one_cohort`].
    fn of_one_cohort(self, unit: Unit) -> Self {
        let Self { numerator, denominator, .. } = self;
        let value = self.value.filter(|_| !are_cohorts_apart(unit, numerator, denominator));
        Self { value, numerator: shown(numerator), denominator: shown(denominator), ..self }
    }

    /// A part without a value. Answers have the same parts whether their values are known or not.
    pub(super) const fn unknown(name: String) -> Self {
        Self { name, value: None, numerator: None, denominator: None }
    }
}

/// How values lie: percentiles by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// How many.
    pub count: i64,
    /// Their sum.
    pub sum_ms: i64,
    /// The smallest.
    pub min_ms: u64,
    /// The median.
    pub p50_ms: u64,
    /// Nine of ten are at most this.
    pub p90_ms: u64,
    /// Nineteen of twenty are at most this.
    pub p95_ms: u64,
    /// The largest.
    pub max_ms: u64,
}

impl Statistics {
    /// The statistics of everything that some measures hold; `None` when that is nothing, or was not read.
    #[must_use]
    pub fn of(measures: &[Measure], totals: &Totals) -> Option<Self> {
        if measures.iter().any(|measure| !totals.measure(*measure).has_values()) {
            return None;
        }
        let mut together = Values::default();
        let values = match measures {
            [measure] => &totals.measure(*measure).values,
            _ => {
                for measure in measures {
                    together.merge(&totals.measure(*measure).values);
                }
                &together
            }
        };
        let [min_ms, p50_ms, p90_ms, p95_ms, max_ms] = values.percentiles([0, 50, 90, 95, 100])?;
        let all = || measures.iter().map(|measure| totals.measure(*measure));
        Some(Self {
            count: all().map(|distribution| distribution.count).sum(),
            sum_ms: all().map(|distribution| distribution.sum_ms).sum(),
            min_ms,
            p50_ms,
            p90_ms,
            p95_ms,
            max_ms,
        })
    }
}

/// Whether two sides cannot be about the same attempts: one is less than nothing, or more than the whole is
/// part of it. Under [`crate::history::Attribution::Emit`] an interval can have more abandons than offers.
fn are_cohorts_apart(unit: Unit, numerator: Option<i64>, denominator: Option<i64>) -> bool {
    let (Some(over), Some(under)) = (numerator, denominator) else { return false };
    over < 0 || under < 0 || (unit == Unit::Rate && under > 0 && over > under)
}

/// A side as it is shown: never less than nothing.
fn shown(side: Option<i64>) -> Option<i64> {
    side.filter(|side| *side >= 0)
}

/// One number over another; `None` over nothing, and over less than nothing.
#[expect(clippy::cast_precision_loss, reason = "counts and milliseconds are far below 2^53")]
pub(super) fn divide(numerator: i64, denominator: i64) -> Option<Number> {
    (denominator > 0).then(|| Number::Real(numerator as f64 / denominator as f64))
}

impl Measurement {
    pub(super) const fn blank(key: &'static str, version: u32, unit: Unit) -> Self {
        Self {
            key,
            version,
            unit,
            value: None,
            numerator: None,
            denominator: None,
            reason: None,
            excluded: None,
            queues: None,
            distribution: None,
            parts: Vec::new(),
        }
    }

    pub(super) fn without(self, reason: Reason) -> Self {
        Self { value: None, reason: Some(reason), ..self }
    }

    pub(super) fn ratio(self, numerator: i64, denominator: i64, reason_without: Reason) -> Self {
        let value = divide(numerator, denominator);
        let reason = value.is_none().then_some(reason_without);
        Self { value, reason, numerator: Some(numerator), denominator: Some(denominator), ..self }
    }

    /// Without a value whose two sides are about different attempts, and without a side that is less than
    /// nothing. What one attempt adds may take off.
    pub(super) fn of_one_cohort(self) -> Self {
        let unit = self.unit;
        let parts = self.parts.into_iter().map(|part| part.of_one_cohort(unit)).collect();
        let (numerator, denominator) = (self.numerator, self.denominator);
        let one = Self { parts, numerator: shown(numerator), denominator: shown(denominator), ..self };
        if are_cohorts_apart(unit, numerator, denominator) { one.without(Reason::CohortsDiffer) } else { one }
    }
}
