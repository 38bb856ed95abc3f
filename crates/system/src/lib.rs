//! What the ledger takes from the machine: time, randomness, and threads in the background.

pub mod background;
pub mod environment;
pub mod task;
