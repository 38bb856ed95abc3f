//! What a table is: its name, its columns, and the cells of a row.

use std::borrow::Cow;
use std::collections::HashSet;

use super::error::FileError;

/// What the cells of a column are; every cell may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Any text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A number with a fraction.
    Real,
    /// True or false.
    Boolean,
    /// An instant, in milliseconds since 1970 UTC.
    Time,
    /// A length of time in milliseconds; such columns are named `…_ms`.
    Duration,
}

impl ColumnKind {
    /// For messages: what a column of this kind holds.
    const fn noun(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "an integer",
            Self::Real => "a real number",
            Self::Boolean => "a boolean",
            Self::Time => "a time",
            Self::Duration => "a duration",
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name in the header.
    pub name: Cow<'static, str>,
    /// What its cells are.
    pub kind: ColumnKind,
}

impl Column {
    /// A column of this name and kind.
    pub fn new(name: impl Into<Cow<'static, str>>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing is known.
    Null,
    /// For [`ColumnKind::Text`].
    Text(Cow<'a, str>),
    /// For [`ColumnKind::Integer`].
    Integer(i64),
    /// For [`ColumnKind::Real`].
    Real(f64),
    /// For [`ColumnKind::Boolean`].
    Boolean(bool),
    /// For [`ColumnKind::Time`].
    Time(i64),
    /// For [`ColumnKind::Duration`].
    Duration(i64),
}

impl Cell<'_> {
    /// The kind of column that this cell belongs in; null belongs in every one.
    const fn kind(&self) -> Option<ColumnKind> {
        match self {
            Self::Null => None,
            Self::Text(_) => Some(ColumnKind::Text),
            Self::Integer(_) => Some(ColumnKind::Integer),
            Self::Real(_) => Some(ColumnKind::Real),
            Self::Boolean(_) => Some(ColumnKind::Boolean),
            Self::Time(_) => Some(ColumnKind::Time),
            Self::Duration(_) => Some(ColumnKind::Duration),
        }
    }

    /// Whether the file gets null: a real that is not finite has no number in most formats.
    pub(super) fn is_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Real(number) => !number.is_finite(),
            _ => false,
        }
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// A table's name and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Names the sheets of an Excel file.
    pub name: Cow<'static, str>,
    /// In the order of the file.
    pub columns: Vec<Column>,
}

impl Table {
    /// Programs that read the files hold names that differ only in case for one name, so we do too.
    pub(super) fn check(&self) -> Result<(), FileError> {
        let refuse = |problem| Err(FileError::Columns { table: self.name.to_string(), problem });
        if self.columns.is_empty() {
            return refuse("it has no columns".to_owned());
        }
        let mut seen = HashSet::new();
        for column in &self.columns {
            if column.name.trim().is_empty() {
                return refuse("a column has no name".to_owned());
            }
            if !seen.insert(column.name.to_lowercase()) {
                return refuse(format!("two columns are called `{}`", column.name));
            }
        }
        Ok(())
    }

    /// `row` is counted from 1.
    pub(super) fn check_row(&self, row: u64, cells: &[Cell<'_>]) -> Result<(), FileError> {
        if cells.len() != self.columns.len() {
            return Err(FileError::CellCount { row, expected: self.columns.len(), found: cells.len() });
        }
        for (column, cell) in self.columns.iter().zip(cells) {
            if let Some(found) = cell.kind()
                && found != column.kind
            {
                return Err(FileError::CellKind {
                    row,
                    column: column.name.to_string(),
                    expected: column.kind.noun(),
                    found: found.noun(),
                });
            }
        }
        Ok(())
    }
}
