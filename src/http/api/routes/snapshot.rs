//! The read models as one SQLite file, for programs that read SQLite.

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::http::api::answer::{FilePermits, no_snapshot, whole_file};
use crate::http::api::request::QueryString;
use crate::http::api::state::Api;
use crate::http::problem::Problem;

/// A copy of every read model, as of one moment.
#[utoipa::path(
    get, path = "/v1/projections/snapshot", tag = "projections",
    description = "docs/read-models.md tells its tables and columns. The file needs no other beside it. Read \
                   models that lie in\nPostgreSQL have none: programs connect there.",
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/vnd.sqlite3"),
        (status = 400, body = Problem),
        (status = 404, body = Problem, description = "The read models are no file"),
        (status = 503, body = Problem, description = "Every place for writing a file is taken"),
    )
)]
pub async fn show(
    State(api): State<Api>,
    Extension(permits): Extension<FilePermits>,
    query: QueryString,
) -> Result<Response, Problem> {
    query.end()?;
    let permit = permits.take()?;
    let file = api.ask(|questions| Ok(questions.projector.models().snapshot()?))?;
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
    Ok((headers, whole_file(file, permit)).into_response())
}
