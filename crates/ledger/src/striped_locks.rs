//! Locks for so many things that each has to share one with others.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

const STRIPES: usize = 256;

/// Whatever has equal bytes for its key follows each other.
pub(crate) struct StripedLocks {
    stripes: Vec<Arc<Mutex<()>>>,
}

impl Default for StripedLocks {
    fn default() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Arc::default()).collect() }
    }
}

impl StripedLocks {
    /// Takes the locks in ascending order, so that no two callers wait for each other.
    pub(crate) async fn lock(&self, keys: impl Iterator<Item = u8>) -> Vec<OwnedMutexGuard<()>> {
        let stripes: BTreeSet<usize> = keys.map(usize::from).collect();
        let mut guards = Vec::with_capacity(stripes.len());
        for stripe in stripes {
            guards.push(self.stripes[stripe].clone().lock_owned().await);
        }
        guards
    }
}
