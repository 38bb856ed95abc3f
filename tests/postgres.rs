//! Read models in PostgreSQL: everything that the store in a file keeps, and what only a server can go through.
//!
//! The tests start servers of their own: `apt-get install -y --no-install-recommends postgresql`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "postgres/cluster.rs"]
mod cluster;
#[path = "read_store/intervals.rs"]
mod intervals;
#[path = "read_store/lists.rs"]
mod lists;
#[path = "postgres/place.rs"]
mod place;
#[path = "read_store/round_trip.rs"]
mod round_trip;
#[path = "read_store/support.rs"]
mod support;
#[path = "read_store/transactions.rs"]
mod transactions;
