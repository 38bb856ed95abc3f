//! `attempt-ledger verify`: reads everything and recomputes what can be recomputed.

mod model_check;

use std::collections::HashMap;
use std::time::Instant;

use anyhow::Context as _;
use attempt_ledger_domain::{Position, RULES_VERSION};
use clap::Args;
use serde::Serialize;

use super::storage::Storage;
use super::{CliError, Target, output, progress_bar, reading};
use crate::log::{EmbeddedLog, EventLog as _, ReadError};
use crate::record::{Digest, Leaf, Opening, RecordKind, leaf_hash};
use model_check::ModelCheck;

/// Records read at once.
const PAGE: usize = 4_096;

#[derive(Args)]
pub(super) struct VerifyCommand {
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
struct VerifyReport {
    records: u64,
    events: u64,
    attempts: usize,
    refusals: u64,
    head: u64,
    rules_version: u32,
    elapsed_ms: u128,
    /// How the index differs from the log; absent while it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    index_damage: Option<String>,
    /// Absent with --log-only; empty where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_models: Option<Vec<ModelCheck>>,
}

/// The end of one stream's chain. KNOWN GAP: one entry for each attempt, about 80 bytes, stays in memory.
type Chains = HashMap<(RecordKind, i64), (u32, Digest)>;

impl VerifyCommand {
    pub(super) fn run(self, storage: Storage) -> Result<(), CliError> {
        let directory = self.target.directory("verify reads files, it cannot ask a server with --url")?;
        let started = Instant::now();
        let database = storage.database()?;
        let readable = reading::open(&directory, &storage)?;
        let (ledger, log) = (&readable.ledger, &readable.log);
        let mut report = check(log)?;
        log.check_lineage().map_err(|error| CliError::Damaged(error.to_string()))?;
        let fault = log.open_report().index_fault.clone();
        report.index_damage = match log.check_index() {
            Ok(()) => fault,
            Err(error @ ReadError::Index { .. }) => fault.or_else(|| Some(error.to_string())),
            // The segments that the index is held against do not read: that is damage to the log.
            Err(error) => return Err(anyhow::Error::from(error).into()),
        };
        if !self.log_only {
            let place = readable.models_place(&storage)?;
            let models = model_check::check(ledger.log(), &directory, place.root(), database.as_ref())?;
            report.read_models = Some(models);
        }
        report.elapsed_ms = started.elapsed().as_millis();
        let text = if self.json {
            format!("{}\n", serde_json::to_string(&report).context("stdout")?)
        } else {
            in_words(&report)
        };
        output::print(&text)?;
        differing(report.read_models.as_deref().unwrap_or_default())?;
        match report.index_damage {
            None => Ok(()),
            Some(damage) => Err(CliError::Damaged(format!("the log is intact: {damage}"))),
        }
    }
}

fn in_words(report: &VerifyReport) -> String {
    let mut text = format!(
        "intact: {} records, {} events of {} attempts, {} refusals, in {} ms\n",
        report.records, report.events, report.attempts, report.refusals, report.elapsed_ms
    );
    let Some(checked) = &report.read_models else { return text };
    let count = |state| checked.iter().filter(|one| one.state == state).count();
    let (all, equal, outdated) = (checked.len(), count("equal"), count("outdated"));
    let behind = count("behind");
    text.push_str(&match (all, outdated) {
        (0, _) => "read models: none yet\n".to_owned(),
        (_, 0) => format!("read models: {equal} of {all} equal a fresh fold of the log\n"),
        _ => format!(
            "read models: {equal} of {all} equal a fresh fold of the log; {outdated} of another version \
             cannot be compared\n"
        ),
    });
    if behind > 0 {
        let text_of_behind = "a runaway attempt is not folded yet, so that they cannot be compared";
        text.push_str(&format!("read models: in {behind} of them {text_of_behind}\n"));
    }
    text
}

/// An error when a read model is not what the log says.
fn differing(checked: &[ModelCheck]) -> Result<(), CliError> {
    let differ: Vec<&ModelCheck> = checked.iter().filter(|one| one.differences > 0).collect();
    if differ.is_empty() {
        return Ok(());
    }
    for one in differ.iter().flat_map(|one| &one.examples) {
        anstream::eprintln!("{}: the row {} differs", one.table, one.key);
    }
    let named = differ.iter().map(|one| format!("{} ({} rows)", one.tables.join(", "), one.differences));
    Err(CliError::Damaged(format!(
        "the log is intact, the read models differ from it: {}\nhint: `attempt-ledger rebuild` mends them; \
         with --compare --differences FILE it writes every difference",
        named.collect::<Vec<_>>().join("; ")
    )))
}

/// Reads the log in order. The log checks checksums and positions, this checks what the leaves promise.
fn check(log: &EmbeddedLog) -> Result<VerifyReport, CliError> {
    let head = log.head();
    let bar = progress_bar::over_records(head.0);
    let mut chains = Chains::new();
    let mut report = VerifyReport {
        records: 0,
        events: 0,
        attempts: 0,
        refusals: 0,
        head: head.0,
        rules_version: RULES_VERSION,
        elapsed_ms: 0,
        index_damage: None,
        read_models: None,
    };
    let mut after = Position(0);
    loop {
        let page = log.read_after(after, PAGE).map_err(|error| CliError::Damaged(error.to_string()))?;
        let Some(last) = page.last() else { break };
        after = last.position;
        for stored in &page {
            let damaged = |what: String| {
                let place = log.place_of(stored.position);
                let (file, offset) = place.unwrap_or_else(|| ("the log".into(), 0));
                CliError::Damaged(format!(
                    "{} is damaged at byte {offset}: the record at position {} {what}\nhint: restore this \
                     file from a backup",
                    file.display(),
                    stored.position
                ))
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
            report.records += 1;
            report.events += u64::from(leaf.kind == RecordKind::Event);
            report.refusals += u64::from(leaf.rule.is_some());
        }
        bar.set_position(after.0);
    }
    bar.finish_and_clear();
    if after != head {
        return Err(CliError::Damaged(format!("the log ends at position {after}, not at {head}")));
    }
    report.attempts = chains.keys().filter(|(kind, _)| *kind == RecordKind::Event).count();
    Ok(report)
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
