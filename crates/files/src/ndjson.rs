//! NDJSON: one object for each row, nulls written, so that every line names every column.

use std::io::{BufWriter, Write};

use serde::Serialize;

use super::error::FileError;
use super::table::{Cell, Table};
use super::table_writer::{FileSummary, TableWriter};

const BUFFER_BYTES: usize = 64 * 1024;

pub struct NdjsonWriter {
    out: BufWriter<Box<dyn Write + Send>>,
    /// What stands before each cell: the brace or comma, the column's name as JSON, and the colon.
    heads: Vec<Vec<u8>>,
    /// The row that is being put together; kept so that its memory is used again.
    line: Vec<u8>,
    rows: u64,
}

impl NdjsonWriter {
    pub fn begin(table: &Table, out: Box<dyn Write + Send>) -> Result<Self, FileError> {
        let out = BufWriter::with_capacity(BUFFER_BYTES, out);
        let mut heads = Vec::with_capacity(table.columns.len());
        for (index, column) in table.columns.iter().enumerate() {
            let mut head = if index == 0 { b"{".to_vec() } else { b",".to_vec() };
            push(&mut head, &column.name);
            head.push(b':');
            heads.push(head);
        }
        Ok(Self { out, heads, line: Vec::new(), rows: 0 })
    }
}

fn push(line: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(line, value).expect("texts and numbers are JSON, and memory takes every byte");
}

fn push_cell(line: &mut Vec<u8>, cell: &Cell<'_>) {
    match cell {
        _ if cell.is_null() => line.extend_from_slice(b"null"),
        Cell::Null => {}
        Cell::Text(text) => push(line, text),
        Cell::Integer(number) | Cell::Time(number) | Cell::Duration(number) => push(line, number),
        Cell::Real(number) => push(line, number),
        Cell::Boolean(value) => push(line, value),
    }
}

impl TableWriter for NdjsonWriter {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), FileError> {
        self.line.clear();
        for (head, cell) in self.heads.iter().zip(cells) {
            self.line.extend_from_slice(head);
            push_cell(&mut self.line, cell);
        }
        self.line.extend_from_slice(b"}\n");
        self.out.write_all(&self.line)?;
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<FileSummary, FileError> {
        self.out.flush()?;
        Ok(FileSummary { rows: self.rows, shortened: 0 })
    }
}
