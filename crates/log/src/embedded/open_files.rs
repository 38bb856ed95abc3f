//! Open files of packed segments: a ledger has more of them than a process may hold open.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use quick_cache::sync::Cache;

/// Files that are kept open. Well below the usual limit of 1,024 for a process.
const FILES_MAX: usize = 256;

/// A bounded cache of open files; packed segments never change, so an open one is never stale.
#[derive(Debug)]
pub(super) struct OpenFiles(Cache<Arc<Path>, Arc<File>>);

impl OpenFiles {
    pub fn new() -> Self {
        Self(Cache::new(FILES_MAX))
    }

    pub fn get(&self, path: &Arc<Path>) -> io::Result<Arc<File>> {
        self.0.get_or_insert_with(path, || File::open(path).map(Arc::new))
    }
}
