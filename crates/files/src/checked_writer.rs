//! Begins a file, and lets only rows through that fit its table.

use std::io::Write;

use super::csv::CsvWriter;
use super::error::FileError;
use super::format::{FileFormat, FileOptions};
use super::ndjson::NdjsonWriter;
use super::parquet::ParquetWriter;
use super::table::{Cell, Table};
use super::table_writer::{FileSummary, TableWriter};
use super::xlsx::XlsxWriter;

/// Begins a file. Writers of CSV and NDJSON gather small writes themselves, so `out` needs no buffer.
///
/// An Excel file is gathered in the directory for temporary files and written to `out` within
/// [`TableWriter::finish`]; the others are written row by row.
pub fn open(
    format: FileFormat,
    table: Table,
    options: &FileOptions,
    out: Box<dyn Write + Send>,
) -> Result<Box<dyn TableWriter + Send>, FileError> {
    table.check()?;
    let inner: Box<dyn TableWriter + Send> = match format {
        FileFormat::Csv => Box::new(CsvWriter::begin(&table, &options.csv, out)?),
        FileFormat::Ndjson => Box::new(NdjsonWriter::begin(&table, out)?),
        FileFormat::Parquet => Box::new(ParquetWriter::begin(&table, options.rows_per_group, out)?),
        FileFormat::Xlsx => Box::new(XlsxWriter::begin(&table, options.rows_per_sheet, out)?),
    };
    Ok(Box::new(CheckedWriter { table, rows: 0, inner }))
}

/// Checks each row against the table, so that no format has to.
struct CheckedWriter {
    table: Table,
    rows: u64,
    inner: Box<dyn TableWriter + Send>,
}

impl TableWriter for CheckedWriter {
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
