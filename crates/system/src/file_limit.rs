//! How many files the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit on open files as far as the process may: every connection takes one. Processes that it
/// starts inherit the limit.
///
/// Where it cannot be raised it stays as it is; who runs out of files says so.
pub fn raise_file_limit() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
