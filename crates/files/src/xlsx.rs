//! Excel files, whose rows wait in a temporary file.
//!
//! The library is used in its constant-memory mode: a row goes to a temporary file as soon as the next one
//! begins, and `finish` compresses that file into the result.

use std::borrow::Cow;
use std::env;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::error::FileError;
use super::format::{FileFormat, ROWS_PER_SHEET_LIMIT};
use super::table::{Cell, Column, ColumnKind, Table};
use super::table_writer::{FileSummary, TableWriter};
use super::time;

const MILLIS_PER_DAY: f64 = 86_400_000.0;
/// 1970-01-01 as Excel counts days.
const UNIX_EPOCH_DAYS: f64 = 25_569.0;
/// 1900-03-01: before it Excel counts a day that never was.
const FIRST_DATE_MS: i64 = -2_203_891_200_000;
/// 9999-12-31T23:59:59.999, the last instant of Excel.
const LAST_DATE_MS: i64 = 253_402_300_799_999;
/// Excel's numbers are doubles: up to here each integer has its own.
const EXACT_INTEGER_LIMIT: i64 = 1 << 53;
const COLUMNS_LIMIT: usize = 16_384;
/// UTF-16 units in one cell.
const TEXT_UNITS_LIMIT: usize = 32_767;
const CUT_MARK: &str = " … [cut: Excel holds no longer text; export as csv, ndjson or parquet]";
const SHEET_NAME_UNITS_LIMIT: usize = 31;

pub struct XlsxWriter {
    workbook: Workbook,
    out: Box<dyn Write + Send>,
    name: String,
    columns: Vec<Column>,
    date: Format,
    header: Format,
    rows_per_sheet: u32,
    sheets: usize,
    rows_on_sheet: u32,
    written: FileSummary,
}

impl XlsxWriter {
    pub fn begin(table: &Table, rows_per_sheet: u32, out: Box<dyn Write + Send>) -> Result<Self, FileError> {
        if table.columns.len() > COLUMNS_LIMIT {
            return Err(FileError::TooManyColumns { limit: COLUMNS_LIMIT, found: table.columns.len() });
        }
        let mut workbook = Workbook::new();
        workbook.use_zip_large_file(true);
        // Otherwise the library asks the clock, and the same rows would not give the same file.
        let created = ExcelDateTime::from_ymd(2000, 1, 1).map_err(encode)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let mut writer = Self {
            workbook,
            out,
            name: sheet_name(&table.name),
            columns: table.columns.clone(),
            date: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000"),
            header: Format::new().set_bold(),
            rows_per_sheet: rows_per_sheet.clamp(1, ROWS_PER_SHEET_LIMIT),
            sheets: 0,
            rows_on_sheet: 0,
            written: FileSummary::default(),
        };
        writer.begin_sheet()?;
        Ok(writer)
    }

    fn begin_sheet(&mut self) -> Result<(), FileError> {
        self.sheets += 1;
        self.rows_on_sheet = 0;
        let name = numbered(&self.name, self.sheets);
        let Self { workbook, columns, header, written, .. } = self;
        guarded(|| {
            let sheet = workbook.add_worksheet_with_constant_memory()?;
            sheet.set_name(name)?;
            sheet.set_freeze_panes(1, 0)?;
            for (number, column) in (0_u16..).zip(columns.iter()) {
                sheet.set_column_width(number, width(column))?;
                let (text, cut) = shortened(&column.name);
                written.shortened += u64::from(cut);
                sheet.write_string_with_format(0, number, text, header)?;
            }
            Ok(())
        })
    }

    /// The filter's last row is known only when the sheet is full.
    fn end_sheet(&mut self) -> Result<(), FileError> {
        let last_column =
            u16::try_from(self.columns.len() - 1).expect("the columns were counted at the start");
        let last_row = self.rows_on_sheet;
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1).map_err(encode)?;
        sheet.autofilter(0, 0, last_row, last_column).map_err(encode)?;
        Ok(())
    }
}

impl TableWriter for XlsxWriter {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), FileError> {
        if self.rows_on_sheet == self.rows_per_sheet {
            self.end_sheet()?;
            self.begin_sheet()?;
        }
        self.rows_on_sheet += 1;
        let (row, index) = (self.rows_on_sheet, self.sheets - 1);
        let Self { workbook, date, written, .. } = self;
        guarded(|| {
            let sheet = workbook.worksheet_from_index(index)?;
            for (column, cell) in (0_u16..).zip(cells) {
                written.shortened += u64::from(write_cell(sheet, (row, column), cell, date)?);
            }
            Ok(())
        })?;
        written.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<FileSummary, FileError> {
        self.end_sheet()?;
        let Self { workbook, out, .. } = &mut *self;
        guarded(|| workbook.save_to_writer(&mut *out))?;
        self.out.flush()?;
        Ok(self.written)
    }
}

/// Writes one cell and says whether its text was cut.
fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell<'_>,
    date: &Format,
) -> Result<bool, XlsxError> {
    if cell.is_null() {
        return Ok(false);
    }
    match cell {
        Cell::Null => {}
        Cell::Text(text) => {
            let (text, cut) = shortened(text);
            sheet.write_string(row, column, text)?;
            return Ok(cut);
        }
        Cell::Integer(number) | Cell::Duration(number) => {
            if (-EXACT_INTEGER_LIMIT..=EXACT_INTEGER_LIMIT).contains(number) {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "the integer is within those that a double holds"
                )]
                sheet.write_number(row, column, *number as f64)?;
            } else {
                sheet.write_string(row, column, number.to_string())?;
            }
        }
        Cell::Real(number) => {
            sheet.write_number(row, column, *number)?;
        }
        Cell::Boolean(value) => {
            sheet.write_boolean(row, column, *value)?;
        }
        Cell::Time(unix_ms) => {
            if (FIRST_DATE_MS..=LAST_DATE_MS).contains(unix_ms) {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "milliseconds up to the year 9999 are below 2^53"
                )]
                let days = *unix_ms as f64 / MILLIS_PER_DAY + UNIX_EPOCH_DAYS;
                sheet.write_number_with_format(row, column, days, date)?;
            } else {
                sheet.write_string(row, column, time::text(*unix_ms))?;
            }
        }
    }
    Ok(false)
}

/// The library panics when its temporary file does not take a row, as on a full disk; an export must not.
fn guarded(write: impl FnOnce() -> Result<(), XlsxError>) -> Result<(), FileError> {
    let temporary =
        |problem| FileError::Temporary { directory: env::temp_dir().display().to_string(), problem };
    match catch_unwind(AssertUnwindSafe(write)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(XlsxError::TempFileError(_, problem))) => Err(temporary(problem.to_string())),
        Ok(Err(cause)) => Err(encode(cause)),
        Err(_) => Err(temporary("it may be full".to_owned())),
    }
}

fn encode(cause: XlsxError) -> FileError {
    FileError::Encode { format: FileFormat::Xlsx, cause: Box::new(cause) }
}

const fn width(column: &Column) -> f64 {
    match column.kind {
        ColumnKind::Text => 24.0,
        ColumnKind::Time => 25.0,
        ColumnKind::Integer | ColumnKind::Real | ColumnKind::Duration => 16.0,
        ColumnKind::Boolean => 10.0,
    }
}

/// Cuts what a cell cannot hold, with a mark, and says whether it did.
fn shortened(text: &str) -> (Cow<'_, str>, bool) {
    // A text has at least as many bytes as UTF-16 units, so most need no counting.
    if text.len() <= TEXT_UNITS_LIMIT || units(text) <= TEXT_UNITS_LIMIT {
        return (Cow::Borrowed(text), false);
    }
    let kept = prefix(text, TEXT_UNITS_LIMIT - units(CUT_MARK));
    (Cow::Owned(format!("{kept}{CUT_MARK}")), true)
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// As many whole characters as fit.
fn prefix(text: &str, units_limit: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, character)| {
        used += character.len_utf16();
        used > units_limit
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// A name that Excel takes for a sheet.
fn sheet_name(table: &str) -> String {
    let name = table.replace(['[', ']', ':', '*', '?', '/', '\\', '\''], "_");
    if name.is_empty() || name.eq_ignore_ascii_case("history") { format!("{name} table") } else { name }
}

/// The name of a sheet: the first has no number.
fn numbered(name: &str, sheet: usize) -> String {
    let number = if sheet == 1 { String::new() } else { format!(" {sheet}") };
    format!("{}{number}", prefix(name, SHEET_NAME_UNITS_LIMIT - number.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_directory_for_temporary_files_is_an_error_and_not_a_panic() {
        let error = guarded(|| panic!("as the library does when a row is not taken")).unwrap_err();
        assert!(matches!(error, FileError::Temporary { .. }), "{error}");
        assert!(error.to_string().contains("set TMPDIR to another directory"), "{error}");
    }

    #[test]
    fn names_of_sheets_fit_excel() {
        assert_eq!(numbered(&sheet_name("attempts"), 1), "attempts");
        assert_eq!(numbered(&sheet_name("attempts"), 2), "attempts 2");
        assert_eq!(numbered(&sheet_name("a/b[c]:'d'"), 1), "a_b_c___d_");
        assert_eq!(numbered(&sheet_name("history"), 1), "history table");
        assert_eq!(units(&numbered(&sheet_name(&"☎".repeat(40)), 123)), 31);
    }

    #[test]
    fn text_beyond_the_limit_of_a_cell_ends_with_a_mark() {
        let longest = "☎".repeat(TEXT_UNITS_LIMIT);
        assert_eq!(shortened(&longest), (Cow::Borrowed(longest.as_str()), false));
        for text in [format!("{longest}a"), "😀".repeat(TEXT_UNITS_LIMIT / 2 + 1)] {
            let (cut, was_cut) = shortened(&text);
            assert!(was_cut && cut.ends_with(CUT_MARK));
            assert!((TEXT_UNITS_LIMIT - 1..=TEXT_UNITS_LIMIT).contains(&units(&cut)));
        }
    }
}
