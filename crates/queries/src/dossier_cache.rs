//! What was made of long attempts, for as long as there is memory for it.

use std::sync::Arc;

use attempt_ledger_domain::AttemptId;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use super::dossier::Dossier;

/// The memory for dossiers of long attempts, in bytes.
pub const DOSSIER_BYTES_MAX: usize = 48 * 1024 * 1024;
/// About how many dossiers there are at once.
const DOSSIERS_EXPECTED: usize = 64;

#[derive(Clone)]
struct DossierWeighter;

impl Weighter<AttemptId, Arc<Dossier>> for DossierWeighter {
    fn weight(&self, _attempt_id: &AttemptId, dossier: &Arc<Dossier>) -> u64 {
        dossier.memory_bytes() as u64
    }
}

/// One dossier for each attempt; the least recently used ones leave first.
pub(crate) struct DossierCache(Cache<AttemptId, Arc<Dossier>, DossierWeighter>);

impl DossierCache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        let options = OptionsBuilder::new()
            .estimated_items_capacity(DOSSIERS_EXPECTED)
            .weight_capacity(bytes_max as u64)
            // A dossier may take all of the memory.
            .shards(1)
            .build()
            .expect("both sizes are set");
        let lifecycle = DefaultLifecycle::default();
        Self(Cache::with_options(options, DossierWeighter, DefaultHashBuilder::default(), lifecycle))
    }

    pub(crate) fn get(&self, attempt_id: AttemptId) -> Option<Arc<Dossier>> {
        self.0.get(&attempt_id)
    }

    pub(crate) fn put(&self, attempt_id: AttemptId, dossier: Arc<Dossier>) {
        self.0.insert(attempt_id, dossier);
    }
}
