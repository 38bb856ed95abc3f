//! Pausing the current store while a shadow takes its place.

use crate::rebuild_error::RebuildError;

/// Pauses whatever brings the current store forward.
pub trait StorePause {
    /// Runs `work` while nothing brings the current store forward.
    fn while_paused(&self, work: &mut dyn FnMut() -> Result<(), RebuildError>) -> Result<(), RebuildError>;
}

/// For a store that nobody else brings forward.
pub struct SoleWriter;

impl StorePause for SoleWriter {
    fn while_paused(&self, work: &mut dyn FnMut() -> Result<(), RebuildError>) -> Result<(), RebuildError> {
        work()
    }
}
