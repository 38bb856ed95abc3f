//! What was made of long attempts, for as long as there is memory for it.

use std::sync::Arc;
use std::time::Duration;

use attempt_ledger_domain::{AttemptId, Position};
use quick_cache::sync::{Cache, DefaultLifecycle, GuardResult};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use super::dossier::Dossier;

/// The memory for dossiers of long attempts, in bytes.
pub const DOSSIER_BYTES_MAX: usize = 48 * 1024 * 1024;
/// About how many dossiers there are at once.
const DOSSIERS_EXPECTED: usize = 64;

/// How long a question waits for another one that makes the same dossier, before it makes its own.
const PATIENCE: Duration = Duration::from_secs(5);

/// An attempt and the newest record that its dossier is made of.
pub(crate) type DossierKey = (AttemptId, Position);

#[derive(Clone)]
struct DossierWeighter;

impl Weighter<DossierKey, Arc<Dossier>> for DossierWeighter {
    fn weight(&self, _key: &DossierKey, dossier: &Arc<Dossier>) -> u64 {
        dossier.memory_bytes() as u64
    }
}

/// The least recently used dossiers leave first.
pub(crate) struct DossierCache(Cache<DossierKey, Arc<Dossier>, DossierWeighter>);

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

    /// A dossier that is kept and current; else one that is made, once for all who ask meanwhile.
    pub(crate) fn get_or_make<E>(
        &self,
        key: DossierKey,
        is_current: impl Fn(&Dossier) -> Result<bool, E>,
        make: impl FnOnce() -> Result<Option<Dossier>, E>,
    ) -> Result<Option<Arc<Dossier>>, E> {
        loop {
            match self.0.get_value_or_guard(&key, Some(PATIENCE)) {
                GuardResult::Value(kept) if is_current(&kept)? => return Ok(Some(kept)),
                GuardResult::Value(old) => drop(self.0.remove_if(&key, |kept| Arc::ptr_eq(kept, &old))),
                GuardResult::Guard(guard) => {
                    let made = make()?.map(Arc::new);
                    if let Some(made) = &made {
                        // Where somebody removed its place meanwhile, it is not kept.
                        let _ = guard.insert(made.clone());
                    }
                    return Ok(made);
                }
                GuardResult::Timeout => return Ok(make()?.map(Arc::new)),
            }
        }
    }
}
