//! Read models are a function of the log: whatever the batches, the order of arrival, the faults on the way and the
//! history of the store, they equal a fresh fold.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "read_models/boundaries.rs"]
mod boundaries;
#[path = "oracle/days.rs"]
mod days;
#[path = "read_models/faults.rs"]
mod faults;
#[path = "read_models/order.rs"]
mod order;
#[path = "read_models/past.rs"]
mod past;
#[path = "read_models/poison.rs"]
mod poison;
#[path = "read_models/rebuild.rs"]
mod rebuild;
#[path = "oracle/recording.rs"]
mod recording;
#[path = "read_models/shared.rs"]
mod shared;
#[path = "read_models/support.rs"]
mod support;
