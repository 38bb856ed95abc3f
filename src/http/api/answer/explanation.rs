//! Why a number is what it is.

use attempt_ledger_domain::timeline::{TimelineEntry, TimelineObservation};
use attempt_ledger_projections::metrics::Definition;
use serde::Serialize;
use utoipa::ToSchema;

use super::freshness::FreshnessAnswer;
use super::measured::{MeasuredAnswer, ParametersAnswer};
use crate::queries::{AttemptReports, AttemptShare, Explanation};

/// The attempts behind one number over the whole range, page by page. The shares of all pages add up to it.
#[derive(Serialize, ToSchema)]
pub struct ExplanationAnswer {
    /// The metric's key.
    pub metric: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// The version of the definition.
    pub version: u32,
    /// The range, in milliseconds since 1970; `to` does not belong to it.
    pub from: i64,
    pub to: i64,
    /// How it is measured.
    pub parameters: ParametersAnswer,
    /// The number itself, over all attempts.
    pub measured: MeasuredAnswer,
    /// Attempts that were looked at: those that add to the number, then those left out, each oldest first.
    pub attempts: Vec<ShareAnswer>,
    /// Pass it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    pub freshness: FreshnessAnswer,
}

/// What one attempt has to do with the number.
#[derive(Serialize, ToSchema)]
pub struct ShareAnswer {
    pub attempt_id: i64,
    pub started_at: i64,
    /// What it adds.
    pub measured: MeasuredAnswer,
    /// Why it adds nothing; absent when it adds something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOutAnswer>,
    #[doc = "The deliveries about it, with what each counts for: `id`, `position`, `event`, `occurred_at`, \
             `counted` and,\nwhen it does not count, `set_aside_by`."]
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<TimelineEntry>,
    #[doc = "What else was reported of it: `id`, `position`, `observation`, `occurred_at`; absent where \
             nothing was."]
    #[schema(value_type = Vec<Object>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<TimelineObservation>,
}

/// Why an attempt adds nothing to a number.
#[derive(Serialize, ToSchema)]
pub struct LeftOutAnswer {
    /// Which condition it does not meet: `other_interval`, `join_unknown`, `class` and so on.
    pub code: &'static str,
    /// The same in words.
    pub rule: String,
}

impl ExplanationAnswer {
    pub fn of(
        metric: &'static Definition,
        (from, to): (i64, i64),
        (explanation, reports): (Explanation, Vec<AttemptReports>),
        next_cursor: Option<String>,
    ) -> Self {
        let shares = explanation.shares.into_iter().zip(reports);
        Self {
            metric: metric.key,
            formula: metric.formula,
            version: metric.version,
            from,
            to,
            parameters: ParametersAnswer::of(&explanation.parameters),
            measured: MeasuredAnswer::of(explanation.measured),
            attempts: shares.map(|(share, reports)| ShareAnswer::of(share, reports)).collect(),
            next_cursor,
            freshness: FreshnessAnswer::of(explanation.freshness),
        }
    }
}

impl ShareAnswer {
    fn of(share: AttemptShare, reports: AttemptReports) -> Self {
        let AttemptReports { entries: events, observations } = reports;
        let AttemptShare { attempt_id, started_at, measured, left_out } = share;
        let left_out = left_out.map(|why| LeftOutAnswer { code: why.code(), rule: why.sentence() });
        let measured = MeasuredAnswer::of(measured);
        Self { attempt_id: attempt_id.0, started_at: started_at.0, measured, left_out, events, observations }
    }
}
