//! The metric catalogue: every published number, defined once, as data.
//!
//! [`catalogue`] lists the [`Definition`]s; [`compute`] measures some of them over the
//! [`Totals`](crate::history::Totals) of an interval. A number that the eight events cannot give is in the
//! catalogue too, and answers `null` with the reason. A ratio over nothing is `null`, never 0 or 1.
//! Definitions carry a version: it changes with the meaning.

mod catalogue;
mod definition;
mod dropped_calls;
mod identity;
mod markdown;
mod measurement;
mod omission;
mod parameters;
mod policy;
mod population;
mod reason;
mod service_level;
mod source;
mod thresholds;
mod unit;
mod unsent_ends;

pub use catalogue::{catalogue, find, metrics_of};
pub use definition::{Definition, compute, values_needed};
pub use identity::Identity;
pub use markdown::to_markdown;
pub use measurement::{KnownQueues, Measurement, Number, Part, Statistics};
pub use omission::{LegEnd, Omission};
pub use parameters::Parameters;
pub use policy::{Operator, Policy};
pub use population::Candidate;
pub use reason::Reason;
pub use source::UnsentHooks;
pub use thresholds::{QueueTotals, Thresholds};
pub use unit::{HistoryKind, Unit};
