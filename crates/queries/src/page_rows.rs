//! The rows of a page while they are read: neither too many nor too large.

use std::ops::ControlFlow;

use attempt_ledger_ledger::PAGE_BYTES_MAX;

/// Rows that are set aside at first for a page; a larger page grows.
const ROWS_RESERVED_MAX: usize = 1_024;
/// What a row takes in an answer beside its texts, about.
const ROW_BYTES: usize = 128;

/// Rows until there are as many as asked for, or [`PAGE_BYTES_MAX`] bytes; and whether more follow.
pub(crate) struct PageRows<Row> {
    rows: Vec<Row>,
    limit: usize,
    bytes: usize,
    has_more: bool,
}

impl<Row> PageRows<Row> {
    pub(crate) fn new(limit: usize) -> Self {
        let rows = Vec::with_capacity(limit.min(ROWS_RESERVED_MAX));
        Self { rows, limit, bytes: 0, has_more: false }
    }

    /// Takes a row with so many bytes of text, or notes that the page is full.
    pub(crate) fn take(&mut self, row: Row, bytes: usize) -> ControlFlow<()> {
        if self.is_full() {
            self.has_more = true;
            return ControlFlow::Break(());
        }
        self.bytes += ROW_BYTES + bytes;
        self.rows.push(row);
        ControlFlow::Continue(())
    }

    /// Whether no further row is taken.
    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() == self.limit || self.bytes >= PAGE_BYTES_MAX
    }

    /// The rows, and the last of them when more follow.
    pub(crate) fn finish<Place>(self, place: impl Fn(&Row) -> Place) -> (Vec<Row>, Option<Place>) {
        assert!(self.rows.len() <= self.limit, "a page is never longer than its limit");
        let next = self.rows.last().filter(|_| self.has_more).map(place);
        (self.rows, next)
    }
}
