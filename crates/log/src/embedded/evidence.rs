//! What knows of records that a log does not hold.

use std::fmt;
use std::path::PathBuf;

use attempt_ledger_domain::Position;

/// Something beside a log that was derived from it, or was written when it was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// What it is, with its file; in the plural where it has a position.
    pub name: String,
    /// The last position that it has seen; `None` where it only knows that there was a log.
    pub position: Option<Position>,
}

/// A log that ends before what was seen of it: it was cut back, emptied, or is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The log's directory.
    pub log: PathBuf,
    /// Where it ends.
    pub head: Position,
    /// What knows more.
    pub witnesses: Vec<Witness>,
}

impl fmt::Display for Witness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, position } = self;
        match position {
            Some(position) => write!(formatter, "{name} contain position {position}"),
            None => write!(formatter, "{name}"),
        }
    }
}

impl Evidence {
    /// What is wrong.
    #[must_use]
    pub fn reason(&self) -> String {
        let log = self.log.display();
        let witnesses: String = self.witnesses.iter().map(|witness| format!("{witness}; ")).collect();
        let what =
            if self.head == Position(0) { "is empty or missing" } else { "was cut back, or is another one" };
        format!("{witnesses}the log ends at position {}: {log} {what}", self.head)
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        format!(
            "restore {} from a backup; to go on with it as it is, `attempt-ledger serve \
             --keep-old-models-aside` renames what knows more and deletes nothing",
            self.log.display()
        )
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; hint: {}", self.reason(), self.hint())
    }
}
