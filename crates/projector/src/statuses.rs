//! Where the projections of a store stand, and which of them can move.

use attempt_ledger_read_store::{ProjectionStatus, ReadStore, StoreError};

/// Whether the program can bring a projection forward: it has not stopped, and this program's fold filled it.
#[must_use]
pub fn can_move(status: &ProjectionStatus) -> bool {
    status.failure.is_none() && status.version == status.projection.version()
}

/// Where each projection of a store stands.
///
/// # Errors
/// [`StoreError`] when the store cannot be read.
pub fn statuses(store: &dyn ReadStore) -> Result<Vec<ProjectionStatus>, StoreError> {
    store.reader()?.statuses()
}
