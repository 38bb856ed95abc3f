//! The metric catalogue: what every published number means.

use attempt_ledger_projections::metrics::catalogue;
use axum::Json;

use crate::http::api::answer::{CatalogueAnswer, MetricAnswer};
use crate::http::api::request::QueryString;
use crate::http::problem::Problem;

/// Every metric, with its formula, its source and its version.
#[utoipa::path(
    get, path = "/v1/metrics", tag = "metrics",
    responses((status = 200, body = CatalogueAnswer), (status = 400, body = Problem))
)]
pub async fn list(query: QueryString) -> Result<Json<CatalogueAnswer>, Problem> {
    query.end()?;
    Ok(Json(CatalogueAnswer { metrics: catalogue().map(MetricAnswer::of).collect() }))
}
