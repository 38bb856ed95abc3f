//! Lists that the routes answer as JSON only, as tables: agents and queues.

use std::io::{ErrorKind, Write};

use anyhow::anyhow;
use serde_json::Value;

use crate::cli::CliError;
use crate::files::{
    self, Cell, Column, ColumnKind, CsvOptions, DecimalMark, FileError, FileFormat, FileOptions, Table,
};

/// A table with its rows.
pub(crate) struct List {
    table: Table,
    rows: Vec<Value>,
}

/// Agents and their names, from the answer that lists them.
pub(crate) fn agent_list(answer: &Value) -> List {
    let columns = vec![
        Column::new("agent_id", ColumnKind::Integer),
        Column::new("agent_name", ColumnKind::Text),
        Column::new("last_seen_at", ColumnKind::Time),
    ];
    List::of("agents", columns, answer)
}

/// Queues and their definitions, from the answer that lists them.
pub(super) fn queue_list(answer: &Value) -> List {
    let columns = vec![
        Column::new("queue_id", ColumnKind::Integer),
        Column::new("defined", ColumnKind::Boolean),
        Column::new("type", ColumnKind::Text),
        Column::new("name", ColumnKind::Text),
        Column::new("hooks", ColumnKind::Text),
        Column::new("service_level_threshold_ms", ColumnKind::Duration),
        Column::new("short_abandon_threshold_ms", ColumnKind::Duration),
        Column::new("leaving_deadline_ms", ColumnKind::Duration),
        Column::new("variables", ColumnKind::Text),
    ];
    List::of("queues", columns, answer)
}

impl List {
    fn of(name: &'static str, columns: Vec<Column>, answer: &Value) -> Self {
        let rows = answer[name].as_array().cloned().unwrap_or_default();
        Self { table: Table { name: name.into(), columns }, rows }
    }
}

/// How a CSV file is written, read as the routes read it.
pub(super) fn csv_options(
    separator: &Option<String>,
    mark: &Option<String>,
    decimal: &Option<String>,
) -> Result<CsvOptions, CliError> {
    let mut options = CsvOptions::default();
    if let Some(decimal) = decimal {
        let found = DecimalMark::ALL.into_iter().find(|mark| mark.name() == decimal);
        options.decimal =
            found.ok_or_else(|| CliError::Usage("`decimal`: it must be one of point, comma".to_owned()))?;
        options.separator = CsvOptions::separator_beside(options.decimal);
    }
    if let Some(separator) = separator {
        let byte = separator.as_bytes().first().filter(|_| separator.len() == 1);
        options.separator = *byte.filter(|byte| CsvOptions::SEPARATORS.contains(byte)).ok_or_else(|| {
            CliError::Usage("--separator must be a comma, a semicolon, a bar or a tab".to_owned())
        })?;
    }
    if let Some(mark) = mark {
        let wrong = |_| CliError::Usage("--byte-order-mark must be true or false".to_owned());
        options.byte_order_mark = mark.parse().map_err(wrong)?;
    }
    Ok(options)
}

/// Writes a list. Answers with its rows.
pub(crate) fn write_list(
    list: List,
    format: FileFormat,
    csv: &CsvOptions,
    out: Box<dyn Write + Send>,
) -> Result<u64, CliError> {
    let List { table, rows } = list;
    let columns = table.columns.clone();
    let options = FileOptions { csv: *csv, ..FileOptions::default() };
    let mut file = files::open(format, table, &options, out).map_err(not_written)?;
    for row in &rows {
        let cells: Vec<Cell<'_>> =
            columns.iter().map(|column| cell(&row[&*column.name], column.kind)).collect();
        file.row(&cells).map_err(not_written)?;
    }
    Ok(file.finish().map_err(not_written)?.rows)
}

fn not_written(error: FileError) -> CliError {
    match error {
        FileError::Write(error) if error.kind() == ErrorKind::BrokenPipe => CliError::OutputClosed,
        // It names its cause itself.
        error => anyhow!(error.to_string()).into(),
    }
}

fn cell(value: &Value, kind: ColumnKind) -> Cell<'_> {
    let number = value.as_i64();
    let cell = match kind {
        ColumnKind::Text => match value {
            Value::String(text) => Some(Cell::from(text.as_str())),
            Value::Array(many) => {
                let many: Vec<&str> = many.iter().filter_map(Value::as_str).collect();
                Some(Cell::Text(many.join(" ").into()))
            }
            _ => None,
        },
        ColumnKind::Integer => number.map(Cell::Integer),
        ColumnKind::Real => value.as_f64().map(Cell::Real),
        ColumnKind::Boolean => value.as_bool().map(Cell::Boolean),
        ColumnKind::Time => number.map(Cell::Time),
        ColumnKind::Duration => number.map(Cell::Duration),
    };
    cell.unwrap_or(Cell::Null)
}
