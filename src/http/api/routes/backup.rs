//! The log as one file, while the service goes on.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};

use crate::http::api::answer::{FilePermits, streamed_file};
use crate::http::api::request::QueryString;
use crate::http::api::state::Api;
use crate::http::problem::Problem;
use crate::log::backup::write_backup;

/// Every record up to the head of this moment, as one file.
#[utoipa::path(
    get, path = "/v1/backup", tag = "log",
    description = "The lines of the log, packed with zstd, between a first line with the head and a last one \
                   with their digest:\n`attempt-ledger restore` makes a ledger of it. `Ledger-Position` is \
                   the head. What is recorded\nmeanwhile is not in it. An answer that breaks off has no last \
                   line.",
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/zstd"),
        (status = 400, body = Problem),
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
    let log = api.ledger.log().clone();
    let head = log.head();
    let body = streamed_file(permit, move |out| write_backup(log.as_ref(), head, out));
    let headers = [
        (header::CONTENT_TYPE, "application/zstd".to_owned()),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"ledger.backup\"".to_owned()),
        (HeaderName::from_static("ledger-position"), head.to_string()),
    ];
    Ok((headers, body).into_response())
}
