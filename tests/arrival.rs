//! A hook whose bytes have arrived is recorded, whatever its sender, its neighbours or the machine do.

mod file_handles;
mod large_answers;
mod long_attempts;
mod memory;
mod restarts;
mod senders;
