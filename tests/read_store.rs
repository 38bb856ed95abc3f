//! The read store keeps what it is given: whole, in one transaction with the checkpoint, and found again by
//! every question that the port has.

mod damage;
mod fields;
mod intervals;
mod io_errors;
mod kills;
mod links;
mod lists;
mod place;
mod round_trip;
mod schema;
mod support;
mod transactions;
mod views;
