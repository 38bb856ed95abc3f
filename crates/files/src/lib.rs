//! Tables for other programs, written row by row: CSV, NDJSON, Parquet and Excel.
//!
//! [`open`] gives a [`TableWriter`]; give it every row, then [`TableWriter::finish`]. No writer keeps a whole table in
//! memory. A writer that is dropped without `finish`, or that has answered an error, leaves an incomplete file, and
//! a CSV or NDJSON file does not show it: write to a temporary name and rename it after `finish`.
//!
//! What becomes of a value:
//!
//! | kind | CSV | NDJSON | Parquet | Excel |
//! | --- | --- | --- | --- | --- |
//! | null | nothing | `null` | null | no cell |
//! | text | guarded against formulas; empty text is `""` | exact | `STRING` | text, never a formula |
//! | integer | digits | exact | `INT64` | number; as text beyond 2^53 |
//! | real | shortest exact digits | the same | `DOUBLE` | number |
//! | boolean | `true`, `false` | the same | `BOOLEAN` | `TRUE`, `FALSE` |
//! | time | `2026-11-23T05:00:00.123Z` | milliseconds since 1970 UTC | `TIMESTAMP(MILLIS, UTC)` | date in UTC |
//! | duration | milliseconds | milliseconds | `INT64`, milliseconds | milliseconds |
//!
//! A real that is not finite is null everywhere, because JSON and Excel have no number for it.
//!
//! **Formulas.** A spreadsheet that opens a CSV file runs a text that looks like a formula, and callers choose such
//! texts. CSV therefore puts an apostrophe before them, telephone numbers such as `+380501234567` included: it stays
//! visible in the cell. NDJSON, Parquet and Excel files carry the exact text.

use std::io::Write;

mod csv;
mod error;
mod format;
mod guard;
mod ndjson;
mod parquet;
mod table;
mod time;
mod xlsx;

pub use error::FileError;
pub use format::{CsvOptions, FileFormat, FileOptions, ROWS_PER_GROUP_DEFAULT, ROWS_PER_SHEET_LIMIT};
pub use parquet::parquet_row_count;
pub use table::{Cell, Column, ColumnKind, Table};

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

/// Begins a file. Writers of CSV and NDJSON gather small writes themselves, so `out` needs no buffer.
///
/// An Excel file is gathered in the directory for temporary files and comes to `out` within
/// [`TableWriter::finish`]; the others come as they are written.
pub fn open(
    format: FileFormat,
    table: Table,
    options: &FileOptions,
    out: Box<dyn Write + Send>,
) -> Result<Box<dyn TableWriter + Send>, FileError> {
    table.check()?;
    let inner: Box<dyn TableWriter + Send> = match format {
        FileFormat::Csv => Box::new(csv::CsvWriter::begin(&table, &options.csv, out)?),
        FileFormat::Ndjson => Box::new(ndjson::NdjsonWriter::begin(&table, out)?),
        FileFormat::Parquet => Box::new(parquet::ParquetWriter::begin(&table, options.rows_per_group, out)?),
        FileFormat::Xlsx => Box::new(xlsx::XlsxWriter::begin(&table, options.rows_per_sheet, out)?),
    };
    Ok(Box::new(Checked { table, rows: 0, inner }))
}

/// Lets only rows through that fit the table, so that no format has to ask.
struct Checked {
    table: Table,
    rows: u64,
    inner: Box<dyn TableWriter + Send>,
}

impl TableWriter for Checked {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), FileError> {
        self.table.check_row(self.rows + 1, cells)?;
        self.inner.row(cells)?;
        self.rows += 1;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<FileSummary, FileError> {
        self.inner.finish()
    }
}
