//! Ctrl-C during a rebuild: the first asks it to stop, the second ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use tokio::runtime::Runtime;

use crate::cli::stop_requests::StopRequests;
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
        let mut stop_requests = {
            let _entered = runtime.enter();
            StopRequests::of(&[SIGINT])?
        };
        let seen = requested.clone();
        runtime.spawn(async move {
            loop {
                stop_requests.next().await;
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
