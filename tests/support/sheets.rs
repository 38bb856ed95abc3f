//! Workbooks as another program reads them.

use std::path::Path;

use serde_json::Value;

use crate::support::python::python_with;
use crate::support::script::run_script;

/// The rows of a workbook's sheet. Fails on a cell that is a formula.
pub fn sheet_rows(path: &Path) -> Vec<Value> {
    let python = python_with(&["duckdb==2.0.0", "openpyxl==3.1.5"]);
    serde_json::from_str(&run_script(&python, "tests/support/sheet_rows.py", &[path])).unwrap()
}
