//! Queue history and agent history: sums by quarter of an hour, kept right by retracting and adding.
//!
//! Every attempt contributes [`Count`]s and [`Measure`] values to intervals. When more becomes known of the
//! attempt, its old contribution is retracted and the new one added, so that late and repeated deliveries
//! never count twice. Quarters of an hour because every time zone's offset is a multiple of one; hours and
//! days in any zone are rolled up from them.

mod attribution;
mod contribution;
mod dialling;
mod dimension;
mod interval;
mod mix;
mod quantity;
mod totals;
mod values;

pub use attribution::Attribution;
pub use contribution::{Contribution, Item, contribute_to_agents, contribute_to_queue, contributions};
pub(crate) use contribution::{handled_without_leg, is_human, is_machine, is_retry};
pub(crate) use dialling::{is_answer_timed, is_answer_told, is_dialled, is_late_for_member, is_live};
pub use dimension::Dimension;
pub use interval::{INTERVAL_MS, IntervalKey, Scope, interval_of};
pub use mix::Mix;
pub use quantity::{Count, Measure};
pub use totals::{Distribution, Totals};
pub use values::{Values, ValuesError};
