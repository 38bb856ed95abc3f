//! No text of a caller becomes a formula in a spreadsheet.

use std::fs;

use attempt_ledger::files::{Cell, Column, ColumnKind, CsvOptions, FileFormat, FileOptions, Table};

use crate::files::harness::{bytes, text_rows, texts_table, written};
use crate::files::independent::spreadsheet_python;
use crate::support::script::run_script;

/// What is written, and what a CSV file says instead.
const GUARDED: &[(&str, &str)] = &[
    ("=1+1", "'=1+1"),
    ("+380501234567", "'+380501234567"),
    ("-2", "'-2"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
    ("=HYPERLINK(\"http://example.org\",\"x\")", "'=HYPERLINK(\"http://example.org\",\"x\")"),
    ("\tname", "'\tname"),
    ("\rname", "'\rname"),
    ("\nname", "'\nname"),
    ("  =1", "'  =1"),
    ("\u{a0}=1", "'\u{a0}=1"),
    ("\u{3000}=1", "'\u{3000}=1"),
    ("\u{feff}=1", "'\u{feff}=1"),
    ("\u{200b}=1", "'\u{200b}=1"),
    ("\u{0}=1", "'\u{0}=1"),
    ("＝1", "'＝1"),
    ("＋1", "'＋1"),
    ("－1", "'－1"),
    ("＠SUM(A1)", "'＠SUM(A1)"),
    ("\"=1+1\"", "'\"=1+1\""),
    // Where a spreadsheet that expects another separator begins a cell.
    ("Ivan;=1+1", "Ivan;'=1+1"),
    ("Ivan,@SUM(A1)", "Ivan,'@SUM(A1)"),
    ("Ivan\t+1", "Ivan\t'+1"),
    ("Ivan| -1", "Ivan|' -1"),
    ("Ivan;\"=1+1\"", "Ivan;'\"=1+1\""),
    ("first\n=1", "first\n'=1"),
    ("first\r\n=1", "first\r\n'=1"),
    ("=1;=2", "'=1;'=2"),
];

const LEFT_ALONE: &[&str] = &[
    "",
    "plain",
    "a=b",
    "1-2",
    "user@example.org",
    "'=1",
    "3+4;5",
    "two\nlines",
    "a;;b",
    "Київ",
    "5 - 3",
    "#REF!",
];

#[test]
fn text_that_looks_like_a_formula_gets_an_apostrophe_in_csv() {
    let cases = GUARDED.iter().copied().chain(LEFT_ALONE.iter().map(|text| (*text, *text)));
    for separator in CsvOptions::SEPARATORS {
        for (text, expected) in cases.clone() {
            let csv = CsvOptions { separator, byte_order_mark: false, ..CsvOptions::default() };
            let options = FileOptions { csv, ..FileOptions::default() };
            let (file, _) = written(FileFormat::Csv, texts_table(), &options, &text_rows(&[text]));
            let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(file.as_slice());
            let row = reader.records().next().unwrap().unwrap();
            assert_eq!(&row[1], expected, "{text:?} with {:?}", char::from(separator));
        }
    }
}

/// Splits as a spreadsheet does that expects one separator: a quote counts only at the beginning of a cell.
fn cells_as_split_by(file: &str, separator: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut begins) = (false, true);
    for character in file.chars() {
        if character == '"' && (quoted || begins) {
            quoted = !quoted;
        } else if !quoted && (character == separator || character == '\n' || character == '\r') {
            cells.push(String::new());
            begins = true;
            continue;
        } else {
            cells.last_mut().unwrap().push(character);
        }
        begins = false;
    }
    cells
}

#[test]
fn no_cell_begins_a_formula_even_when_the_spreadsheet_expects_another_separator() {
    let texts: Vec<&str> = GUARDED.iter().map(|(text, _)| *text).chain(LEFT_ALONE.iter().copied()).collect();
    for separator in CsvOptions::SEPARATORS {
        let csv = CsvOptions { separator, byte_order_mark: false, ..CsvOptions::default() };
        let options = FileOptions { csv, ..FileOptions::default() };
        let (file, _) = written(FileFormat::Csv, texts_table(), &options, &text_rows(&texts));
        let file = String::from_utf8(file).unwrap();
        for expected in CsvOptions::SEPARATORS {
            for cell in cells_as_split_by(&file, char::from(expected)) {
                let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
                assert!(!formula, "{cell:?} of a file with {separator} read with {expected}");
            }
        }
    }
}

#[test]
fn numbers_are_never_guarded() {
    let columns = vec![Column::new("integer", ColumnKind::Integer), Column::new("real", ColumnKind::Real)];
    let table = Table { name: "numbers".into(), columns };
    let file = bytes(FileFormat::Csv, table, &[vec![Cell::Integer(-1), Cell::Real(-0.5)]]);
    assert_eq!(file, b"integer,real\r\n-1,-0.5\r\n");
}

#[test]
fn header_is_guarded_too() {
    let columns = vec![Column::new("=1+1", ColumnKind::Text)];
    let file = bytes(FileFormat::Csv, Table { name: "x".into(), columns }, &[]);
    assert_eq!(file, b"'=1+1\r\n");
}

#[test]
fn exact_text_is_never_a_formula_in_excel() {
    let texts: Vec<&str> = GUARDED.iter().map(|(text, _)| *text).collect();
    let directory = tempfile::tempdir().unwrap();
    let (file, expected) = (directory.path().join("texts.xlsx"), directory.path().join("texts.json"));
    fs::write(&file, bytes(FileFormat::Xlsx, texts_table(), &text_rows(&texts))).unwrap();
    fs::write(&expected, serde_json::to_vec(&texts).unwrap()).unwrap();
    run_script(&spreadsheet_python(), "tests/files/no_formulas.py", &[&file, &expected]);
}
