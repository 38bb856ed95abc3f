//! The projector: reads the log in order and brings the read models forward.
//!
//! In reading order: [`fact`] is one record as the folds need it; `attempts` knows what was delivered about each
//! attempt so far; [`folds`] says what a change means for each read model; [`batch`] makes one transaction out of
//! many records; [`pass`] applies batches, and stops a projection at the event that it fails on.

mod attempts;
mod batch;
pub mod fact;
pub mod folds;
pub mod pass;

pub use batch::Draft;
pub use fact::Fact;
pub use folds::{Change, Fold, folds};
pub use pass::{Pass, PassError};
