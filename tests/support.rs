//! What claims of several areas need.

pub mod days;
pub mod postgres;
pub mod process_log;
pub mod python;
pub mod recording;
pub mod script;
pub mod strace;
