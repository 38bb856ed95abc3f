//! The projector: reads the log in order and brings the read models forward.
//!
//! In reading order: [`Fact`] is one record as the folds need it; `attempts` knows what was delivered about each
//! attempt so far; `folds` says what a change means for each read model; `batch` makes one transaction out of
//! many records; `pass` folds batches, and stops a projection at the event that it fails on; `writing` gets them into
//! the store; `forward` does so for a whole store; `takeover` is what comes before the first batch; `following` keeps the
//! current store up with the log, for [`Projector`]; [`Rebuild`] builds a shadow, and [`compare`] tells how it differs.

mod attempts;
mod batch;
mod compare;
mod draft;
mod fact;
mod folds;
mod following;
mod forward;
mod live;
mod pass;
mod rebuild;
mod takeover;
mod writing;

pub use attempts::rows_as_of;
pub use compare::{CompareError, RowComparison, RowDifference, compare, digest};
pub use draft::Draft;
pub use fact::{Fact, FactKind, UnreadableRecord};
pub use folds::{Change, Fold, folds};
pub use following::DIFFERENCES_KEPT_MAX;
pub use forward::{bring_forward, can_move, statuses};
pub use live::{Projector, RebuildStartError};
pub use pass::{BATCH_RECORDS_MAX, Pass, PassError};
pub use rebuild::{
    ComparisonOutcome, Rebuild, RebuildError, RebuildPhase, RebuildProgress, SoleWriter, StorePause,
};
pub use takeover::foreign_projections;
