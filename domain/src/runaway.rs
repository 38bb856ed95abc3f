//! Attempts that have far more deliveries than any call can have.

/// The most records that an ordinary attempt has: events, refused deliveries and decisions about those. One
/// that has more is `runaway`: most probably a constant stands where the attempt's number should. It is
/// recorded like any other, shown in pages, and folded apart from the others.
pub const ORDINARY_RECORDS_MAX: usize = 4_096;

/// The flag of an attempt with more than [`ORDINARY_RECORDS_MAX`] records.
pub const RUNAWAY: &str = "runaway";

/// How many of its first events the guard remembers of each attempt, however long it is. They say how it
/// began, and hardly any call has more.
pub const FIRST_EVENTS_KEPT: u32 = 16;
