//! Read models: how far each has come.

use attempt_ledger_domain::{Position, UnixMillis};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::asked::Asked;
use super::asking::ask;
use super::freshness::FailureAnswer;
use super::rebuilds::ProgressAnswer;
use crate::http::metrics::{Metrics, ProjectionLabels};
use crate::http::problem::Problem;
use crate::projector::RebuildPhase;
use crate::queries::{QuestionError, Questions};

/// Every read model.
#[derive(Serialize, ToSchema)]
pub struct ProjectionsAnswer {
    /// In the order in which they are kept.
    pub projections: Vec<ProjectionAnswer>,
    /// The end of the log.
    pub head: u64,
    /// Whether this node brings them forward. Of several nodes with one read store, one does.
    pub leads: bool,
    /// The last rebuild, running or over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebuild: Option<ProgressAnswer>,
}

/// Where one read model stands.
#[derive(Serialize, ToSchema)]
pub struct ProjectionAnswer {
    pub name: &'static str,
    /// The version of the fold that filled it.
    pub version: u32,
    /// The log position of the last record that it contains.
    pub position: u64,
    /// When the ledger took that record, in milliseconds since 1970; 0 before the first one.
    pub recorded_at: i64,
    /// Records of the log that it does not contain.
    pub lag_records: u64,
    /// How long the oldest of them has been waiting.
    pub lag_ms: u64,
    /// `moving`, `stopped` at an event, or `outdated`: filled by another version of the fold.
    pub state: &'static str,
    /// The event that stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureAnswer>,
}

/// Where every read model stands.
///
/// # Errors
/// [`QuestionError`].
pub fn standing(questions: &Questions) -> Result<(Vec<ProjectionAnswer>, Position), QuestionError> {
    let head = questions.ledger.log().head();
    let now = questions.ledger.environment().now();
    let statuses = crate::projector::statuses(questions.projector.models().current().as_ref())?;
    let mut projections = Vec::with_capacity(statuses.len());
    let mut waits: Option<(Position, UnixMillis)> = None;
    for status in statuses {
        let at = status.checkpoint.position;
        let lag_records = head.0.saturating_sub(at.0);
        let mut lag_ms = 0;
        if lag_records > 0 {
            // Most stand at the same place, so one look at the log is enough.
            let since = match waits {
                Some((known, since)) if known == at => since,
                _ => questions.ledger.recorded_at(at.next())?,
            };
            waits = Some((at, since));
            lag_ms = now.since(since);
        }
        let state = match (&status.failure, status.version == status.projection.version()) {
            (Some(_), _) => "stopped",
            (None, true) => "moving",
            (None, false) => "outdated",
        };
        projections.push(ProjectionAnswer {
            name: status.projection.name(),
            version: status.version,
            position: at.0,
            recorded_at: status.checkpoint.recorded_at.0,
            lag_records,
            lag_ms,
            state,
            failure: status.failure.map(FailureAnswer::of),
        });
    }
    Ok((projections, head))
}

/// Every read model: how far it has come, and why it stopped.
#[utoipa::path(
    get, path = "/v1/projections", tag = "projections",
    responses((status = 200, body = ProjectionsAnswer), (status = 400, body = Problem))
)]
pub async fn list(State(api): State<Api>, asked: Asked) -> Result<Json<ProjectionsAnswer>, Problem> {
    asked.done()?;
    let (projections, head) = ask(&api, standing).await?;
    let rebuild = api.questions.projector.progress().borrow().clone().map(ProgressAnswer::of);
    let leads = api.questions.projector.leads();
    Ok(Json(ProjectionsAnswer { projections, head: head.0, leads, rebuild }))
}

/// Brings the figures of the read models up to date.
pub async fn measure(api: &Api) {
    // A fault is logged where it becomes a problem; the other figures are shown all the same.
    let Ok((projections, _)) = ask(api, standing).await else { return };
    let Metrics {
        projection_position,
        projection_lag_events,
        projection_lag,
        projection_stopped,
        projection_rebuild,
        projection_rebuild_failed,
        projection_leads,
        ..
    } = &*api.metrics;
    projection_leads.set(i64::from(api.questions.projector.leads()));
    for one in projections {
        let labels = ProjectionLabels { projection: one.name };
        projection_position.get_or_create(&labels).set(one.position);
        projection_lag_events.get_or_create(&labels).set(one.lag_records);
        #[expect(clippy::cast_precision_loss, reason = "lags are below 2^53 milliseconds")]
        projection_lag.get_or_create(&labels).set(one.lag_ms as f64 / 1_000.0);
        projection_stopped.get_or_create(&labels).set(i64::from(one.state == "stopped"));
    }
    let progress = api.questions.projector.progress().borrow().clone();
    if let Some(progress) = progress {
        let done = matches!(progress.phase, RebuildPhase::Done);
        #[expect(clippy::cast_precision_loss, reason = "a ratio need not be exact")]
        let ratio = if done { 1.0 } else { progress.position as f64 / progress.head.max(1) as f64 };
        projection_rebuild.set(ratio);
        projection_rebuild_failed.set(i64::from(progress.phase == RebuildPhase::Failed));
    }
}

/// What `/readyz` tells people about the read models: a line each, for those that are behind or do not move.
pub async fn for_people(api: &Api) -> String {
    use std::fmt::Write as _;
    let Ok((projections, _)) = ask(api, standing).await else {
        return "projections: warning, they cannot be read\n".to_owned();
    };
    let mut text = String::new();
    for one in &projections {
        let ProjectionAnswer { name, position, lag_records, lag_ms, state, .. } = one;
        // Writing to a String cannot fail.
        let _ = match *state {
            "moving" if *lag_records == 0 => writeln!(text, "projection {name}: at position {position}"),
            "moving" => writeln!(
                text,
                "projection {name}: warning, {lag_records} records and {lag_ms} ms behind, at position {position}"
            ),
            _ => writeln!(text, "projection {name}: warning, {state} at position {position}"),
        };
    }
    text
}
