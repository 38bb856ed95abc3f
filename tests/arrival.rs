//! A hook whose bytes have arrived is recorded, whatever its sender, its neighbours or the machine do.

mod memory;
mod restarts;
mod senders;
