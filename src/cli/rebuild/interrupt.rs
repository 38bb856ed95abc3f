//! Ctrl-C during a rebuild: the first asks it to stop, the second ends the process.

use attempt_ledger_system::cancellation::CancellationToken;
use signal_hook::consts::SIGINT;
use tokio::runtime::Runtime;

use crate::cli::stop_requests::StopRequests;
use crate::cli::{CliError, exit, serve};

pub(super) struct Interrupt {
    requested: CancellationToken,
    // Receives signals for as long as it lives.
    _runtime: Runtime,
}

impl Interrupt {
    pub(super) fn listen() -> Result<Self, CliError> {
        let runtime = serve::runtime()?;
        let requested = CancellationToken::new();
        let mut stop_requests = {
            let _entered = runtime.enter();
            StopRequests::of(&[SIGINT])?
        };
        let seen = requested.clone();
        runtime.spawn(async move {
            loop {
                stop_requests.next().await;
                if seen.is_cancelled() {
                    std::process::exit(exit::INTERRUPTED.into());
                }
                seen.cancel();
                anstream::eprintln!("stopping at the next step; a second ctrl-c stops at once");
            }
        });
        Ok(Self { requested, _runtime: runtime })
    }

    /// Cancelled once the user wants an end.
    pub(super) fn requested(&self) -> &CancellationToken {
        &self.requested
    }

    pub(super) fn is_requested(&self) -> bool {
        self.requested.is_cancelled()
    }
}
