//! Tables for other programs, written row by row: CSV, NDJSON, Parquet and Excel.
//!
//! [`open`] gives a [`TableWriter`]; give it every row, then [`TableWriter::finish`]. No writer keeps a whole
//! table in memory. A writer that is dropped without `finish`, or that has answered an error, leaves an
//! incomplete file, and a CSV or NDJSON file does not show it: write to a temporary name and rename it after
//! `finish`.
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
//! | time | `2026-11-23T05:00:00.123Z` | ms since 1970 UTC | `TIMESTAMP(MILLIS, UTC)` | date in UTC |
//! | duration | milliseconds | milliseconds | `INT64`, milliseconds | milliseconds |
//!
//! A real that is not finite is null everywhere, because JSON and Excel have no number for it.
//!
//! **Formulas.** A spreadsheet that opens a CSV file runs a text that looks like a formula, and callers
//! choose such texts. CSV therefore puts an apostrophe before them, telephone numbers such as `+380501234567`
//! included: it stays visible in the cell. NDJSON, Parquet and Excel files carry the exact text.

mod checked_writer;
mod csv;
mod error;
mod format;
mod guard;
mod ndjson;
mod parquet;
mod table;
mod table_writer;
mod time;
mod xlsx;

pub use checked_writer::open;
pub use error::FileError;
pub use format::{
    CsvOptions, DecimalMark, FileFormat, FileOptions, ROWS_PER_GROUP_DEFAULT, ROWS_PER_SHEET_LIMIT,
    UnknownFormat,
};
pub use parquet::parquet_row_count;
pub use table::{Cell, Column, ColumnKind, Table};
pub use table_writer::{FileSummary, TableWriter};
