//! The dashboards and alerts of `deploy/`, held against the real program: every address they ask for is
//! answered, every column they show is in the answer, every figure they compute with is exposed.

mod answers;
mod boards;
mod figures;
mod promtool;
mod rules;
mod server;
mod shape;
