//! Read models in PostgreSQL: everything that the store in a file keeps, and what only a server can go through.
//!
//! The tests start servers of their own: `apt-get install -y --no-install-recommends postgresql`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "postgres/cluster.rs"]
mod cluster;
#[path = "postgres/crashes.rs"]
mod crashes;
#[path = "oracle/days.rs"]
mod days;
#[path = "read_models/support.rs"]
mod fold;
#[path = "postgres/generations.rs"]
mod generations;
#[path = "read_store/intervals.rs"]
mod intervals;
#[path = "postgres/leadership.rs"]
mod leadership;
#[path = "read_store/lists.rs"]
mod lists;
#[path = "postgres/place.rs"]
mod place;
#[path = "postgres/program.rs"]
mod program;
#[path = "oracle/recording.rs"]
mod recording;
#[path = "read_store/round_trip.rs"]
mod round_trip;
#[path = "postgres/same.rs"]
mod same;
#[path = "postgres/schema.rs"]
mod schema;
#[path = "read_store/support.rs"]
mod support;
#[path = "postgres/tls.rs"]
mod tls;
#[path = "read_store/transactions.rs"]
mod transactions;
