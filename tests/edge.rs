//! The HTTP edge against real sockets: hostile clients, limits at their edges, errors and the graceful stop.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "edge/answers.rs"]
mod answers;
#[path = "edge/hostile.rs"]
mod hostile;
#[path = "edge/limits.rs"]
mod limits;
#[path = "edge/places.rs"]
mod places;
#[path = "edge/stop.rs"]
mod stop;
#[path = "support/edge_client.rs"]
mod support_client;
#[path = "support/edge_server.rs"]
mod support_server;
