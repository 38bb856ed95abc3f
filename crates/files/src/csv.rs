//! CSV as RFC 4180 has it.

use std::borrow::Cow;
use std::io::{BufWriter, Write};

use super::error::FileError;
use super::format::{CsvOptions, DecimalMark};
use super::guard::guard;
use super::table::{Cell, Table};
use super::table_writer::{FileSummary, TableWriter};
use super::time;

const BUFFER_BYTES: usize = 64 * 1024;

pub struct CsvWriter {
    out: BufWriter<Box<dyn Write + Send>>,
    separator: char,
    decimal: DecimalMark,
    /// The row that is being put together; kept so that its memory is used again.
    line: String,
    rows: u64,
}

impl CsvWriter {
    /// Writes the header.
    pub fn begin(table: &Table, options: &CsvOptions, out: Box<dyn Write + Send>) -> Result<Self, FileError> {
        let separator = char::from(options.separator);
        if !CsvOptions::SEPARATORS.contains(&options.separator) {
            return Err(FileError::Separator { given: separator });
        }
        let out = BufWriter::with_capacity(BUFFER_BYTES, out);
        let decimal = options.decimal;
        let mut writer = Self { out, separator, decimal, line: String::new(), rows: 0 };
        if options.byte_order_mark {
            writer.line.push('\u{FEFF}');
        }
        for (index, column) in table.columns.iter().enumerate() {
            writer.separate(index);
            writer.push_text(&column.name);
        }
        writer.end_line()?;
        Ok(writer)
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.line.push(self.separator);
        }
    }

    /// Quotes what must be quoted, and empty text, so that it is not null.
    fn push_text(&mut self, text: &str) {
        let text = guard(text);
        let special = |character| {
            matches!(character, '"' | '\r' | '\n')
                || CsvOptions::SEPARATORS.iter().any(|s| char::from(*s) == character)
        };
        let edges = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
        if !(text.is_empty() || edges || text.contains(special)) {
            self.line.push_str(&text);
            return;
        }
        self.line.push('"');
        self.line.push_str(&doubled(&text));
        self.line.push('"');
    }

    fn push_cell(&mut self, cell: &Cell<'_>) {
        if cell.is_null() {
            return;
        }
        match cell {
            Cell::Null => {}
            Cell::Text(text) => self.push_text(text),
            Cell::Integer(number) | Cell::Duration(number) => self.line.push_str(&number.to_string()),
            Cell::Real(number) => self.push_real(*number),
            Cell::Boolean(value) => self.line.push_str(if *value { "true" } else { "false" }),
            Cell::Time(unix_ms) => self.line.push_str(&time::text(*unix_ms)),
        }
    }

    fn push_real(&mut self, number: f64) {
        let text = format!("{number:?}");
        match self.decimal {
            DecimalMark::Point => self.line.push_str(&text),
            // Beside the separator that it is, the mark needs quotes.
            DecimalMark::Comma if self.separator == ',' => {
                self.line.push_str(&format!("\"{}\"", text.replace('.', ",")));
            }
            DecimalMark::Comma => self.line.push_str(&text.replace('.', ",")),
        }
    }

    fn end_line(&mut self) -> Result<(), FileError> {
        self.line.push_str("\r\n");
        self.out.write_all(self.line.as_bytes())?;
        self.line.clear();
        Ok(())
    }
}

fn doubled(text: &str) -> Cow<'_, str> {
    if text.contains('"') { Cow::Owned(text.replace('"', "\"\"")) } else { Cow::Borrowed(text) }
}

impl TableWriter for CsvWriter {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), FileError> {
        for (index, cell) in cells.iter().enumerate() {
            self.separate(index);
            self.push_cell(cell);
        }
        // A line with nothing on it would be no row at all.
        if self.line.is_empty() {
            self.line.push_str("\"\"");
        }
        self.end_line()?;
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<FileSummary, FileError> {
        self.out.flush()?;
        Ok(FileSummary { rows: self.rows, shortened: 0 })
    }
}
