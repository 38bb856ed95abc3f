//! Pages of what has a number: agents and queues.

use super::freshness::Freshness;

/// The most agents or queues of one page, and how many it has when no other limit is asked for.
pub const NUMBERED_PAGE_MAX: usize = 10_000;

/// A page of rows by their numbers.
#[derive(Clone, Debug)]
pub struct NumberedPage<Row> {
    /// The rows, in order; never more than the page's limit.
    pub rows: Vec<Row>,
    /// The number after which the next page begins; absent on the last one.
    pub next: Option<i64>,
    /// How fresh it is.
    pub freshness: Freshness,
}
