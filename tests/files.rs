//! Tables for other programs: what they read back is what was written.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "files/formulas.rs"]
mod formulas;
#[path = "files/harness.rs"]
mod harness;
#[path = "files/independent.rs"]
mod independent;
#[path = "support/python.rs"]
mod python;
#[path = "files/refused.rs"]
mod refused;
#[path = "files/round_trip.rs"]
mod round_trip;
#[path = "files/script.rs"]
mod script;
#[path = "files/sheets.rs"]
mod sheets;
#[path = "files/streaming.rs"]
mod streaming;
