//! Parses the command line and runs one command.

use std::process::ExitCode;

/// Requests allocate and free on different threads; the system's allocator spends a seventh of the time on
/// that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    attempt_ledger::cli::run()
}
