//! A column, and the row of a table that has such columns.

use super::value::{StoredValue, ValueKind};

/// A column of a table whose rows are `R`.
#[derive(Debug)]
pub struct TableColumn<R> {
    /// The name in the table, in answers and in files.
    pub name: &'static str,
    /// What its values are.
    pub kind: ValueKind,
    /// Whether a value may be absent: NULL in the table, left out of answers, an empty cell in files.
    pub is_optional: bool,
    /// The schema, as the migrations count it, that added the column.
    pub since: u32,
    /// What the column says, for the document of the tables.
    pub meaning: &'static str,
    /// What the description of the API says about it; many names need no word.
    pub description: Option<&'static str>,
    /// Reads the value off a row.
    pub value: for<'r> fn(&'r R) -> Option<StoredValue<'r>>,
}

/// A row of one table.
pub trait TableRow: Sized + 'static {
    /// The table.
    const TABLE: &'static str;
    /// Every column, in the order of the table.
    const COLUMNS: &'static [TableColumn<Self>];
    /// The names of the columns, with commas between.
    const COLUMN_NAMES: &'static str;

    /// Reads a row from its values, which `next` returns one after the other.
    ///
    /// # Errors
    /// A reason with the column's name, for a value that no row has.
    fn read<'v>(next: impl FnMut() -> Result<Option<StoredValue<'v>>, String>) -> Result<Self, String>;
}

/// The schema that added the newest column of a table.
#[must_use]
pub const fn newest_column<R: TableRow>() -> u32 {
    let (mut newest, mut index) = (0, 0);
    while index < R::COLUMNS.len() {
        if R::COLUMNS[index].since > newest {
            newest = R::COLUMNS[index].since;
        }
        index += 1;
    }
    newest
}

/// The only text of at most one.
pub(crate) const fn first(texts: &[&'static str]) -> Option<&'static str> {
    match texts {
        [] => None,
        [text, ..] => Some(text),
    }
}
