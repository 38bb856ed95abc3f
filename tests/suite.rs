//! Every claim about the service, in one program: the ledger and its parts in this process, and the program
//! itself as its users run it.
//!
//! `cargo test --test suite cluster::` runs the claims of one area.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::duplicate_mod, reason = "what the read store promises is claimed of each database")]

mod api;
mod arrival;
mod cases;
mod cli;
mod cluster;
mod compose;
mod contention;
mod crash;
mod dashboards;
mod documents;
mod edge;
mod equivalence;
mod files;
mod log_backends;
mod oracle;
mod order;
mod postgres;
mod read_models;
mod read_store;
mod recipes;
mod record;
mod several_nodes;
mod support;
mod webitel;
