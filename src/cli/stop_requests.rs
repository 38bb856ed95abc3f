//! Signals that ask the program to end, each counted.
//!
//! The handler writes a byte for each signal, so a second one counts from when the kernel has delivered the
//! first, however late the program looks. Until then the kernel itself keeps one of each number, and nobody
//! can count more.

use std::future::pending;
use std::os::unix::net::UnixStream as BlockingStream;

use anyhow::Context as _;
use signal_hook::low_level::pipe;
use tokio::net::UnixStream;

use super::CliError;

/// Signals, received from its making on.
pub(super) struct StopRequests(UnixStream);

impl StopRequests {
    /// Receives signals with these numbers, in the runtime that this is called in.
    pub(super) fn of(signals: &[i32]) -> Result<Self, CliError> {
        Ok(Self(receiver(signals).context("cannot listen for signals")?))
    }

    /// The next one. Nothing is lost when the caller stops waiting.
    pub(super) async fn next(&mut self) {
        while self.0.readable().await.is_ok() {
            if matches!(self.0.try_read(&mut [0]), Ok(1)) {
                return;
            }
        }
        // The handlers never close their ends.
        pending::<()>().await;
    }
}

fn receiver(signals: &[i32]) -> std::io::Result<UnixStream> {
    let (receiver, sender) = BlockingStream::pair()?;
    for signal in signals {
        pipe::register(*signal, sender.try_clone()?)?;
    }
    receiver.set_nonblocking(true)?;
    UnixStream::from_std(receiver)
}
