//! A hook whose bytes have arrived is recorded, whatever its sender, its neighbours or the machine do.

mod long_attempts;
mod memory;
mod restarts;
mod senders;
