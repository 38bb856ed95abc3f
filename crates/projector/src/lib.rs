//! The projector: reads the log in order and brings the read models forward.
//!
//! In reading order: [`Fact`] is one record as the folds read it; `attempt_cache` holds the attempts that a
//! pass works on; `folds` turns a change into what each read model adds to a [`Draft`]; `batch` makes one
//! transaction out of many records; [`Pass`] folds batches, and stops a projection at the event that it fails
//! on; `batch_writer` writes them into the store; `advance` does so for a whole store; `takeover` comes
//! before the first batch; `follower` keeps the current store up with the log, for [`Projector`]; [`Rebuild`]
//! fills a shadow, and [`compare`] reports how it differs.

mod advance;
mod attempt_cache;
mod attempt_log;
mod batch;
mod batch_writer;
mod comparison;
mod draft;
mod fact;
mod fact_opening;
mod file_checker;
mod folds;
mod follower;
mod observation_step;
mod pass;
mod projector;
mod rebuild;
mod rebuild_error;
mod rebuild_progress;
mod runaway_folder;
mod runaways;
mod statuses;
mod store_pause;
mod takeover;

pub use advance::bring_forward;
pub use attempt_cache::KEPT_DELIVERIES_MAX;
pub use attempt_log::rows_as_of;
pub use comparison::{CompareError, RowComparison, RowDifference, compare, digest};
pub use draft::Draft;
pub use fact::{Fact, FactKind, UnreadableRecord};
pub use folds::{Change, Fold, folds};
pub use follower::DIFFERENCES_KEPT_MAX;
pub use pass::{Pass, PassError};
pub use projector::Projector;
pub use rebuild::Rebuild;
pub use rebuild_error::{RebuildError, RebuildStartError};
pub use rebuild_progress::{ComparisonOutcome, RebuildPhase, RebuildProgress};
pub use statuses::{can_move, statuses};
pub use store_pause::{SoleWriter, StorePause};
pub use takeover::foreign_projections;
