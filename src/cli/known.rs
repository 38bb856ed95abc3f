//! Whether a ledger has ever heard of a queue or an agent: a history of nobody is all zeros, which reads like a
//! fact.

use anyhow::anyhow;
use serde_json::Value;

use super::CliError;
use super::request::{Query, Service};

/// A list, and the member of its rows that is looked for.
pub(super) struct Listed {
    noun: &'static str,
    list: &'static str,
    member: &'static str,
}

/// Queues: those that an attempt named, and those that are defined.
pub(super) const QUEUE: Listed = Listed { noun: "queue", list: "queues", member: "queue_id" };
/// Agents.
pub(super) const AGENT: Listed = Listed { noun: "agent", list: "agents", member: "agent_id" };

/// Fails when nobody ever told of it.
pub(super) fn must_be_known(
    service: &Service,
    listed: &Listed,
    id: i64,
    min_position: &Option<String>,
) -> Result<(), CliError> {
    let Listed { noun, list, .. } = listed;
    let answer = ask(service, listed, min_position)?;
    if has(&answer, listed, id) {
        return Ok(());
    }
    let freshness = &answer["freshness"];
    if !freshness["stopped"].is_null() {
        // What it misses may tell of it, and nobody knows when it goes on.
        return Ok(());
    }
    if freshness["lag_records"] != 0 {
        let head = Some(freshness["head"].to_string());
        if has(&ask(service, listed, &head)?, listed, id) {
            return Ok(());
        }
    }
    let hint = format!("hint: `attempt-ledger {list}` lists those that it knows");
    Err(anyhow!("the ledger has never heard of {noun} {id}\n{hint}").into())
}

fn ask(service: &Service, listed: &Listed, min_position: &Option<String>) -> Result<Value, CliError> {
    let query = Query::to(format!("/v1/{}", listed.list));
    service.json(&query.with_given([("min_position", min_position)]))
}

fn has(answer: &Value, listed: &Listed, id: i64) -> bool {
    let mut rows = answer[listed.list].as_array().into_iter().flatten();
    rows.any(|row| row[listed.member].as_i64() == Some(id))
}
