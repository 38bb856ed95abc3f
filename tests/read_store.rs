//! The read store keeps what it is given: whole, in one transaction with the checkpoint, and found again by
//! every question that the port has.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "read_store/damage.rs"]
mod damage;
#[path = "read_store/intervals.rs"]
mod intervals;
#[path = "read_store/kills.rs"]
mod kills;
#[path = "read_store/lists.rs"]
mod lists;
#[path = "read_store/place.rs"]
mod place;
#[path = "read_store/round_trip.rs"]
mod round_trip;
#[path = "read_store/schema.rs"]
mod schema;
#[path = "support/strace.rs"]
mod strace;
#[path = "read_store/support.rs"]
mod support;
#[path = "read_store/transactions.rs"]
mod transactions;
#[path = "read_store/views.rs"]
mod views;
