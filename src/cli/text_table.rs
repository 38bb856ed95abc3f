//! Tables for people: aligned columns, a header, nothing else.

use std::fmt::Write as _;

use anstyle::Style;

use super::visible::visible;

const BOLD: Style = Style::new().bold();
const GAP: usize = 2;

/// How a column is set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// A table as it grows.
pub(super) struct TextTable {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    pub(super) fn new(columns: impl IntoIterator<Item = (&'static str, Align)>) -> Self {
        let columns = columns.into_iter().map(|(name, align)| (name.to_owned(), align)).collect();
        Self { columns, rows: Vec::new() }
    }

    pub(super) fn column(&mut self, name: &str, align: Align) {
        self.columns.push((name.to_owned(), align));
    }

    /// Adds a row with one cell for each column. What could move the cursor is shown as `?`.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| visible(cell).into_owned()).collect());
    }

    /// The text, a line for each row.
    pub(super) fn draw(&self) -> String {
        let width = |index: usize, name: &str| {
            let cells = self.rows.iter().filter_map(|row| Some(row.get(index)?.chars().count()));
            cells.max().unwrap_or_default().max(name.chars().count())
        };
        let widths: Vec<usize> =
            self.columns.iter().enumerate().map(|(index, (name, _))| width(index, name)).collect();
        let mut out = String::new();
        let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{BOLD}{}{BOLD:#}", self.line(&names, &widths));
        for row in &self.rows {
            let _ = writeln!(out, "{}", self.line(row, &widths));
        }
        out
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), (_, align)) in cells.iter().zip(widths).zip(&self.columns) {
            let pad = " ".repeat(width - cell.chars().count());
            let (before, after) = if *align == Align::Right { (&*pad, "") } else { ("", &*pad) };
            line.push_str(before);
            line.push_str(cell);
            line.push_str(after);
            line.push_str(&" ".repeat(GAP));
        }
        line.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_letters_and_not_by_bytes() {
        let mut table = TextTable::new([("agent", Align::Left), ("talk", Align::Right)]);
        table.row(vec!["Олена".to_owned(), "1:05".to_owned()]);
        table.row(vec!["Al".to_owned(), "12:05".to_owned()]);
        let plain = anstream::adapter::strip_str(&table.draw()).to_string();
        assert_eq!(plain, "agent   talk\nОлена   1:05\nAl     12:05\n");
    }

    #[test]
    fn a_cell_cannot_move_the_cursor() {
        let mut table = TextTable::new([("result", Align::Left)]);
        table.row(vec!["\u{1b}[2Jgone\n\u{202e}".to_owned()]);
        assert!(table.draw().ends_with("?[2Jgone??\n"));
    }
}
