//! Ctrl-C during a rebuild: the first asks it to stop, the second ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{CliError, exit, serve};

pub(super) struct Interrupt {
    requested: Arc<AtomicBool>,
    // Receives signals for as long as it lives.
    _runtime: Runtime,
}

impl Interrupt {
    pub(super) fn listen() -> Result<Self, CliError> {
        let runtime = serve::runtime()?;
        let requested = Arc::new(AtomicBool::new(false));
        let mut signals = {
            let _entered = runtime.enter();
            signal(SignalKind::interrupt()).context("cannot listen for signals")?
        };
        let seen = requested.clone();
        runtime.spawn(async move {
            while signals.recv().await.is_some() {
                if seen.swap(true, Ordering::Relaxed) {
                    std::process::exit(exit::INTERRUPTED.into());
                }
                anstream::eprintln!("stopping at the next step; a second ctrl-c stops at once");
            }
        });
        Ok(Self { requested, _runtime: runtime })
    }

    /// Set once the user wants an end.
    pub(super) fn requested(&self) -> &AtomicBool {
        &self.requested
    }

    pub(super) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }
}
