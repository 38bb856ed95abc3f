//! What a file of a list looks like: the columns of its rows, and one for each variable that is declared.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use attempt_ledger_projections::AttemptRow;
use attempt_ledger_projections::table::TableRow;

use super::row::{cells_of, table_of};
use crate::files::{Cell, Column, ColumnKind, Table};

/// A row's cells in the order of the columns.
type Cells<R> = dyn for<'r> Fn(&'r R) -> Vec<Cell<'r>> + Send;

/// The table of a file, and how a row fills it.
pub struct FileShape<R> {
    pub table: Table,
    pub cells: Box<Cells<R>>,
}

impl<R: TableRow> FileShape<R> {
    /// A column for each of the rows' columns.
    pub fn of_rows() -> Self {
        Self { table: table_of::<R>(), cells: Box::new(cells_of) }
    }
}

impl FileShape<AttemptRow> {
    /// With a column for each of these variables, which answers show as one object: a cell of Excel holds
    /// less than an object can be long, and people filter and group by columns.
    pub fn with_variables(names: BTreeSet<String>, prefix: &str) -> Self {
        let mut table = table_of::<AttemptRow>();
        let columns = names_in_files(&names, prefix).into_iter();
        table.columns.extend(columns.map(|name| Column::new(name, ColumnKind::Text)));
        Self { table, cells: Box::new(move |row| cells_with(row, &names)) }
    }
}

/// A row's cells and those of its variables of these names.
fn cells_with<'r>(row: &'r AttemptRow, names: &BTreeSet<String>) -> Vec<Cell<'r>> {
    let text = |name: &String| row.variables.as_ref().and_then(|variables| variables.0.get(name));
    let mut cells = cells_of(row);
    cells.extend(names.iter().map(|name| text(name).map_or(Cell::Null, |text| Cell::from(text.as_str()))));
    cells
}

/// The names of the columns. Of names that differ in case only, which most programs hold for one, the later
/// ones have a number.
fn names_in_files(names: &BTreeSet<String>, prefix: &str) -> Vec<Cow<'static, str>> {
    let mut taken = HashSet::new();
    let mut free = |name: &String| {
        let plain = format!("{prefix}{name}");
        let numbered = (2..).map(|number| format!("{plain} ({number})"));
        let mut all = std::iter::once(plain.clone()).chain(numbered);
        all.find(|name| taken.insert(name.to_lowercase())).expect("there is no last number")
    };
    names.iter().map(|name| Cow::Owned(free(name))).collect()
}
