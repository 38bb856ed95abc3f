//! Why a file could not be written, and what to do about it.

use std::error::Error;
use std::io;

use thiserror::Error;

use super::format::FileFormat;

/// Why a file could not be written.
#[derive(Debug, Error)]
pub enum FileError {
    /// A separator that a CSV file cannot have.
    #[error(
        "`{given}` cannot separate the columns of a CSV file; choose a comma, a semicolon, a tab or a bar (|)"
    )]
    Separator {
        /// What was asked for.
        given: char,
    },
    /// A table without columns, or with two that have one name.
    #[error("the table `{table}` cannot be written: {problem}; give every column a name of its own")]
    Columns {
        /// The table's name.
        table: String,
        /// What is wrong with its columns.
        problem: String,
    },
    /// A table with more columns than an Excel file holds.
    #[error("an Excel file holds {limit} columns and the table has {found}; choose another format")]
    TooManyColumns {
        /// What it holds.
        limit: usize,
        /// What the table has.
        found: usize,
    },
    /// A row that has not one cell for each column.
    #[error(
        "row {row} has {found} cells and the table has {expected} columns; give one cell for each column"
    )]
    CellCount {
        /// Counted from 1.
        row: u64,
        /// Columns of the table.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// A cell that is not of its column's kind.
    #[error(
        "row {row} has {found} in the column `{column}`, which holds {expected}; convert it or write null"
    )]
    CellKind {
        /// Counted from 1.
        row: u64,
        /// The column's name.
        column: String,
        /// The kind of the column.
        expected: &'static str,
        /// The kind of the cell.
        found: &'static str,
    },
    /// The file's bytes were not taken.
    #[error(
        "the file could not be written: {0}; it is incomplete: see that there is space, then export again"
    )]
    Write(#[from] io::Error),
    /// The library for this format gave up, most often because the file's bytes were not taken.
    #[error("the {} file could not be written: {cause}; it is incomplete: see that there is space, then \
             export again, or choose the format csv", format.name())]
    Encode {
        /// The format of the file.
        format: FileFormat,
        /// What the library said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// Rows of an Excel file wait in the directory for temporary files, and it did not take them.
    #[error(
        "the directory for temporary files ({directory}) did not take the rows of the xlsx file: {problem}; \
             make space there, or set TMPDIR to another directory, or choose the format csv, which needs none"
    )]
    Temporary {
        /// Where the rows wait.
        directory: String,
        /// What went wrong.
        problem: String,
    },
}
