//! Whether a ledger contains a queue or an agent: a history of an unknown one is all zeros, which reads like
//! a fact.

use anyhow::anyhow;
use serde_json::Value;

use super::CliError;
use super::query::Query;
use super::service_client::ServiceClient;

/// A list, and the member of its rows that is looked for.
pub(super) struct IdList {
    noun: &'static str,
    list: &'static str,
    member: &'static str,
}

/// Queues: those that an attempt named, and those that are defined.
pub(super) const QUEUE: IdList = IdList { noun: "queue", list: "queues", member: "queue_id" };
/// Agents.
pub(super) const AGENT: IdList = IdList { noun: "agent", list: "agents", member: "agent_id" };

/// Fails when no record names it, or without an id when nothing stands in none.
pub(super) fn require(
    service: &ServiceClient,
    listed: &IdList,
    id: Option<i64>,
    min_position: &Option<String>,
) -> Result<(), CliError> {
    let IdList { noun, list, .. } = listed;
    let answer = ask(service, listed, min_position)?;
    if has(&answer, listed, id) {
        return Ok(());
    }
    let freshness = &answer["freshness"];
    if !freshness["stopped"].is_null() {
        // What it misses may name it, and when it goes on is not known.
        return Ok(());
    }
    if freshness["lag_records"] != 0 {
        let head = Some(freshness["head"].to_string());
        if has(&ask(service, listed, &head)?, listed, id) {
            return Ok(());
        }
    }
    let hint = format!("hint: `attempt-ledger {list}` lists those that it knows");
    let Some(id) = id else {
        return Err(anyhow!("nothing that the ledger knows stands in no {noun}\n{hint}").into());
    };
    Err(anyhow!("the ledger has never heard of {noun} {id}\n{hint}").into())
}

fn ask(service: &ServiceClient, listed: &IdList, min_position: &Option<String>) -> Result<Value, CliError> {
    let query = Query::to(format!("/v1/{}", listed.list));
    service.json(&query.with_given([("min_position", min_position)]))
}

fn has(answer: &Value, listed: &IdList, id: Option<i64>) -> bool {
    let mut rows = answer[listed.list].as_array().into_iter().flatten();
    rows.any(|row| row[listed.member].as_i64() == id)
}
