//! How the process ends: every exit code and what it means.

pub(super) const DONE: u8 = 0;
pub(super) const FAILURE: u8 = 1;
pub(super) const USAGE: u8 = 2;
pub(super) const DAMAGE: u8 = 3;
pub(super) const REFUSED: u8 = 4;
pub(super) const NO_LEDGER: u8 = 10;
pub(super) const IN_USE: u8 = 11;
pub(super) const NEWER: u8 = 12;
/// What a shell, too, says of a command that ctrl-c ended.
pub(super) const INTERRUPTED: u8 = 130;

/// What each exit code means; the help and docs/cli.md print this table.
pub const EXIT_CODES: [(u8, &str); 9] = [
    (DONE, "done"),
    (FAILURE, "failure"),
    (USAGE, "wrong usage"),
    (DAMAGE, "damage or differences found"),
    (REFUSED, "refused deliveries under --strict"),
    (NO_LEDGER, "no ledger there"),
    (IN_USE, "ledger in use by another process"),
    (NEWER, "ledger written by a newer release"),
    (INTERRUPTED, "rebuild ended by a second ctrl-c"),
];

/// The table as the help prints it.
pub(super) fn in_words() -> String {
    let rows = EXIT_CODES.map(|(code, meaning)| format!("  {code:<4} {meaning}"));
    format!("Exit codes:\n{}", rows.join("\n"))
}
