//! Excel files with more than fits one sheet or one cell.

use std::fs;

use attempt_ledger::files::{FileFormat, FileOptions};

use crate::files::harness::{text_rows, texts_table, written};
use crate::files::independent::spreadsheet_python;
use crate::support::script::run_script;

#[test]
fn rows_beyond_a_sheet_go_on_further_sheets_with_headers() {
    let names: Vec<String> = (0..7).map(|number| format!("row {number}")).collect();
    let texts: Vec<&str> = names.iter().map(String::as_str).collect();
    let options = FileOptions { rows_per_sheet: 3, ..FileOptions::default() };
    let (file, _) = written(FileFormat::Xlsx, texts_table(), &options, &text_rows(&texts));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("texts.xlsx");
    fs::write(&path, file).unwrap();
    run_script(&spreadsheet_python(), "tests/files/sheets.py", &[&path]);
}

#[test]
fn text_that_no_cell_holds_is_cut_counted_and_says_so() {
    let text = "ї".repeat(40_000);
    let rows = text_rows(&["short", &text]);
    let (_, counted) = written(FileFormat::Xlsx, texts_table(), &FileOptions::default(), &rows);
    assert_eq!(counted.shortened, 1);
    let (_, counted) = written(FileFormat::Csv, texts_table(), &FileOptions::default(), &rows);
    assert_eq!(counted.shortened, 0);
}
