//! Health and figures.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::projections;
use crate::http::api::request::QueryString;
use crate::http::api::state::Api;
use crate::http::edge::StopSignal;
use crate::http::metrics::{EventLabels, ObservationLabels};
use crate::http::problem::Problem;

/// Whether the process runs.
#[utoipa::path(get, path = "/livez", tag = "service", responses((status = 200, body = String)))]
pub async fn livez() -> &'static str {
    "ok\n"
}

/// Whether the service takes deliveries: the log is writable and no stop is under way.
///
/// Read models that are behind or stopped are a warning under `verbose`, no reason to turn deliveries away.
#[utoipa::path(
    get, path = "/readyz", tag = "service",
    params(("verbose" = Option<bool>, Query, description = "List the checks, for people")),
    responses((status = 200, body = String), (status = 503, body = Problem))
)]
pub async fn readyz(
    State(api): State<Api>,
    stop_signal: StopSignal,
    query: QueryString,
) -> Result<String, Problem> {
    let fault = if stop_signal.is_stopping() {
        Some(("stopping", "The service is stopping."))
    } else if api.ledger.log().poisoned().is_some() {
        Some(("log_poisoned", "The log refuses writes until it is opened again; the service's log says why."))
    } else if api.ledger.log().unreachable().is_some() {
        Some((
            "log_unreachable",
            "The cluster that holds the log is out of reach; it is tried again and again.",
        ))
    } else if api.ledger.log().lacks_room() {
        Some(("disk_full", "No space is left for the log; it goes on by itself when there is some."))
    } else {
        None
    };
    if let Some((code, detail)) = fault {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, "Not ready").with_detail(detail));
    }
    let mut text = "ok\n".to_owned();
    if query.begins_with("verbose") {
        let head = api.ledger.log().head();
        // Writing to a String cannot fail.
        let _ = write!(text, "log: writable, head at position {head}\nstopping: no\n");
        let _ = match api.ledger.log().index_damage() {
            None => writeln!(text, "index: whole"),
            Some(damage) => {
                writeln!(text, "index: warning, it is rebuilt while the log itself answers lookups: {damage}")
            }
        };
        text.push_str(&segment_lines(&api.ledger.log().segment_damage()));
        text.push_str(&projections::readiness_lines(&api).await);
    }
    Ok(text)
}

/// What is wrong with the files of the log, a line each.
fn segment_lines(damage: &[String]) -> String {
    if damage.is_empty() {
        return "segments: no damage known\n".to_owned();
    }
    let line = |one: &String| {
        format!(
            "segments: warning, all other records are served and new ones recorded; restore this file from a \
             backup: {one}\n"
        )
    };
    damage.iter().map(line).collect()
}

/// Figures in the OpenMetrics text format.
#[utoipa::path(
    get, path = "/metrics", tag = "service",
    responses((status = 200, body = String, content_type = "application/openmetrics-text"))
)]
pub async fn metrics(State(api): State<Api>) -> Response {
    let log = api.ledger.log();
    for (event, count) in api.ledger.take_let_in() {
        if count > 0 {
            let labels = EventLabels { event: event.name() };
            api.metrics.events_appended.get_or_create(&labels).inc_by(count);
        }
    }
    for (observation, count) in api.ledger.take_observed() {
        if count > 0 {
            let labels = ObservationLabels { observation: observation.name() };
            api.metrics.observations_appended.get_or_create(&labels).inc_by(count);
        }
    }
    api.metrics.log_head_position.set(log.head().0);
    api.metrics.log_poisoned.set(i64::from(log.poisoned().is_some()));
    api.metrics.log_index_damaged.set(i64::from(log.index_damage().is_some()));
    let damaged = i64::try_from(log.segment_damage().len()).unwrap_or(i64::MAX);
    api.metrics.log_segments_damaged.set(damaged);
    projections::set_figures(&api).await;
    api.metrics.to_response()
}
