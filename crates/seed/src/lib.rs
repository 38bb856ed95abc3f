//! Invented but believable dialer traffic, the same on every machine, for tests, benchmarks and the
//! demonstration.

mod arrivals;
mod body;
mod chance;
mod damage;
mod delivery;
mod json;
mod member;
mod ndjson;
mod options;
mod pen;
mod people;
mod plot;
mod pool;
mod queue;
mod queues;
mod requests;
mod story;
#[cfg(test)]
mod tests;
mod traffic;
mod unserved;

pub use delivery::SeedDelivery;
pub use ndjson::ndjson_line;
pub use options::{ArrivalPattern, Scenario, SeedOptions};
pub use queue::SeedQueue;
pub use queues::queues;
pub use traffic::Traffic;

/// Invents the deliveries of `options`, lazily and in the order of their arrival.
#[must_use]
pub fn deliveries(options: &SeedOptions) -> Traffic {
    Traffic::new(*options)
}
