//! Tables for other programs: what they read back is what was written.

mod formulas;
mod harness;
mod independent;
mod refused;
mod round_trip;
mod sheets;
mod streaming;
