//! What the caches of a service may take.

use crate::ledger::LedgerOptions;
use crate::limits::MEMORY_BYTES_MAX;
use crate::log::INDEX_CACHE_BYTES;
use crate::projector::KEPT_DELIVERIES_MAX;
use crate::queries::DOSSIER_BYTES_MAX;
use crate::read_store::MODELS_CACHE_BYTES;

/// The sizes of the caches. Each cache is declared where it is kept, with the size that belongs to
/// [`MEMORY_BYTES_MAX`]; another budget makes all of them larger or smaller alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSizes {
    /// See [`LedgerOptions::cached_deliveries_max`].
    pub cached_deliveries_max: usize,
    /// See [`KEPT_DELIVERIES_MAX`].
    pub kept_deliveries_max: usize,
    /// See [`INDEX_CACHE_BYTES`].
    pub index_bytes: u64,
    /// See [`MODELS_CACHE_BYTES`].
    pub models_bytes: usize,
    /// See [`DOSSIER_BYTES_MAX`].
    pub dossier_bytes: usize,
}

impl CacheSizes {
    /// The sizes within a memory budget, in bytes.
    #[must_use]
    pub fn within(memory_bytes_max: usize) -> Self {
        let scaled = |size: u64| {
            let scaled = u128::from(size) * memory_bytes_max as u128 / MEMORY_BYTES_MAX as u128;
            u64::try_from(scaled).unwrap_or(u64::MAX)
        };
        let count = |size: usize| usize::try_from(scaled(size as u64)).unwrap_or(usize::MAX);
        Self {
            cached_deliveries_max: count(LedgerOptions::default().cached_deliveries_max),
            kept_deliveries_max: count(KEPT_DELIVERIES_MAX),
            index_bytes: scaled(INDEX_CACHE_BYTES),
            models_bytes: count(MODELS_CACHE_BYTES),
            dossier_bytes: count(DOSSIER_BYTES_MAX),
        }
    }
}

impl Default for CacheSizes {
    fn default() -> Self {
        Self::within(MEMORY_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_budget() {
        let (half, usual) = (CacheSizes::within(MEMORY_BYTES_MAX / 2), CacheSizes::default());
        assert_eq!(usual.cached_deliveries_max, LedgerOptions::default().cached_deliveries_max);
        assert_eq!(half.models_bytes, usual.models_bytes / 2);
        assert_eq!(half.index_bytes, usual.index_bytes / 2);
        assert_eq!(half.kept_deliveries_max, usual.kept_deliveries_max / 2);
    }
}
