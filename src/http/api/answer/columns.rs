//! Tables whose columns are functions of a row.

use std::borrow::Cow;

use attempt_ledger_domain::UnixMillis;

use crate::files::{Cell, Column, ColumnKind, Table};

/// A column: its name, what its cells are, and how a row fills it.
pub type RowColumn<R> = (&'static str, ColumnKind, for<'r> fn(&'r R) -> Cell<'r>);

/// The table with these columns.
pub fn table<R>(name: &'static str, columns: &[RowColumn<R>]) -> Table {
    let columns = columns.iter().map(|(name, kind, _)| Column::new(*name, *kind)).collect();
    Table { name: Cow::Borrowed(name), columns }
}

/// A row's cells.
pub fn cells<'r, R>(columns: &[RowColumn<R>], row: &'r R) -> Vec<Cell<'r>> {
    columns.iter().map(|(_, _, cell)| cell(row)).collect()
}

/// A number.
pub fn number(number: impl Into<i64>) -> Cell<'static> {
    Cell::Integer(number.into())
}

/// A number that may not be known.
pub fn known_number(number: Option<i64>) -> Cell<'static> {
    number.map_or(Cell::Null, Cell::Integer)
}

/// A text that may not be known.
pub fn text<'r>(text: impl Into<Option<&'r str>>) -> Cell<'r> {
    text.into().map_or(Cell::Null, Cell::from)
}

/// A time that may not be known.
pub fn time(at: impl Into<Option<UnixMillis>>) -> Cell<'static> {
    at.into().map_or(Cell::Null, |at| Cell::Time(at.0))
}

/// A duration that may not be known.
pub fn duration(duration_ms: impl Into<Option<u64>>) -> Cell<'static> {
    duration_ms.into().map_or(Cell::Null, |ms| Cell::Duration(i64::try_from(ms).unwrap_or(i64::MAX)))
}
