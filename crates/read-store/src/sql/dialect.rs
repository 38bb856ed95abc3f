//! How a statement is composed without ever writing a value into it, in the words of either database.

use attempt_ledger_domain::QueueGroup;
use attempt_ledger_projections::table::{ColumnType, StoredValue};

use crate::question::{After, Order};

/// Where the two databases differ in a statement that means the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// What a numbered parameter begins with.
    pub(crate) parameter: char,
    /// What keeps a column's index from being used where another one finds fewer rows; empty where the
    /// database chooses by statistics.
    pub(crate) unindexed: &'static str,
    /// The function that returns where a text begins in another one, from 1; 0 where it does not.
    pub(crate) place_of: &'static str,
    /// What follows the table's name where attempts are found by their position.
    pub(crate) by_position: &'static str,
    /// What follows the table's name where open attempts are counted.
    pub(crate) open_by_queue: &'static str,
    /// What follows it where those are found that were connected before their first event.
    pub(crate) by_early_bridge: &'static str,
    /// What follows it where those are read that had an event of late.
    pub(crate) open_by_event: &'static str,
}

/// One parameter of a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SqlParameter {
    Integer(i64),
    Real(f64),
    Text(String),
}

impl From<i64> for SqlParameter {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for SqlParameter {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<&str> for SqlParameter {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A statement and its parameters.
#[derive(Clone, Debug)]
pub(crate) struct SqlQuestion {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<SqlParameter>,
}

impl SqlQuestion {
    /// A question without parameters.
    pub(crate) fn plain(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), parameters: Vec::new() }
    }
}

/// What must hold of the rows that are meant.
pub(super) struct Conditions {
    dialect: Dialect,
    all: Vec<String>,
    pub(super) parameters: Vec<SqlParameter>,
}

impl Conditions {
    pub(super) const fn none(dialect: Dialect) -> Self {
        Self { dialect, all: Vec::new(), parameters: Vec::new() }
    }

    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) fn add(&mut self, condition: &str) {
        self.all.push(condition.to_owned());
    }

    /// A condition on one value: each `?` in the text stands for it.
    pub(super) fn with(&mut self, condition: &str, value: impl Into<SqlParameter>) {
        let place = self.place(value);
        self.all.push(condition.replace('?', &place));
    }

    /// Takes a value; the text that stands for it in conditions.
    pub(super) fn place(&mut self, value: impl Into<SqlParameter>) -> String {
        self.parameters.push(value.into());
        format!("{}{}", self.dialect.parameter, self.parameters.len())
    }

    /// A condition on a value as a store keeps it.
    pub(super) fn stored(&mut self, condition: &str, value: StoredValue<'_>) {
        match value {
            StoredValue::Integer(number) => self.with(condition, number),
            StoredValue::Real(number) => self.with(condition, number),
            StoredValue::Text(text) => self.with(condition, &*text),
        }
    }

    /// A condition on the value of a column, if one is asked for.
    pub(super) fn maybe(&mut self, condition: &str, value: &Option<impl ColumnType>) {
        if let Some(value) = value.stored() {
            self.stored(condition, value);
        }
    }

    /// Rows of one queue, or without one; `before` stands before the column.
    pub(super) fn queue(&mut self, before: &str, queue: Option<QueueGroup>) {
        match queue {
            None => {}
            Some(QueueGroup::Queue(queue_id)) => self.with(&format!("{before}queue_id = ?"), queue_id.0),
            Some(QueueGroup::NoQueue) => self.add(&format!("{before}queue_id IS NULL")),
        }
    }

    /// Rows strictly after a place in a list by start, attempt and leg.
    pub(super) fn after(&mut self, order: Order, after: After, with_leg: bool) {
        let mut columns = vec!["started_at", "attempt_id"];
        let mut values = vec![after.started_at.0, after.attempt_id.0];
        if with_leg {
            columns.push("leg");
            values.push(i64::from(after.leg));
        }
        let first = self.parameters.len() + 1;
        let places: Vec<String> =
            (first..first + values.len()).map(|place| format!("{}{place}", self.dialect.parameter)).collect();
        self.parameters.extend(values.into_iter().map(SqlParameter::Integer));
        let sign = match order {
            Order::NewestFirst => '<',
            Order::OldestFirst => '>',
        };
        self.add(&format!("({}) {sign} ({})", columns.join(", "), places.join(", ")));
    }

    pub(super) fn to_sql(&self) -> String {
        if self.all.is_empty() { String::new() } else { format!(" WHERE {}", self.all.join(" AND ")) }
    }
}

/// The order of a list by start, attempt and leg.
pub(super) fn order_by(order: Order, with_leg: bool) -> String {
    let direction = match order {
        Order::NewestFirst => "DESC",
        Order::OldestFirst => "ASC",
    };
    let leg = if with_leg { format!(", leg {direction}") } else { String::new() };
    format!(" ORDER BY started_at {direction}, attempt_id {direction}{leg}")
}
