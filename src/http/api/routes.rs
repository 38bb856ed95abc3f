//! The routes, a file for each resource.

pub mod agents;
pub mod agents_history;
pub mod attempt;
pub mod attempts;
pub mod backup;
pub mod board;
pub mod catalogue;
pub mod deliveries;
pub mod documents;
pub mod events;
pub mod health;
pub mod history;
mod history_reasons;
mod history_series;
mod list;
pub mod offers;
pub mod projections;
pub mod queues;
pub mod rebuilds;
pub mod refusals;
pub mod snapshot;
