//! The description of the API, for programs and for people.

use std::sync::Arc;

use axum::extract::Path;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use crate::http::api::document::problem_page;
use crate::http::problem::Problem;

/// The OpenAPI document.
pub async fn openapi(json: Arc<str>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json.to_string()).into_response()
}

/// The reference page.
pub async fn docs(page: Arc<str>) -> Html<String> {
    Html(page.to_string())
}

/// What a problem's `type` points to: a page about it, for people.
#[utoipa::path(
    get, path = "/problems/{code}", tag = "service",
    params(("code" = String, Path, description = "The code of a problem or of a rule")),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 404, body = Problem),
    )
)]
pub async fn problem(Path(code): Path<String>) -> Result<Html<String>, Problem> {
    problem_page(&code).map(Html).ok_or_else(Problem::not_found)
}
