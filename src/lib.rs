//! An event-sourced ledger of dialer call attempts.

pub mod environment;
pub mod ledger;
pub mod log;
pub mod record;
pub mod seed;
