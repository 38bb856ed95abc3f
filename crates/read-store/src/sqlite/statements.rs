//! The statements that add to histories, each composed once.

use std::sync::LazyLock;

use crate::sql::layout::{AGENT_KEY, QUEUE_KEY, list, summed};

/// `count` numbered parameters, from `from` on.
pub(super) fn parameters(from: usize, count: usize) -> String {
    let each: Vec<String> = (from..from + count).map(|number| format!("?{number}")).collect();
    each.join(", ")
}

pub(super) static SUMMED: LazyLock<String> = LazyLock::new(|| list(summed()));

/// Adds a delta to a row of a history, making the row where there is none.
fn upsert(table: &str, key: &str, key_columns: usize) -> String {
    let additions = list(summed().map(|column| format!("{column} = {column} + excluded.{column}")));
    let values = parameters(1, key_columns + summed().count());
    let columns = &*SUMMED;
    format!(
        "INSERT INTO {table} ({key}, {columns}) VALUES ({values}) \
         ON CONFLICT ({key}) DO UPDATE SET {additions}"
    )
}

pub(super) static ADD_TO_QUEUE: LazyLock<String> = LazyLock::new(|| upsert("queue_history", QUEUE_KEY, 3));
pub(super) static ADD_TO_AGENT: LazyLock<String> = LazyLock::new(|| upsert("agent_history", AGENT_KEY, 4));

/// Deletes a row of which nothing is left.
fn delete_zero(table: &str, key: &str) -> String {
    let keys: Vec<String> =
        key.split(", ").enumerate().map(|(index, column)| format!("{column} = ?{}", index + 1)).collect();
    let zeros: Vec<String> = summed().map(|column| format!("{column} = 0")).collect();
    format!("DELETE FROM {table} WHERE {} AND {}", keys.join(" AND "), zeros.join(" AND "))
}

pub(super) static DELETE_ZERO_QUEUE: LazyLock<String> =
    LazyLock::new(|| delete_zero("queue_history", QUEUE_KEY));
pub(super) static DELETE_ZERO_AGENT: LazyLock<String> =
    LazyLock::new(|| delete_zero("agent_history", AGENT_KEY));
