//! HTTP: the hardened edge, the shape of errors, the request metrics.

pub mod edge;
pub mod metrics;
pub mod problem;
mod rejection;
