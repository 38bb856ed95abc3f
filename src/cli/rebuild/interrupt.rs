//! Ctrl-C during a rebuild: the first asks it to stop, the second ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{CliError, serve};

/// What a process that ctrl-c ended is known by.
const EXIT_INTERRUPTED: i32 = 130;

pub(super) struct Interrupt {
    asked: Arc<AtomicBool>,
    // Hears signals for as long as it lives.
    _runtime: Runtime,
}

impl Interrupt {
    pub(super) fn listen() -> Result<Self, CliError> {
        let runtime = serve::runtime()?;
        let asked = Arc::new(AtomicBool::new(false));
        let mut signals = {
            let _entered = runtime.enter();
            signal(SignalKind::interrupt()).context("cannot listen for signals")?
        };
        let heard = asked.clone();
        runtime.spawn(async move {
            while signals.recv().await.is_some() {
                if heard.swap(true, Ordering::Relaxed) {
                    std::process::exit(EXIT_INTERRUPTED);
                }
                anstream::eprintln!("stopping at the next step; a second ctrl-c stops at once");
            }
        });
        Ok(Self { asked, _runtime: runtime })
    }

    /// Set once somebody wants an end.
    pub(super) fn asked(&self) -> &AtomicBool {
        &self.asked
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}
