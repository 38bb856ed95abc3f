//! The shapes of histories.

use std::collections::BTreeMap;

use attempt_ledger_projections::calendar::Bucket;
use attempt_ledger_projections::history::{Dimension, Mix};
use attempt_ledger_projections::metrics::{Identity, Measurement, Number, Parameters, Part, Statistics};
use serde::Serialize;
use utoipa::ToSchema;

use super::explanations::{DifferenceOfAnswer, ExplanationAnswer};
use super::freshness::FreshnessAnswer;
use crate::queries;

/// How the numbers of a series are measured, whoever chose it.
#[derive(Serialize, ToSchema)]
pub struct ParametersAnswer {
    /// The wait within which an answer meets the service level.
    pub threshold_ms: u64,
    /// `lt` or `lte`.
    pub operator: &'static str,
    /// What the service level is divided by.
    pub policy: &'static str,
    /// The wait up to which an abandon is short; absent when neither the question nor the queue's definition says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_abandon_ms: Option<u64>,
    /// The waits for which abandons are counted one by one.
    pub abandoned_in_ms: Vec<u64>,
}

impl ParametersAnswer {
    /// The answer for parameters.
    pub fn of(parameters: &Parameters) -> Self {
        Self {
            threshold_ms: parameters.service_level_threshold_ms,
            operator: parameters.operator.name(),
            policy: parameters.policy.name(),
            short_abandon_ms: parameters.short_abandon_threshold_ms,
            abandoned_in_ms: parameters.abandoned_in_ms.clone(),
        }
    }
}

/// One metric's value.
#[derive(Serialize, ToSchema)]
pub struct MeasuredAnswer {
    /// null when there is none; `reason` says why.
    #[schema(value_type = Option<f64>)]
    pub value: Option<Number>,
    /// What a ratio or a mean divides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<i64>,
    /// What it is divided by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<i64>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// How many attempts it is about that it could not include, because their joining is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<i64>,
    /// How the values of a duration lie: `count`, `sum_ms`, `min_ms`, `p50_ms`, `p90_ms`, `p95_ms`, `max_ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub distribution: Option<Statistics>,
    /// The same under every policy, or for every threshold: `name`, `value`, `numerator`, `denominator`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>, required = false)]
    pub parts: Vec<Part>,
}

impl MeasuredAnswer {
    /// The answer for a measured metric.
    pub fn of(measured: Measurement) -> Self {
        let Measurement { value, numerator, denominator, reason, excluded, distribution, parts, .. } =
            measured;
        Self { value, numerator, denominator, reason, excluded, distribution, parts }
    }
}

/// Values by the keys of their metrics.
pub type MetricsAnswer = BTreeMap<&'static str, MeasuredAnswer>;

/// The answer for measured metrics.
pub fn metrics(measured: Vec<Measurement>) -> MetricsAnswer {
    measured.into_iter().map(|one| (one.key, MeasuredAnswer::of(one))).collect()
}

/// One bucket of a history. It holds `start` and not `end`.
#[derive(Serialize, ToSchema)]
pub struct BucketAnswer {
    /// In milliseconds since 1970.
    pub start: i64,
    /// In milliseconds since 1970.
    pub end: i64,
    /// `start` as the zone's clock shows it, with the offset, which tells repeated hours apart.
    pub local_start: String,
    pub length_ms: u64,
    /// Whether an edge of the range cut it.
    pub is_partial: bool,
    /// Whether a change of the clock lies within it, took time from it, or shows its local time twice.
    pub offset_changes: bool,
    /// Values by the keys of their metrics.
    pub metrics: MetricsAnswer,
}

impl BucketAnswer {
    /// The answer for a bucket.
    pub fn of(bucket: Bucket, measured: Vec<Measurement>) -> Self {
        let Bucket { start, end, local_start, length_ms, is_partial, offset_changes } = bucket;
        let metrics = metrics(measured);
        Self { start: start.0, end: end.0, local_start, length_ms, is_partial, offset_changes, metrics }
    }
}

/// What a request for a history is answered with.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum HistoryBody {
    /// Without `explain`.
    History(Box<HistoryAnswer>),
    /// With `explain`.
    Explanation(Box<ExplanationAnswer>),
    /// With `explain` and `changed_since`.
    Difference(Box<DifferenceOfAnswer>),
}

/// A history.
#[derive(Serialize, ToSchema)]
pub struct HistoryAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<i64>,
    /// The range as it was answered, in milliseconds since 1970; `to` does not belong to it.
    pub from: i64,
    pub to: i64,
    /// The length of a bucket, as an ISO 8601 duration.
    pub interval: String,
    pub timezone: &'static str,
    /// `start`, `emit` or `end`.
    pub attribution: &'static str,
    #[serde(flatten)]
    pub series: Option<SeriesAnswer>,
    /// With `group_by=queue`, in place of one series: one for each queue, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queues: Option<Vec<QueueSeriesAnswer>>,
    pub freshness: FreshnessAnswer,
}

/// One queue's series.
#[derive(Serialize, ToSchema)]
pub struct QueueSeriesAnswer {
    pub queue_id: i64,
    #[serde(flatten)]
    pub series: SeriesAnswer,
}

/// The numbers of one queue, of all queues, or of one agent.
#[derive(Serialize, ToSchema)]
pub struct SeriesAnswer {
    /// How they are measured.
    pub parameters: ParametersAnswer,
    /// In order, without a gap.
    pub buckets: Vec<BucketAnswer>,
    /// The metrics of all buckets together.
    pub total: MetricsAnswer,
    /// Only for queues, attributed to the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityAnswer>,
    /// How often each result, cause and SIP code was stated; queues only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<ResultAnswer>>,
}

impl SeriesAnswer {
    /// The answer for a history.
    pub fn of(buckets: &[Bucket], history: queries::MeasuredHistory, is_queue: bool) -> Self {
        let buckets = buckets.iter().cloned().zip(history.buckets);
        Self {
            parameters: ParametersAnswer::of(&history.parameters),
            buckets: buckets.map(|(bucket, measured)| BucketAnswer::of(bucket, measured)).collect(),
            total: metrics(history.total),
            identity: history.identity.as_ref().map(IdentityAnswer::of),
            results: is_queue.then(|| ResultAnswer::of(&history.mix)),
        }
    }
}

/// Offered attempts and what became of them: the conservation law over the whole range.
#[derive(Serialize, ToSchema)]
pub struct IdentityAnswer {
    pub offered: i64,
    pub answered: i64,
    pub abandoned: i64,
    pub flowed_out: i64,
    pub cancelled: i64,
    pub not_reached: i64,
    pub other: i64,
    pub open: i64,
    /// Of all these, attempts whose joining is not known: they are in no cohort.
    pub join_unknown: i64,
    /// Whether offered = the sum of the classes − join_unknown.
    pub holds: bool,
}

impl IdentityAnswer {
    /// The answer for an identity.
    pub const fn of(identity: &Identity) -> Self {
        let Identity {
            offered,
            answered,
            abandoned,
            flowed_out,
            cancelled,
            not_reached,
            other,
            open,
            join_unknown,
            holds,
        } = *identity;
        Self {
            offered,
            answered,
            abandoned,
            flowed_out,
            cancelled,
            not_reached,
            other,
            open,
            join_unknown,
            holds,
        }
    }
}

/// How many attempts left with a result, a cause or a code.
#[derive(Serialize, ToSchema)]
pub struct ResultAnswer {
    /// `result`, `call_cause` or `call_sip_code`.
    pub dimension: &'static str,
    pub value: String,
    pub attempts: i64,
}

impl ResultAnswer {
    /// The answer for a mix of results.
    pub fn of(mix: &Mix) -> Vec<Self> {
        let answer = |(dimension, value, attempts): (Dimension, &str, i64)| Self {
            dimension: dimension.name(),
            value: value.to_owned(),
            attempts,
        };
        mix.iter().map(answer).collect()
    }
}
