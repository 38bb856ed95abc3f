//! The log and the refusals, page by page as NDJSON.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::export_output::ExportOutput;
use crate::cli::CliError;
use crate::cli::query::Query;
use crate::cli::service_client::ServiceClient;
use crate::limits::PAGE_LIMIT_MAX;

#[derive(Deserialize)]
struct Events {
    events: Vec<Box<RawValue>>,
    next_after: u64,
    head: u64,
}

#[derive(Deserialize)]
struct Refusals {
    refusals: Vec<Box<RawValue>>,
    #[serde(default)]
    next_cursor: Option<String>,
}

fn write(rows: &[Box<RawValue>], out: &mut ExportOutput) -> Result<u64, CliError> {
    let mut lines = Vec::new();
    for row in rows {
        lines.extend_from_slice(row.get().as_bytes());
        lines.push(b'\n');
    }
    out.write(&lines)?;
    Ok(rows.len() as u64)
}

/// Every record up to the head at the beginning. Returns how many, and that head.
pub(super) fn events(
    service: &ServiceClient,
    query: Query,
    out: &mut ExportOutput,
) -> Result<(u64, u64), CliError> {
    let (mut after, mut rows, mut up_to) = (0, 0, None);
    loop {
        // Positions have no gaps, so the last page ends exactly at the head of the beginning.
        let left = up_to.map_or(PAGE_LIMIT_MAX as u64, |up_to: u64| up_to - after).min(PAGE_LIMIT_MAX as u64);
        if left == 0 {
            return Ok((rows, after));
        }
        let page = query.clone().with("after", after.to_string()).with("limit", left.to_string());
        let page: Events = service.json(&page)?;
        rows += write(&page.events, out)?;
        up_to.get_or_insert(page.head);
        if page.events.is_empty() {
            return Ok((rows, after));
        }
        after = page.next_after;
    }
}

/// Every refusal, newest first. Returns how many.
pub(super) fn refusals(
    service: &ServiceClient,
    query: &Query,
    out: &mut ExportOutput,
) -> Result<u64, CliError> {
    let (mut cursor, mut rows) = (None, 0);
    loop {
        let page = query.clone().with("limit", PAGE_LIMIT_MAX.to_string()).with_given([("cursor", &cursor)]);
        let page: Refusals = service.json(&page)?;
        rows += write(&page.refusals, out)?;
        if page.next_cursor.is_none() {
            return Ok(rows);
        }
        cursor = page.next_cursor;
    }
}
