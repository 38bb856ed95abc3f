//! The class of each request, by its method and path.

use axum::http::Method;
use axum::http::request::Parts;

use crate::http::edge::WorkClass;

/// Deliveries come by POST to two routes; probes are what orchestrators ask; everything else is a question.
pub fn work_class(head: &Parts) -> WorkClass {
    let path = head.uri.path();
    match head.method {
        Method::POST if path == "/v1/events" || path.starts_with("/v1/hooks/") => WorkClass::Delivery,
        Method::GET if matches!(path, "/livez" | "/readyz" | "/metrics") => WorkClass::Probe,
        _ => WorkClass::Question,
    }
}
