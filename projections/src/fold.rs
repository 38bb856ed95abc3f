//! From the deliveries of an attempt to its rows.
//!
//! [`Step`] is one delivery as rows need it; `legs` concludes the agents' legs, `attempt` makes the
//! attempt's own row. `member_wait` adds what the observation `wait_agent` says of a dialled member. Like
//! timelines, rows follow the longest legal run of the set of deliveries. Nearly every attempt is regular:
//! nothing was refused, and its events in time order are that run. Only the others need the full judgement.

mod attempt;
mod attempt_fields;
mod leg_fields;
mod leg_owners;
mod legs;
mod member_wait;
mod observation_step;
mod rows;
mod step;
mod step_fields;

pub use observation_step::ObservationStep;
pub use rows::{Irregular, Rows, fold_regular, fold_run};
pub use step::Step;
pub use step_fields::StepFields;
