//! Programs that we did not write read the files and find every value.

use std::fs;
use std::path::PathBuf;

use attempt_ledger::files::{FileFormat, Table};
use serde_json::{Value, json};

use crate::files::harness::{as_json, bytes, every_kind, every_kind_rows};
use crate::support::python::python_with;
use crate::support::script::run_script;

/// DuckDB reads CSV, NDJSON and Parquet, openpyxl reads Excel files.
pub fn spreadsheet_python() -> PathBuf {
    python_with(&["duckdb==2.0.0", "openpyxl==3.1.5"])
}

fn compare(table: &Table, rows: &[Vec<attempt_ledger::files::Cell<'static>>]) {
    let directory = tempfile::tempdir().unwrap();
    for format in FileFormat::ALL {
        let path = directory.path().join("table").with_extension(format.extension());
        fs::write(path, bytes(format, table.clone(), rows)).unwrap();
    }
    let columns: Vec<Value> =
        table.columns.iter().map(|column| json!([column.name, format!("{:?}", column.kind)])).collect();
    let rows: Vec<Vec<Value>> = rows.iter().map(|row| row.iter().map(as_json).collect()).collect();
    let expected = json!({ "sheet": table.name, "columns": columns, "rows": rows });
    fs::write(directory.path().join("expected.json"), expected.to_string()).unwrap();
    run_script(&spreadsheet_python(), "tests/files/compare.py", &[directory.path()]);
}

#[test]
fn duckdb_and_openpyxl_find_every_value() {
    compare(&every_kind(), &every_kind_rows());
}

#[test]
fn duckdb_and_openpyxl_find_the_columns_of_an_empty_table() {
    compare(&every_kind(), &[]);
}
