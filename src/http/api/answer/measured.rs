//! One metric's value, and how it is measured.

use attempt_ledger_projections::metrics::{
    KnownQueues, Measurement, Number, Parameters, Part, Reason, Statistics,
};
use serde::Serialize;
use utoipa::ToSchema;

#[doc = "How the numbers of a series are measured, whoever chose it."]
#[derive(Serialize, ToSchema)]
pub struct ParametersAnswer {
    #[doc = "The wait within which an answer meets the service level; absent where each queue of a sum has \
             its own."]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold_ms: Option<u64>,
    /// `lt` or `lte`.
    pub operator: &'static str,
    /// What the service level is divided by.
    pub policy: &'static str,
    #[doc = "The wait up to which an abandon is short; absent when neither the question nor the queue's \
             definition says,\nand where each queue of a sum has its own."]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_abandon_ms: Option<u64>,
    /// The waits for which abandons are counted one by one.
    pub abandoned_in_ms: Vec<u64>,
}

impl ParametersAnswer {
    pub fn of(parameters: &Parameters) -> Self {
        Self {
            threshold_ms: parameters.thresholds.service_level_ms,
            operator: parameters.operator.name(),
            policy: parameters.policy.name(),
            short_abandon_ms: parameters.thresholds.short_abandon_ms,
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
    #[schema(value_type = Option<String>)]
    pub reason: Option<Reason>,
    #[doc = "The same as a code: `nothing_to_divide_by`, `no_value`, `no_threshold`, `see_parts`, \
             `unknowable`, `values_not_read`,\nor `hook_not_sent`, where the queue's definition says that a \
             hook that the metric needs is not sent."]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<&'static str>,
    /// How many attempts it is about that it could not include, because their joining is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<i64>,
    #[doc = "Of a sum over queues of which some do not send what the metric needs: `known` is how many do, \
             `of` all of them.\nThe others are not in the sum."]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub queues: Option<KnownQueues>,
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
    pub fn of(measured: Measurement) -> Self {
        let Measurement {
            value, numerator, denominator, reason, excluded, queues, distribution, parts, ..
        } = measured;
        let reason_code = reason.map(Reason::code);
        Self { value, numerator, denominator, reason, reason_code, excluded, queues, distribution, parts }
    }
}
