//! Rebuilds of read models: begin, watch, look at the differences, cancel.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use tokio::sync::watch;

use crate::http::api::answer::{DifferenceAnswer, ProgressAnswer, unknown};
use crate::http::api::request::{QueryString, accepts};
use crate::http::api::state::Api;
use crate::http::edge::StopSignal;
use crate::http::problem::Problem;
use crate::projector::{RebuildProgress, RebuildStartError};
use crate::read_store::Projection;

/// How long the answer to a new rebuild waits for its first report.
const FIRST_REPORT_MS: u64 = 5_000;
/// The least time between two reports to one client.
const REPORT_PAUSE_MS: u64 = 100;
/// Where progress is answered.
const PROGRESS_PATH: &str = "/v1/projections/rebuild";

#[utoipa::path(
    post, path = "/v1/projections/{name}/rebuild", tag = "projections",
    summary = "Build a read model, or `all` of them, anew beside the old one, compare the two, and swap.",
    params(
        ("name" = String, Path, description = "A read model's name, or `all`"),
        ("swap" = Option<bool>, Query,
         description = "false compares only: the old read model stays. true when left out"),
    ),
    responses(
        (status = 202, description = "Begun; `Location` tells how far it is", body = ProgressAnswer),
        (status = 404, body = Problem),
        (status = 409, body = Problem,
         description = "Another rebuild is running, or another node brings the read models forward"),
        (status = 415, description = "The body is packed", body = Problem),
    )
)]
pub async fn begin(
    State(api): State<Api>,
    path: Result<Path<String>, PathRejection>,
    mut query: QueryString,
) -> Result<Response, Problem> {
    let Path(name) = path?;
    let swap = query.flag("swap")?.unwrap_or(true);
    query.end()?;
    let projections = match Projection::parse(&name) {
        Some(projection) => vec![projection],
        None if name == "all" => Projection::ALL.to_vec(),
        None => {
            let names = Projection::ALL.map(Projection::name).join(", ");
            return Err(unknown("projection", &format!("There are {names}; `all` means every one.")));
        }
    };
    let mut progress = api.questions.projector.progress();
    api.questions.projector.rebuild(projections, swap).map_err(not_begun)?;
    // Who follows `Location` shall find it there.
    let first =
        tokio::time::timeout(Duration::from_millis(FIRST_REPORT_MS), progress.wait_for(Option::is_some));
    let first = first.await.ok().and_then(|first| first.ok()?.clone()).map(ProgressAnswer::of);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, PROGRESS_PATH)], Json(first)).into_response())
}

/// How far the last rebuild has come.
#[utoipa::path(
    get, path = "/v1/projections/rebuild", tag = "projections",
    description = "`Accept: text/event-stream` opens a stream: an event `progress` for each step, the last \
                   one when it is over.",
    responses(
        (status = 200, content((ProgressAnswer = "application/json"), (String = "text/event-stream"))),
        (status = 404, description = "Nothing has been rebuilt since the service started", body = Problem),
    )
)]
pub async fn progress(
    State(api): State<Api>,
    stop_signal: StopSignal,
    query: QueryString,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    query.end()?;
    let receiver = api.questions.projector.progress();
    let current = receiver.borrow().clone().map(ProgressAnswer::of).ok_or_else(none_yet)?;
    if !accepts(&headers, &["text/event-stream"]) {
        return Ok(Json(current).into_response());
    }
    let heartbeat = Duration::from_millis(api.limits.sse_heartbeat_ms);
    let events = stop_signal.end(follow(receiver));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(heartbeat)).into_response())
}

fn not_begun(reason: RebuildStartError) -> Problem {
    let (code, title, hint) = match reason {
        RebuildStartError::Running => (
            "rebuild_running",
            "A rebuild is running",
            "GET /v1/projections/rebuild tells how far it is; DELETE there cancels it.",
        ),
        RebuildStartError::LedElsewhere => (
            "led_elsewhere",
            "Another node brings the read models forward",
            "Ask the node whose GET /v1/projections says \"leads\": true.",
        ),
    };
    Problem::new(StatusCode::CONFLICT, code, title).with_detail(reason.to_string()).with_hint(hint)
}

fn none_yet() -> Problem {
    unknown("rebuild", "POST /v1/projections/{name}/rebuild begins one.")
}

/// The rebuild's progress now and at every later step, one each [`REPORT_PAUSE_MS`] at most, until its end.
fn follow(
    mut receiver: watch::Receiver<Option<RebuildProgress>>,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    receiver.mark_changed();
    stream::unfold(Some((receiver, false)), |state| async move {
        let (mut receiver, is_later) = state?;
        if is_later {
            tokio::time::sleep(Duration::from_millis(REPORT_PAUSE_MS)).await;
        }
        // An error means that the projector is gone.
        receiver.changed().await.ok()?;
        let progress = receiver.wait_for(Option::is_some).await.ok()?.clone().map(ProgressAnswer::of)?;
        let data = serde_json::to_string(&progress).expect("an answer serializes");
        let event = Event::default().event("progress").data(data);
        Some((Ok(event), (!progress.is_over()).then_some((receiver, true))))
    })
}

/// What the last rebuild found to differ, as NDJSON, at most 10 000 rows; `compared` counts all of them.
#[utoipa::path(
    get, path = "/v1/projections/rebuild/differences", tag = "projections",
    responses((status = 200, body = DifferenceAnswer, content_type = "application/x-ndjson"))
)]
pub async fn differences(State(api): State<Api>, query: QueryString) -> Result<Response, Problem> {
    query.end()?;
    let mut body = Vec::new();
    for difference in api.questions.projector.differences() {
        serde_json::to_writer(&mut body, &DifferenceAnswer::of(difference)).expect("an answer serializes");
        body.push(b'\n');
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

/// Cancel the running rebuild; the old read models serve on.
#[utoipa::path(
    delete, path = "/v1/projections/rebuild", tag = "projections",
    responses(
        (status = 202, description = "It ends at its next step", body = ProgressAnswer),
        (status = 409, description = "No rebuild is running", body = Problem),
    )
)]
pub async fn cancel(State(api): State<Api>, query: QueryString) -> Result<Response, Problem> {
    query.end()?;
    let current = api.questions.projector.progress().borrow().clone().map(ProgressAnswer::of);
    let Some(running) = current.filter(|progress| !progress.is_over()) else {
        return Err(Problem::new(StatusCode::CONFLICT, "rebuild_not_running", "No rebuild is running")
            .with_hint("GET /v1/projections/rebuild tells how the last one ended."));
    };
    api.questions.projector.cancel_rebuild();
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, PROGRESS_PATH)], Json(running)).into_response())
}
