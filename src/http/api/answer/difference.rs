//! Why a number is not what it was.

use attempt_ledger_domain::{EventKind, Observation, Position};
use attempt_ledger_projections::metrics::Definition;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::freshness::FreshnessAnswer;
use super::measured::{MeasuredAnswer, ParametersAnswer};
use crate::queries::{Cause, MetricChange, ShareChange};
use crate::record::Verdict;

/// Why a number over the whole range is not what it was.
#[derive(Serialize, ToSchema)]
pub struct DifferenceOfAnswer {
    /// The metric's key.
    pub metric: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// The version of the definition.
    pub version: u32,
    /// The range, in milliseconds since 1970; `to` does not belong to it.
    pub from: i64,
    pub to: i64,
    /// The earlier position.
    pub since: u64,
    /// The number at the earlier position.
    pub before: MeasuredAnswer,
    /// The number at the later one.
    pub after: MeasuredAnswer,
    #[doc = "They differ from `parameters_after` when the queue was defined anew."]
    pub parameters_before: ParametersAnswer,
    pub parameters_after: ParametersAnswer,
    /// Attempts whose share changed, at most `limit`.
    pub changed: Vec<ChangedAnswer>,
    /// How many attempts changed their share in all.
    pub changed_count: u64,
    pub freshness: FreshnessAnswer,
}

/// One attempt whose share of the number changed.
#[derive(Serialize, ToSchema)]
pub struct ChangedAnswer {
    pub attempt_id: i64,
    /// Its share at the earlier position; absent when it had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<MeasuredAnswer>,
    /// Its share at the later one; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<MeasuredAnswer>,
    /// The records about it that came between.
    pub causes: Vec<CauseAnswer>,
}

/// A record that came between two positions.
#[derive(Serialize, ToSchema)]
pub struct CauseAnswer {
    pub id: Uuid,
    pub position: u64,
    /// `event`, `observation` or `refusal`; a decision about a refusal is a `refusal`, too.
    pub kind: String,
    /// The event; of a refusal, what the delivery claimed to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<&'static str>,
    /// `dismissed`, of the decision that a refused delivery stays out: it counts no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub verdict: Option<Verdict>,
    /// What the dialer reported beside the eight events: `wait_agent`, which some formulas read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<i64>,
    pub recorded_at: i64,
    /// Whether it came more than a day late.
    pub is_late: bool,
}

impl DifferenceOfAnswer {
    pub fn of(
        metric: &'static Definition,
        (from, to): (i64, i64),
        since: Position,
        difference: MetricChange,
    ) -> Self {
        Self {
            metric: metric.key,
            formula: metric.formula,
            version: metric.version,
            from,
            to,
            since: since.0,
            before: MeasuredAnswer::of(difference.before),
            after: MeasuredAnswer::of(difference.after),
            parameters_before: ParametersAnswer::of(&difference.parameters_before),
            parameters_after: ParametersAnswer::of(&difference.parameters_after),
            changed: difference.changed.into_iter().map(ChangedAnswer::of).collect(),
            changed_count: difference.changed_count,
            freshness: FreshnessAnswer::of(difference.freshness),
        }
    }
}

impl ChangedAnswer {
    fn of(changed: ShareChange) -> Self {
        Self {
            attempt_id: changed.attempt_id.0,
            before: changed.before.map(MeasuredAnswer::of),
            after: changed.after.map(MeasuredAnswer::of),
            causes: changed.causes.into_iter().map(CauseAnswer::of).collect(),
        }
    }
}

impl CauseAnswer {
    fn of(cause: Cause) -> Self {
        Self {
            id: cause.id,
            position: cause.position.0,
            kind: cause.kind.to_string(),
            event: cause.event.map(EventKind::name),
            verdict: cause.verdict,
            observation: cause.observation.map(Observation::name),
            occurred_at: cause.occurred_at.map(|at| at.0),
            recorded_at: cause.recorded_at.0,
            is_late: cause.is_late,
        }
    }
}
