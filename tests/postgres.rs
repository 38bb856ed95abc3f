//! Read models in PostgreSQL: everything that the store in a file keeps, and what only a server can go
//! through.
//!
//! The tests start servers of their own: `apt-get install -y --no-install-recommends postgresql`.

mod crashes;
mod generations;
#[path = "read_store/intervals.rs"]
mod intervals;
mod leadership;
#[path = "read_store/lists.rs"]
mod lists;
mod place;
mod program;
#[path = "read_store/round_trip.rs"]
mod round_trip;
mod same;
mod schema;
#[path = "read_store/support.rs"]
mod support;
mod tls;
#[path = "read_store/transactions.rs"]
mod transactions;
