//! The dashboards and alerts of `deploy/`, held against the real program: every address they ask for is answered, every
//! column they show is in the answer, every figure they compute with is exposed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "dashboards/answers.rs"]
mod answers;
#[path = "dashboards/boards.rs"]
mod boards;
#[path = "dashboards/figures.rs"]
mod figures;
#[path = "dashboards/promtool.rs"]
mod promtool;
#[path = "dashboards/rules.rs"]
mod rules;
#[path = "dashboards/server.rs"]
mod server;
#[path = "dashboards/shape.rs"]
mod shape;
