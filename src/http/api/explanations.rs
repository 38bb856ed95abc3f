//! Why a number is what it is, and why it is not what it was.

use attempt_ledger_domain::timeline::TimelineEntry;
use attempt_ledger_domain::{EventKind, Position};
use attempt_ledger_projections::metrics::Definition;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::freshness::FreshnessAnswer;
use super::history_answers::{MeasuredAnswer, ParametersAnswer};
use crate::queries::{
    AttemptShare, Cause, Explanation, HistoryQuestion, MetricChange, QuestionError, Questions, ShareChange,
};
use crate::read_store::After;

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
    /// Attempts that were looked at, oldest first: those that add to the number, and those left out.
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
    /// The deliveries about it, with what each counts for: `id`, `position`, `event`, `occurred_at`, `counted` and,
    /// when it does not count, `set_aside_by`.
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<TimelineEntry>,
}

/// Why an attempt adds nothing to a number.
#[derive(Serialize, ToSchema)]
pub struct LeftOutAnswer {
    /// `other_interval`, `join_unknown`, `class` or `nothing`.
    pub code: &'static str,
    /// The same in words.
    pub rule: String,
}

/// What an explanation tells, with the deliveries about each attempt.
pub type Told = (Explanation, Vec<Vec<TimelineEntry>>);

/// Asks for a page of an explanation.
///
/// # Errors
/// [`QuestionError`].
pub fn explain(
    questions: &Questions,
    question: &HistoryQuestion,
    metric: &'static Definition,
    after: Option<After>,
    limit: usize,
) -> Result<Told, QuestionError> {
    let explanation = questions.explain(question, metric, after, limit)?;
    // Deliveries that the read models do not contain yet have not made the number.
    let known = explanation.freshness.position;
    let entries = explanation.shares.iter().map(|share| questions.entries(share.attempt_id, Some(known)));
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    Ok((explanation, entries))
}

impl ExplanationAnswer {
    /// The answer for a page of an explanation.
    pub fn of(
        metric: &'static Definition,
        (from, to): (i64, i64),
        (explanation, entries): Told,
        next_cursor: Option<String>,
    ) -> Self {
        let shares = explanation.shares.into_iter().zip(entries);
        Self {
            metric: metric.key,
            formula: metric.formula,
            version: metric.version,
            from,
            to,
            parameters: ParametersAnswer::of(&explanation.parameters),
            measured: MeasuredAnswer::of(explanation.measured),
            attempts: shares.map(|(share, events)| ShareAnswer::of(share, events)).collect(),
            next_cursor,
            freshness: FreshnessAnswer::of(explanation.freshness),
        }
    }
}

impl ShareAnswer {
    fn of(share: AttemptShare, events: Vec<TimelineEntry>) -> Self {
        let AttemptShare { attempt_id, started_at, measured, left_out } = share;
        let left_out = left_out.map(|why| LeftOutAnswer { code: why.code(), rule: why.sentence() });
        let measured = MeasuredAnswer::of(measured);
        Self { attempt_id: attempt_id.0, started_at: started_at.0, measured, left_out, events }
    }
}

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
    /// They differ from `parameters_after` when the queue was defined anew.
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
    /// `event` or `refusal`.
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<i64>,
    pub recorded_at: i64,
    /// Whether it came more than a day late.
    pub is_late: bool,
}

impl DifferenceOfAnswer {
    /// The answer for a difference.
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
            occurred_at: cause.occurred_at.map(|at| at.0),
            recorded_at: cause.recorded_at.0,
            is_late: cause.is_late,
        }
    }
}
