//! A file in memory that the test can look at while it is written, and a table with every kind of value.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use attempt_ledger::files::{
    Cell, Column, ColumnKind, FileError, FileFormat, FileOptions, FileSummary, Table, TableWriter, open,
};
use serde_json::{Value, json};

/// Clones share the bytes.
#[derive(Clone, Default)]
pub struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }

    pub fn length(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub type Opened = Box<dyn TableWriter + Send>;

pub fn opened(format: FileFormat, table: Table, options: &FileOptions) -> Result<(Opened, Sink), FileError> {
    let sink = Sink::default();
    let writer = open(format, table, options, Box::new(sink.clone()))?;
    Ok((writer, sink))
}

pub fn written(
    format: FileFormat,
    table: Table,
    options: &FileOptions,
    rows: &[Vec<Cell<'_>>],
) -> (Vec<u8>, FileSummary) {
    let (mut writer, sink) = opened(format, table, options).unwrap();
    for row in rows {
        writer.row(row).unwrap();
    }
    let written = writer.finish().unwrap();
    assert_eq!(written.rows, rows.len() as u64);
    (sink.bytes(), written)
}

pub fn bytes(format: FileFormat, table: Table, rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
    written(format, table, &FileOptions::default(), rows).0
}

/// A table of one column of texts, with another beside it, so that a line is never empty.
pub fn texts_table() -> Table {
    let columns = vec![Column::new("number", ColumnKind::Integer), Column::new("text", ColumnKind::Text)];
    Table { name: "texts".into(), columns }
}

pub fn text_rows<'a>(texts: &[&'a str]) -> Vec<Vec<Cell<'a>>> {
    (0..).zip(texts).map(|(number, text)| vec![Cell::Integer(number), Cell::from(*text)]).collect()
}

pub fn every_kind() -> Table {
    let columns = vec![
        Column::new("destination", ColumnKind::Text),
        Column::new("attempt_id", ColumnKind::Integer),
        Column::new("rate", ColumnKind::Real),
        Column::new("answered", ColumnKind::Boolean),
        Column::new("joined_at", ColumnKind::Time),
        Column::new("talk_ms", ColumnKind::Duration),
    ];
    Table { name: "attempts".into(), columns }
}

/// Texts that formats tend to lose something of.
const TEXTS: &[&str] = &[
    "plain",
    "",
    " spaces around ",
    "a,b;c\td|e",
    "say \"hi\"",
    "\"",
    "line\nbreak",
    "line\r\nbreak",
    "tail\r",
    "\ttab first",
    "Київ ☎ 你好 😀",
    "e\u{301} \u{200d} \u{202e}rtl",
    "null",
    "NULL",
    "true",
    "0123",
    "1e5",
    "2026-11-23",
    "#N/A",
    "<b>&amp;</b>",
    "_x0041_",
    "bell\u{7}",
    "http://example.org/?a=b#c",
    "back\\slash",
    "'quoted'",
    "{\"a\":[1]}",
    "\u{feff}mark",
    "a\u{a0}b",
    "+380501234567",
    "=1+1",
];

const INTEGERS: &[i64] =
    &[0, 1, -1, 9_007_199_254_740_992, 9_007_199_254_740_993, -9_007_199_254_740_993, i64::MAX, i64::MIN, 42];
const REALS: &[f64] = &[0.0, 0.1, -2.5, 1.0 / 3.0, 1e300, 5e-324, f64::MAX, 123_456_789.125];
const TIMES: &[i64] = &[0, 1_795_410_000_123, 951_825_600_000, -1, 253_402_300_799_999, 1_795_410_000_999, 1];
const DURATIONS: &[i64] = &[0, 1, 999, 3_600_000, 86_400_001, 5_000_000_000];

pub fn every_kind_rows() -> Vec<Vec<Cell<'static>>> {
    let mut rows: Vec<Vec<Cell<'static>>> = TEXTS
        .iter()
        .enumerate()
        .map(|(row, text)| {
            vec![
                Cell::from(*text),
                Cell::Integer(INTEGERS[row % INTEGERS.len()]),
                Cell::Real(REALS[row % REALS.len()]),
                Cell::Boolean(row % 2 == 0),
                Cell::Time(TIMES[row % TIMES.len()]),
                Cell::Duration(DURATIONS[row % DURATIONS.len()]),
            ]
        })
        .collect();
    rows.push(vec![Cell::Null; 6]);
    for column in 0..6 {
        let mut row = rows[0].clone();
        row[column] = Cell::Null;
        rows.push(row);
    }
    rows
}

/// The exact values, times as milliseconds, for readers that compare.
pub fn as_json(cell: &Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Integer(number) | Cell::Time(number) | Cell::Duration(number) => json!(number),
        Cell::Real(number) => json!(number),
        Cell::Boolean(value) => json!(value),
    }
}
