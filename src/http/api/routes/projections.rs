//! Read models: how far each has come.

use std::fmt::Write as _;

use axum::Json;
use axum::extract::State;

use crate::http::api::answer::{LogAnswer, ProgressAnswer, ProjectionAnswer, ProjectionsAnswer};
use crate::http::api::request::QueryString;
use crate::http::api::state::Api;
use crate::http::metrics::{Metrics, ProjectionLabels};
use crate::http::problem::Problem;
use crate::projector::RebuildPhase;
use crate::queries::{ProjectionState, Questions, Standing};

/// Every read model: how far it has come, and why it stopped.
#[utoipa::path(
    get, path = "/v1/projections", tag = "projections",
    responses((status = 200, body = ProjectionsAnswer), (status = 400, body = Problem))
)]
pub async fn list(State(api): State<Api>, query: QueryString) -> Result<Json<ProjectionsAnswer>, Problem> {
    query.end()?;
    let (standings, head) = api.ask(Questions::standings)?;
    let projections = standings.into_iter().map(ProjectionAnswer::of).collect();
    let rebuild = api.questions.projector.progress().borrow().clone().map(ProgressAnswer::of);
    let leads = api.questions.projector.leads();
    let log = LogAnswer { damage: api.ledger.log().segment_damage() };
    Ok(Json(ProjectionsAnswer { projections, head: head.0, log, leads, rebuild }))
}

/// Sets the figures of the read models to where they stand now.
pub async fn set_figures(api: &Api) {
    // A fault is logged where it becomes a problem; the other figures are answered all the same.
    let Ok((standings, _)) = api.ask(Questions::standings) else { return };
    let Metrics {
        projection_position,
        projection_lag_events,
        projection_lag,
        projection_stopped,
        projection_rebuild,
        projection_rebuild_failed,
        projection_leads,
        projections_damaged,
        ..
    } = &*api.metrics;
    projection_leads.set(i64::from(api.questions.projector.leads()));
    projections_damaged.set(i64::from(api.questions.projector.damage().is_some()));
    for one in standings {
        let labels = ProjectionLabels { projection: one.projection.name() };
        projection_position.get_or_create(&labels).set(one.position.0);
        projection_lag_events.get_or_create(&labels).set(one.lag_records);
        #[expect(clippy::cast_precision_loss, reason = "lags are below 2^53 milliseconds")]
        projection_lag.get_or_create(&labels).set(one.lag_ms as f64 / 1_000.0);
        projection_stopped.get_or_create(&labels).set(i64::from(one.state == ProjectionState::Stopped));
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

/// What `/readyz` says to people about the read models, a line each.
pub async fn readiness_lines(api: &Api) -> String {
    let Ok((standings, _)) = api.ask(Questions::standings) else {
        return "projections: warning, they cannot be read\n".to_owned();
    };
    let mut text = String::new();
    if let Some(damage) = api.questions.projector.damage() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "read models: warning, their file is damaged and rebuilt beside: {damage}");
    }
    for one in standings {
        let Standing { projection, position, lag_records, lag_ms, state, .. } = one;
        // Writing to a String cannot fail.
        let _ = match state {
            ProjectionState::Moving if lag_records == 0 => {
                writeln!(text, "projection {projection}: at position {position}")
            }
            ProjectionState::Moving => writeln!(
                text,
                "projection {projection}: warning, {lag_records} records and {lag_ms} ms behind, \
                 at position {position}"
            ),
            ProjectionState::Stopped | ProjectionState::Outdated => {
                let state = state.name();
                writeln!(text, "projection {projection}: warning, {state} at position {position}")
            }
        };
    }
    text
}
