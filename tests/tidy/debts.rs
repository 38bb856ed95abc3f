//! What is known to be wrong, by rule. A number may only go down, and goes with its line when it is 0.

/// Lines with more columns than the format has.
pub const LONG_LINES: usize = 67;
