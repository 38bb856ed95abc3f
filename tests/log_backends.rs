//! What every log backend promises, and what the embedded one survives.

mod contract;
mod flips;
mod identities;
mod lineage;
mod opening;
mod packing;
mod recovery;
mod support;
mod swaps;
