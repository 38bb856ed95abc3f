//! An event-sourced ledger of dialer call attempts.
//!
//! In reading order: [`record`] is what the log holds, [`log`] keeps it, [`ledger`] judges deliveries and
//! answers questions, [`http`] and [`cli`] are the two doors. [`seed`] invents traffic for demonstrations and
//! tests; [`files`] writes tables for other programs; [`limits`] names every limit; [`environment`] is the only
//! source of time and randomness.

mod background;
pub mod cli;
pub mod environment;
pub mod files;
pub mod http;
pub mod ledger;
pub mod limits;
pub mod log;
pub mod projector;
pub mod questions;
pub mod read_store;
pub mod record;
pub mod seed;
mod task;
