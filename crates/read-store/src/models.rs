//! Where the current read models are, and where new ones are built beside them.

use std::fs::File;
use std::sync::Arc;

use crate::port::ReadStore;
use crate::projection::Projection;
use crate::store_error::StoreError;

/// The store in use and, during a rebuild, its shadow.
pub trait Models: Send + Sync + 'static {
    /// The store that answers questions. After [`Models::swap`] this is another one; readers that were
    /// begun before keep what they look at.
    fn current(&self) -> Arc<dyn ReadStore>;

    /// Takes the lead unless another process has it: only one process at a time may write to a store that
    /// several share. Whether this process has it now.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be reached.
    fn lead(&self) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// The store in which `projections` are built again: the one that an interrupted rebuild of the same
    /// projections left, else a new one in which they are empty and all others are as they are now.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be made.
    fn shadow(&self, projections: &[Projection]) -> Result<Arc<dyn ReadStore>, StoreError>;

    /// Makes the shadow the current store, durably. Everything written to it is on disk before.
    ///
    /// # Errors
    /// [`StoreError`]; then the current store is still the old one.
    fn swap(&self) -> Result<(), StoreError>;

    /// A copy of the current store as of one moment, as one SQLite file without a name, which goes when it is
    /// closed; `None` where the store is no file.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    fn snapshot(&self) -> Result<Option<File>, StoreError> {
        Ok(None)
    }

    /// Throws the shadow away, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be removed.
    fn discard_shadow(&self) -> Result<(), StoreError>;
}
