//! Where the writer and the packer wait for each other.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use attempt_ledger_system::cancellation::CancellationToken;
use attempt_ledger_system::lock::take_over;

/// The state that both sides wait for.
#[derive(Debug, Default)]
struct GateState {
    /// A segment became full since the packer last looked.
    has_work: bool,
    is_stopping: bool,
    /// Why the last attempt to pack failed. While it is set nobody waits for the packer.
    failure: Option<String>,
    /// The packer is gone for good: nobody may wait for it again.
    has_ended: bool,
}

/// Why the packer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PackerTurn {
    Work,
    /// The pause is over.
    Pause,
    End,
}

/// A mutex held only to look at a few flags, never during I/O.
#[derive(Debug, Default)]
pub(super) struct PackerGate {
    state: Mutex<GateState>,
    changed: Condvar,
    /// Ends the segment at hand, too: a stop does not wait until 64 MB are compressed.
    stop: CancellationToken,
}

impl PackerGate {
    fn state(&self) -> MutexGuard<'_, GateState> {
        take_over(self.state.lock())
    }

    /// Wakes the packer: there may be a full segment.
    pub fn wake(&self) {
        let mut state = self.state();
        state.has_work = true;
        if !state.has_ended {
            state.failure = None;
        }
        self.changed.notify_all();
    }

    /// Asks the packer to end. What it has begun is begun again when the log is opened.
    pub fn stop(&self) {
        self.stop.cancel();
        self.state().is_stopping = true;
        self.changed.notify_all();
    }

    /// Cancelled when the packer shall end.
    pub fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }

    pub fn is_stopping(&self) -> bool {
        self.state().is_stopping
    }

    /// The packer waits for work, or until `pause` is over.
    pub fn wait_for_work(&self, pause: Duration) -> PackerTurn {
        let state = self.state();
        let must_wait = |state: &mut GateState| !state.has_work && !state.is_stopping;
        let mut state = take_over(self.changed.wait_timeout_while(state, pause, must_wait)).0;
        let has_work = std::mem::take(&mut state.has_work);
        match (state.is_stopping, has_work) {
            (true, _) => PackerTurn::End,
            (false, true) => PackerTurn::Work,
            (false, false) => PackerTurn::Pause,
        }
    }

    /// The packer reports how packing a segment went.
    pub fn report(&self, failure: Option<String>) {
        self.state().failure = failure;
        self.changed.notify_all();
    }

    /// Wakes threads that wait for what the packer does.
    pub fn note_progress(&self) {
        let _state = self.state();
        self.changed.notify_all();
    }

    /// The packer goes down.
    pub fn end(&self, failure: String) {
        let mut state = self.state();
        state.failure = Some(failure);
        state.has_ended = true;
        self.changed.notify_all();
    }

    /// Waits until `is_done`, the packer has failed, or it is stopping. Returns the failure.
    pub fn wait_until(&self, mut is_done: impl FnMut() -> bool) -> Option<String> {
        let state = self.state();
        let must_wait = |state: &mut GateState| !is_done() && state.failure.is_none() && !state.is_stopping;
        take_over(self.changed.wait_while(state, must_wait)).failure.clone()
    }
}
