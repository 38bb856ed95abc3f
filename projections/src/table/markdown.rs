//! The columns of a table for people.

use std::fmt::Write as _;

use super::column::TableRow;

/// The table of a table's columns, as `docs/read-models.md` has it.
#[must_use]
pub fn to_markdown<R: TableRow>() -> String {
    let mut page = "| column | type | meaning |\n| --- | --- | --- |\n".to_owned();
    for column in R::COLUMNS {
        let or_null = if column.is_optional { " or NULL" } else { "" };
        let since = if column.since > 1 { format!("; since schema {}", column.since) } else { String::new() };
        writeln!(
            page,
            "| `{}` | {}{or_null} | {}{since} |",
            column.name,
            column.kind.sql_type(),
            column.meaning
        )
        .expect("a text takes every line");
    }
    page
}
