//! What is known to be wrong, by rule. A number may only go down, and goes with its line when it is 0.

/// Groups of files that need each other.
pub const CIRCLES: usize = 22;
/// Words in comments that could be plainer.
pub const CROOKED_WORDS: usize = 131;
/// Public limits that are beside their use.
pub const LIMITS_ELSEWHERE: usize = 4;
/// Lines with more columns than the format has.
pub const LONG_LINES: usize = 216;
/// Names of types that are taken more than once.
pub const NAMES_TAKEN_AGAIN: usize = 29;
/// Files that are called by a participle.
pub const NO_NOUNS: usize = 10;
/// Modules in the other style.
pub const OTHER_STYLE: usize = 6;
/// Paths in documents that lead nowhere.
pub const PATHS_TO_NOWHERE: usize = 4;
