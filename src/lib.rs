//! An event-sourced ledger of dialer call attempts.

pub mod http;
pub mod limits;
pub mod log;
pub mod record;
