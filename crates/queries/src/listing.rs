//! Lists of rows: which rows a page holds, and where the next one begins.

use std::ops::ControlFlow;

use attempt_ledger_domain::Position;
use attempt_ledger_projections::table::{StoredValue, TableRow};
use attempt_ledger_read_store::{After, Order};

use super::error::QuestionError;
use super::freshness::Freshness;
use super::page_rows::PageRows;

/// Which rows are listed, and how.
#[derive(Clone, Debug, Default)]
pub struct Listing<Filter> {
    /// Which.
    pub filter: Filter,
    /// In which order.
    pub order: Order,
    /// Where the list goes on.
    pub after: Option<After>,
    /// As the ledger knew them at this position.
    pub as_of: Option<Position>,
}

/// A page of rows.
#[derive(Clone, Debug)]
pub struct Page<Row> {
    /// The rows, in order; never more than the page's limit.
    pub rows: Vec<Row>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<After>,
    /// How fresh it is.
    pub freshness: Freshness,
}

impl<Row: TableRow> Page<Row> {
    /// Reads the first rows that `visit` visits, and one more to know whether a page follows.
    ///
    /// # Errors
    /// What `visit` returns.
    pub(crate) fn read(
        limit: usize,
        place: impl Fn(&Row) -> After,
        visit: impl FnOnce(&mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<Freshness, QuestionError>,
    ) -> Result<Self, QuestionError> {
        let mut page = PageRows::new(limit);
        let freshness = visit(&mut |row| {
            let bytes = text_bytes(&row);
            page.take(row, bytes)
        })?;
        let (rows, next) = page.finish(place);
        Ok(Self { rows, next, freshness })
    }
}

/// What the texts of a row take; names of columns included.
fn text_bytes<Row: TableRow>(row: &Row) -> usize {
    let cells = Row::COLUMNS.iter().map(|column| match (column.value)(row) {
        Some(StoredValue::Text(text)) => column.name.len() + text.len(),
        Some(StoredValue::Integer(_) | StoredValue::Real(_)) => column.name.len() + size_of::<i64>(),
        None => 0,
    });
    cells.sum()
}
