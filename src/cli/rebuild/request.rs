//! What to rebuild.

use crate::read_store::Projection;

pub(super) struct RebuildRequest {
    /// In the order in which read models are kept.
    pub(super) projections: Vec<Projection>,
    /// Whether the new read models replace the old ones; otherwise they are compared only.
    pub(super) swap: bool,
}
