//! Read models are a function of the log: whatever the batches, the order of arrival, the faults on the way
//! and the history of the store, they equal a fresh fold.

mod boundaries;
mod damage;
mod dossiers;
mod faults;
mod order;
mod past;
mod poison;
mod rebuild;
mod runaways;
mod shared;
pub mod support;
mod swaps;
