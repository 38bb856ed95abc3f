//! HTTP: the API, the hardened edge around it, the shape of errors, the figures.

pub mod api;
pub mod edge;
pub mod metrics;
pub mod problem;
mod rejection;
