//! `attempt-ledger verify`: reads everything and recomputes what can be recomputed.

mod models;

use std::collections::HashMap;
use std::time::Instant;

use anyhow::Context as _;
use attempt_ledger_domain::{Position, RULES_VERSION};
use clap::Args;
use serde::Serialize;

use super::open::Storage;
use super::{CliError, Target, bar, open, output};
use crate::log::EventLog;
use crate::record::{Digest, Leaf, Opening, RecordKind, leaf_hash};
use models::Checked;

/// Records read at once.
const PAGE: usize = 4_096;

#[derive(Args)]
pub(super) struct Verify {
    #[command(flatten)]
    target: Target,
    /// Check the log only, and not the read models against it
    #[arg(long)]
    log_only: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Verdict {
    records: u64,
    events: u64,
    attempts: usize,
    refusals: u64,
    head: u64,
    rules_version: u32,
    elapsed_ms: u128,
    /// Absent with --log-only; empty where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_models: Option<Vec<Checked>>,
}

/// The end of one stream's chain. KNOWN GAP: one entry for each attempt, about 80 bytes, stays in memory.
type Chains = HashMap<(RecordKind, i64), (u32, Digest)>;

impl Verify {
    pub(super) fn run(self, storage: Storage) -> Result<(), CliError> {
        let directory = self.target.directory("verify reads files, it cannot ask a server with --url")?;
        let started = Instant::now();
        let database = storage.database()?;
        let (ledger, _log) = open::existing(&directory, &storage)?;
        let mut verdict = check(ledger.log().as_ref())?;
        if !self.log_only {
            verdict.read_models = Some(models::check(ledger.log(), &directory, database.as_ref())?);
        }
        verdict.elapsed_ms = started.elapsed().as_millis();
        let told = if self.json {
            format!("{}\n", serde_json::to_string(&verdict).context("stdout")?)
        } else {
            in_words(&verdict)
        };
        output::print(&told)?;
        differing(verdict.read_models.as_deref().unwrap_or_default())
    }
}

fn in_words(verdict: &Verdict) -> String {
    let mut text = format!(
        "intact: {} records, {} events of {} attempts, {} refusals, in {} ms\n",
        verdict.records, verdict.events, verdict.attempts, verdict.refusals, verdict.elapsed_ms
    );
    let Some(checked) = &verdict.read_models else { return text };
    let count = |state| checked.iter().filter(|one| one.state == state).count();
    let (all, equal, outdated) = (checked.len(), count("equal"), count("outdated"));
    text.push_str(&match (all, outdated) {
        (0, _) => "read models: none yet\n".to_owned(),
        (_, 0) => format!("read models: {equal} of {all} equal a fresh fold of the log\n"),
        _ => format!(
            "read models: {equal} of {all} equal a fresh fold of the log; {outdated} of another version cannot be \
             compared\n"
        ),
    });
    text
}

/// An error when a read model is not what the log says.
fn differing(checked: &[Checked]) -> Result<(), CliError> {
    let differ: Vec<&Checked> = checked.iter().filter(|one| one.differences > 0).collect();
    if differ.is_empty() {
        return Ok(());
    }
    for one in differ.iter().flat_map(|one| &one.examples) {
        anstream::eprintln!("{}: the row {} differs", one.table, one.key);
    }
    let named = differ.iter().map(|one| format!("{} ({} rows)", one.tables.join(", "), one.differences));
    Err(CliError::Damaged(format!(
        "the log is intact, the read models differ from it: {}\nhint: `attempt-ledger rebuild` mends them; with \
         --compare --differences FILE it writes every difference",
        named.collect::<Vec<_>>().join("; ")
    )))
}

/// Reads the log in order. The log checks checksums and positions, this checks what the leaves promise.
fn check(log: &dyn EventLog) -> Result<Verdict, CliError> {
    let head = log.head();
    let bar = bar::over_records(head.0);
    let mut chains = Chains::new();
    let mut verdict = Verdict {
        records: 0,
        events: 0,
        attempts: 0,
        refusals: 0,
        head: head.0,
        rules_version: RULES_VERSION,
        elapsed_ms: 0,
        read_models: None,
    };
    let mut after = Position(0);
    loop {
        let page = log.read_after(after, PAGE).map_err(|error| CliError::Damaged(error.to_string()))?;
        let Some(last) = page.last() else { break };
        after = last.position;
        for stored in &page {
            let damaged = |what: String| {
                CliError::Damaged(format!("the record at position {} {what}", stored.position))
            };
            let leaf = Leaf::parse(&stored.leaf).map_err(|error| damaged(error.to_string()))?;
            let opening = Opening::parse(&stored.opening).map_err(|error| damaged(error.to_string()))?;
            if leaf.to_bytes() != stored.leaf.as_ref() {
                return Err(damaged("has a leaf that is not canonical".to_owned()));
            }
            if opening.commitment() != leaf.commitment {
                return Err(damaged("has a payload that its leaf does not commit to".to_owned()));
            }
            follow(&mut chains, &leaf, &stored.leaf).map_err(damaged)?;
            verdict.records += 1;
            verdict.events += u64::from(leaf.kind == RecordKind::Event);
            verdict.refusals += u64::from(leaf.rule.is_some());
        }
        bar.set_position(after.0);
    }
    bar.finish_and_clear();
    if after != head {
        return Err(CliError::Damaged(format!("the log ends at position {after}, not at {head}")));
    }
    verdict.attempts = chains.keys().filter(|(kind, _)| *kind == RecordKind::Event).count();
    Ok(verdict)
}

/// Revisions are gapless, and every leaf names the one before it.
fn follow(chains: &mut Chains, leaf: &Leaf<'_>, bytes: &[u8]) -> Result<(), String> {
    let stream = match leaf.kind {
        RecordKind::Event => leaf.attempt_id.map(|id| id.0),
        RecordKind::Queue => leaf.queue_id.map(|id| id.0),
        RecordKind::Refusal => return Ok(()),
    };
    let stream = stream.ok_or("names no stream")?;
    let before = chains.get(&(leaf.kind, stream)).copied();
    let expected = before.map_or(1, |(revision, _)| revision + 1);
    if leaf.revision.map(|revision| revision.0) != Some(expected) {
        return Err(format!("should have revision {expected}"));
    }
    if leaf.previous != before.map(|(_, hash)| hash) {
        return Err("does not name the leaf before it".to_owned());
    }
    chains.insert((leaf.kind, stream), (expected, leaf_hash(bytes)));
    Ok(())
}
