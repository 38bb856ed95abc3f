//! Lists of rows: which rows a page holds, and where the next one begins.

use std::ops::ControlFlow;

use attempt_ledger_domain::Position;
use attempt_ledger_read_store::{After, Order};

use super::error::QuestionError;
use super::freshness::Freshness;

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

/// Rows that are set aside at first for a page; a larger page grows.
const ROWS_RESERVED_MAX: usize = 1_024;

impl<Row> Page<Row> {
    /// Reads the first rows that `visit` visits, and one more to know whether a page follows.
    ///
    /// # Errors
    /// What `visit` returns.
    pub(crate) fn read(
        limit: usize,
        place: impl Fn(&Row) -> After,
        visit: impl FnOnce(&mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<Freshness, QuestionError>,
    ) -> Result<Self, QuestionError> {
        let mut rows = Vec::with_capacity(limit.min(ROWS_RESERVED_MAX) + 1);
        let freshness = visit(&mut |row| {
            rows.push(row);
            if rows.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(place);
        assert!(rows.len() <= limit, "a page is never longer than its limit");
        Ok(Self { rows, next, freshness })
    }
}
