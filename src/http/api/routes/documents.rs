//! The description of the API, for programs and for people.

use std::sync::Arc;

use attempt_ledger_domain::Rule;
use axum::extract::Path;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use crate::http::api::document::rule_page;
use crate::http::problem::Problem;

/// The OpenAPI document.
pub async fn openapi(json: Arc<str>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json.to_string()).into_response()
}

/// The reference page.
pub async fn docs(page: Arc<str>) -> Html<String> {
    Html(page.to_string())
}

/// What a problem's `type` points to: a page about a rule, for people.
///
/// Only rules have pages; the other codes are listed at `/docs`.
#[utoipa::path(
    get, path = "/problems/{code}", tag = "service",
    params(("code" = String, Path, description = "The code of a rule")),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 404, body = Problem),
    )
)]
pub async fn problem(Path(code): Path<String>) -> Result<Html<String>, Problem> {
    let rule = Rule::parse(&code).ok_or_else(Problem::not_found)?;
    Ok(Html(rule_page(rule)))
}
