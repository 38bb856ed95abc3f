//! The read models as one SQLite file, for programs that read SQLite.

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::asked::Asked;
use super::asking::ask;
use super::faults::no_snapshot;
use super::file_answers::{FileTurns, copied};
use crate::http::problem::Problem;

/// A copy of every read model, as of one moment.
///
/// docs/read-models.md tells its tables and columns. The file needs no other beside it. Read models that lie in
/// PostgreSQL have none: programs connect there.
#[utoipa::path(
    get, path = "/v1/projections/snapshot", tag = "projections",
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/vnd.sqlite3"),
        (status = 400, body = Problem),
        (status = 404, body = Problem, description = "The read models are no file"),
        (status = 503, body = Problem, description = "Every place for writing a file is taken"),
    )
)]
pub async fn show(
    State(api): State<Api>,
    Extension(turns): Extension<FileTurns>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.done()?;
    let turn = turns.take()?;
    let file = ask(&api, |questions| Ok(questions.projector.models().snapshot()?)).await?;
    let file = file.ok_or_else(no_snapshot)?;
    let length = file.metadata().map(|metadata| metadata.len()).map_err(|error| {
        tracing::error!(%error, "a snapshot cannot be read");
        Problem::internal()
    })?;
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.sqlite3".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"read-models.sqlite\"".to_owned()),
    ];
    Ok((headers, copied(file, turn)).into_response())
}
