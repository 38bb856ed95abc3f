//! What is known to be wrong, by rule. A number may only go down, and goes with its line when it is 0.

/// Groups of files that need each other.
pub const CIRCLES: usize = 1;
/// Words in comments that could be plainer.
pub const CROOKED_WORDS: usize = 13;
/// Lines with more columns than the format has.
pub const LONG_LINES: usize = 93;
/// Names of types that are taken more than once.
pub const NAMES_TAKEN_AGAIN: usize = 4;
