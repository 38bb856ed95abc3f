//! The statements that add to histories, each composed once.

use std::sync::LazyLock;

use crate::sql::layout::{AGENT_KEY, QUEUE_KEY, list, summed};

/// `count` numbered parameters, from `from` on.
pub(super) fn parameters(from: usize, count: usize) -> String {
    let each: Vec<String> = (from..from + count).map(|number| format!("?{number}")).collect();
    each.join(", ")
}

pub(super) static SUMMED: LazyLock<String> = LazyLock::new(|| list(summed()));

/// Adds a delta to a row of a history; no row changes where there is none.
fn add(table: &str, key: &str) -> String {
    let key: Vec<&str> = key.split(", ").collect();
    let sums = summed().zip(key.len() + 1..);
    let additions: Vec<String> =
        sums.map(|(column, place)| format!("{column} = {column} + ?{place}")).collect();
    let keys: Vec<String> = (1..).zip(&key).map(|(place, column)| format!("{column} = ?{place}")).collect();
    format!("UPDATE {table} SET {} WHERE {}", additions.join(", "), keys.join(" AND "))
}

/// The same, making the row where there is none.
fn upsert(table: &str, key: &str) -> String {
    let additions = list(summed().map(|column| format!("{column} = {column} + excluded.{column}")));
    let values = parameters(1, key.split(", ").count() + summed().count());
    let columns = &*SUMMED;
    format!(
        "INSERT INTO {table} ({key}, {columns}) VALUES ({values}) \
         ON CONFLICT ({key}) DO UPDATE SET {additions}"
    )
}

pub(super) static ADD_TO_QUEUE: LazyLock<String> = LazyLock::new(|| add("queue_history", QUEUE_KEY));
pub(super) static UPSERT_QUEUE: LazyLock<String> = LazyLock::new(|| upsert("queue_history", QUEUE_KEY));
pub(super) static ADD_TO_AGENT: LazyLock<String> = LazyLock::new(|| add("agent_history", AGENT_KEY));
pub(super) static UPSERT_AGENT: LazyLock<String> = LazyLock::new(|| upsert("agent_history", AGENT_KEY));

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
