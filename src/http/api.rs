//! The HTTP API: every route on one screen, and the document that describes them.

mod agents;
mod answers;
mod asked;
mod asking;
mod attempt_rows;
mod attempts;
mod board;
mod catalogue;
mod cloud_events;
mod columns;
mod common;
mod cursor;
mod deliveries;
mod docs;
mod events;
mod explanations;
mod faults;
mod file_answers;
mod form;
mod formats;
mod freshness;
mod history;
mod history_answers;
mod history_file;
mod history_query;
mod history_reasons;
mod history_request;
mod listing;
mod offer_rows;
mod offers;
mod parameters;
mod projections;
mod queues;
mod rebuilds;
mod refusals;
mod service;
mod snapshot;

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::file_answers::FileTurns;
pub(crate) use self::rebuilds::{DifferenceAnswer, ProgressAnswer};
use super::metrics::Metrics;
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::queries::Questions;

/// What every handler works with.
#[derive(Clone)]
pub struct Api {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// The read models.
    pub questions: Questions,
    /// The service's figures.
    pub metrics: Arc<Metrics>,
    /// The limits in force.
    pub limits: Limits,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "attempt-ledger",
        description = "An event-sourced ledger of dialer call attempts. All times are milliseconds since \
                       1970-01-01T00:00:00Z; names ending in _ms are durations in milliseconds."
    ),
    tags(
        (name = "deliveries", description = "Record what the dialer's hooks deliver"),
        (name = "attempts", description = "What happened in an attempt"),
        (name = "log", description = "The log in order"),
        (name = "refusals", description = "Deliveries that a rule did not let in, kept until settled"),
        (name = "queues", description = "What is defined about queues, and what goes on in them"),
        (name = "agents", description = "What agents did"),
        (name = "metrics", description = "What every published number means"),
        (name = "projections", description = "The read models: how far they are, and rebuilding them"),
        (name = "service", description = "Running the service"),
    )
)]
struct Document;

/// The service's routes.
pub fn router(api: Api) -> Router {
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(deliveries::post_events, events::list))
        .routes(routes!(deliveries::post_hook))
        .routes(routes!(listing::list))
        .routes(routes!(attempts::summary))
        .routes(routes!(attempts::events))
        .routes(routes!(attempts::timeline))
        .routes(routes!(refusals::list))
        .routes(routes!(refusals::show))
        .routes(routes!(refusals::replay))
        .routes(routes!(refusals::dismiss))
        .routes(routes!(queues::list))
        .routes(routes!(queues::define, queues::show))
        .routes(routes!(board::now))
        .routes(routes!(agents::list))
        .routes(routes!(agents::intervals))
        .routes(routes!(history::of_queue))
        .routes(routes!(history::of_queues))
        .routes(routes!(history::of_agent))
        .routes(routes!(offers::list))
        .routes(routes!(catalogue::list))
        .routes(routes!(projections::list))
        .routes(routes!(snapshot::show))
        .routes(routes!(rebuilds::begin))
        .routes(routes!(rebuilds::progress, rebuilds::cancel))
        .routes(routes!(rebuilds::differences))
        .routes(routes!(service::livez))
        .routes(routes!(service::readyz))
        .routes(routes!(service::metrics))
        .split_for_parts();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let json: Arc<str> = document.to_json().expect("the document serializes").into();
    let page: Arc<str> = docs::page(&document).into();
    let turns = FileTurns::new(api.limits.files_max);
    router
        .route("/openapi.json", get(move || service::openapi(json.clone())))
        .route("/docs", get(move || service::docs(page.clone())))
        .route("/problems/{code}", get(docs::problem))
        .layer(Extension(turns))
        .with_state(api)
}
