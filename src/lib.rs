//! An event-sourced ledger of dialer call attempts.
//!
//! In reading order: [`record`] is what the log holds, [`log`] keeps it, [`ledger`] judges deliveries and
//! answers questions, [`http`] and [`cli`] are the two doors. [`seed`] invents traffic for demonstrations and
//! tests; [`files`] writes tables for other programs; [`limits`] names every limit; [`environment`] is the
//! only source of time and randomness.

mod byte_order_mark;
pub mod cache_sizes;
pub mod cli;
mod file_shares;
pub mod http;
pub mod limits;

pub use attempt_ledger_cluster_log as cluster_log;
pub use attempt_ledger_files as files;
pub use attempt_ledger_ledger as ledger;
pub use attempt_ledger_log as log;
pub use attempt_ledger_log::record;
pub use attempt_ledger_projector as projector;
pub use attempt_ledger_queries as queries;
pub use attempt_ledger_read_store as read_store;
pub use attempt_ledger_seed as seed;
pub use attempt_ledger_system::{aside, environment, scratch_directory};
