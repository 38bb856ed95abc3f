//! What a database can do for one consistent look at it.

use std::ops::ControlFlow;

use attempt_ledger_domain::QueueGroup;

use super::dialect::{Dialect, SqlQuestion};
use super::row::SqlRow;
use crate::question::HistoryScope;
use crate::store_error::StoreError;

/// Takes one row of an answer; breaks when no more are wanted.
pub(crate) type RowVisit<'t> = &'t mut dyn FnMut(&dyn SqlRow) -> Result<ControlFlow<()>, StoreError>;

/// A connection whose transaction sees the database as of one moment.
pub(crate) trait Look {
    const DIALECT: Dialect;

    /// Answers a question whose rows may be many.
    fn list(&self, question: &SqlQuestion, take: RowVisit<'_>) -> Result<(), StoreError>;

    /// Answers a question whose rows are few, or are all wanted at once.
    fn ask(&self, question: &SqlQuestion, take: RowVisit<'_>) -> Result<(), StoreError>;

    /// The question for the columns of a table's primary key, in its order.
    fn key_of(table: &str) -> SqlQuestion;

    /// The statement for counts and sums. Parameters 1 to 3 are the attribution and both ends of the range, 4
    /// and 5 whose intervals are meant, as far as the scope names them.
    fn sums_of(scope: HistoryScope) -> String;

    /// The same for the values of a measure, which is the last parameter; of one queue or of every one.
    fn values_of(queue: Option<QueueGroup>) -> String;

    /// The same for the mix of results.
    fn mix_of(queue: Option<QueueGroup>) -> String;
}

/// Everything that a question is answered with.
pub(super) fn all<T>(
    look: &impl Look,
    question: &SqlQuestion,
    read: impl Fn(&dyn SqlRow) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::new();
    look.ask(question, &mut |row| {
        all.push(read(row)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}
