//! Every route on one screen, and the document that describes them.

use std::sync::Arc;

use axum::middleware::from_fn;
use axum::routing::get;
use axum::{Extension, Router};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::FilePermits;
use super::document::{document, reference_page};
use super::request::refuse_packed;
use super::routes::{
    agents, agents_history, attempt, attempts, backup, board, catalogue, deliveries, documents, events,
    health, history, offers, projections, queues, rebuilds, refusals, snapshot,
};
use super::state::Api;

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
    let plain = OpenApiRouter::new()
        .routes(routes!(refusals::replay))
        .routes(routes!(refusals::dismiss))
        .routes(routes!(queues::define, queues::show))
        .routes(routes!(rebuilds::begin))
        .route_layer(from_fn(refuse_packed));
    let (router, routes) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(plain)
        .routes(routes!(deliveries::post_events, events::list))
        .routes(routes!(deliveries::post_hook))
        .routes(routes!(backup::show))
        .routes(routes!(attempts::list))
        .routes(routes!(attempt::summary))
        .routes(routes!(attempt::events))
        .routes(routes!(attempt::timeline))
        .routes(routes!(refusals::list))
        .routes(routes!(refusals::show))
        .routes(routes!(queues::list))
        .routes(routes!(queues::replay))
        .routes(routes!(board::now))
        .routes(routes!(agents::list))
        .routes(routes!(agents::intervals))
        .routes(routes!(history::of_queue))
        .routes(routes!(history::of_queues))
        .routes(routes!(history::of_agent))
        .routes(routes!(agents_history::of_agents))
        .routes(routes!(offers::list))
        .routes(routes!(catalogue::list))
        .routes(routes!(projections::list))
        .routes(routes!(snapshot::show))
        .routes(routes!(rebuilds::progress, rebuilds::cancel))
        .routes(routes!(rebuilds::differences))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(documents::problem))
        .split_for_parts();
    let document = document(&routes);
    let json: Arc<str> = document.to_string().into();
    let page: Arc<str> = reference_page(&document).into();
    let permits = FilePermits::new(api.limits.files_max);
    router
        .route("/openapi.json", get(move || documents::openapi(json.clone())))
        .route("/docs", get(move || documents::docs(page.clone())))
        .layer(Extension(permits))
        .with_state(api)
}
