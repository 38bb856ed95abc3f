//! Rows as a database answers with them, and how they are read.

use std::borrow::Cow;

use attempt_ledger_projections::table::{ColumnType, StoredValue, TableRow};

use crate::store_error::StoreError;

/// One cell of an answer.
pub(crate) enum SqlCell<'r> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'r, str>),
    Bytes(&'r [u8]),
}

/// One row of an answer.
pub(crate) trait SqlRow {
    /// How many cells it has.
    fn width(&self) -> usize;

    /// The name of a column; empty where the answer gives it none.
    fn column(&self, index: usize) -> &str;

    /// A cell.
    ///
    /// # Errors
    /// A reason, for a value that no store of ours writes.
    fn cell(&self, index: usize) -> Result<SqlCell<'_>, String>;
}

/// Reads the cells of one row, in order.
pub(super) struct CellReader<'r> {
    row: &'r dyn SqlRow,
    table: &'static str,
    next: usize,
}

impl<'r> CellReader<'r> {
    pub(super) fn of(row: &'r dyn SqlRow, table: &'static str) -> Self {
        Self { row, table, next: 0 }
    }

    fn take(&mut self) -> Result<SqlCell<'r>, String> {
        let index = self.next;
        self.next += 1;
        self.row.cell(index)
    }

    fn stored(&mut self) -> Result<Option<StoredValue<'r>>, String> {
        Ok(match self.take()? {
            SqlCell::Null => None,
            SqlCell::Integer(number) => Some(StoredValue::Integer(number)),
            SqlCell::Real(number) => Some(StoredValue::Real(number)),
            SqlCell::Text(text) => Some(StoredValue::Text(text)),
            SqlCell::Bytes(_) => return Err("bytes are no value".to_owned()),
        })
    }

    /// The next value.
    pub(super) fn value<T: ColumnType>(&mut self) -> Result<T, StoreError> {
        let stored = self.stored();
        stored.and_then(T::of_stored).map_err(|reason| self.fault(reason))
    }

    /// The next cell, which holds bytes.
    pub(super) fn bytes(&mut self) -> Result<&'r [u8], StoreError> {
        match self.take() {
            Ok(SqlCell::Bytes(bytes)) => Ok(bytes),
            Ok(_) => Err(self.fault("a cell holds no bytes".to_owned())),
            Err(reason) => Err(self.fault(reason)),
        }
    }

    pub(super) fn fault(&self, reason: String) -> StoreError {
        StoreError::Row { table: self.table, reason }
    }
}

/// Reads a row of one of our tables, whose columns were asked for in their order.
pub(super) fn table_row<R: TableRow>(row: &dyn SqlRow) -> Result<R, StoreError> {
    let mut cells = CellReader::of(row, R::TABLE);
    R::read(|| cells.stored()).map_err(|reason| StoreError::Row { table: R::TABLE, reason })
}
