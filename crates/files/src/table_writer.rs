//! What every format does: takes rows, and finishes the file.

use super::error::FileError;
use super::table::Cell;

/// What a finished file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileSummary {
    /// Rows, without the header.
    pub rows: u64,
    /// Texts that were cut and say so at their end, because Excel holds no longer ones in a cell.
    pub shortened: u64,
}

/// Writes one table to one file.
pub trait TableWriter {
    /// Writes the next row: one cell for each column, each null or of its column's kind.
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), FileError>;

    /// Writes what is left and flushes the file; without this the file is incomplete.
    fn finish(self: Box<Self>) -> Result<FileSummary, FileError>;
}
