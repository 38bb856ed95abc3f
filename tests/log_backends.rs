//! What every log backend promises, and what the embedded one survives.

mod contract;
mod flips;
mod packing;
mod recovery;
mod support;
