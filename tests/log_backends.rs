//! What every log backend promises, and what the embedded one survives.

mod contract;
mod flips;
mod recovery;
mod sealing;
mod support;
