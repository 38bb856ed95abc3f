//! Open files of packed segments: a ledger has more of them than a process may hold open.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use attempt_ledger_system::file_limit::file_limit;
use quick_cache::sync::Cache;

/// Files that are kept open, where the process may have many.
const FILES_MAX: usize = 256;
/// Elsewhere, the part of its files that these may be.
const LIMIT_PARTS: usize = 4;

/// How many packed segments are kept open at most.
#[must_use]
pub fn packed_files_max() -> usize {
    FILES_MAX.min(file_limit() / LIMIT_PARTS)
}

/// A bounded cache of open files; packed segments never change, so an open one is never stale.
#[derive(Debug)]
pub(super) struct OpenFiles(Cache<Arc<Path>, Arc<File>>);

impl OpenFiles {
    pub fn new() -> Self {
        Self(Cache::new(packed_files_max()))
    }

    pub fn get(&self, path: &Arc<Path>) -> io::Result<Arc<File>> {
        self.0.get_or_insert_with(path, || File::open(path).map(Arc::new))
    }
}
