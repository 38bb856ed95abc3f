//! What every log backend promises, and what the embedded one survives.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod contract;
mod flips;
mod recovery;
mod sealing;
mod support;
