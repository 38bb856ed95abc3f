//! `attempt-ledger verify`: reads everything and recomputes what can be recomputed.

mod log_check;
mod model_check;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use attempt_ledger_domain::RULES_VERSION;
use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::error::DAMAGE_HINT;
use super::reading::{self, ReadableLedger};
use super::storage::{ReadStoreArguments, Storage};
use super::visible::visible;
use super::{CliError, DATA_DEFAULT, output};
use crate::log::{EmbeddedLog, EventLog as _, ReadError};
use model_check::ModelCheck;

#[derive(Args)]
pub(super) struct VerifyCommand {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "ATTEMPT_LEDGER_DATA", default_value = DATA_DEFAULT)]
    data: PathBuf,
    /// Check the log only, and not the read models against it
    #[arg(long)]
    log_only: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read_store: ReadStoreArguments,
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
    /// Each place where the log is not what was written; absent while it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damage: Vec<String>,
    /// How the index differs from the log; absent while it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    index_damage: Option<String>,
    /// What a start has found to belong to another log, or to know more; absent where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kept_aside: Vec<String>,
    /// Absent with --log-only; empty where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_models: Option<Vec<ModelCheck>>,
}

impl VerifyCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let storage = Storage::from(self.read_store.clone());
        let directory = &self.data;
        let started = Instant::now();
        storage.database()?;
        // What a start would mend or rename is still there afterwards, and the next look finds it again.
        let readable = match reading::open_as_it_lies(directory, &storage) {
            Err(error) if error.is_damage() => return self.report_unopened(error),
            opened => opened?,
        };
        let mut report = VerifyReport::of(&readable.log)?;
        report.kept_aside = kept_aside(directory)?;
        if report.damage.is_empty() {
            self.check_what_is_derived(&readable, directory, &storage, &mut report)?;
        }
        report.elapsed_ms = started.elapsed().as_millis();
        if self.json {
            output::print_json(&serde_json::to_string(&report).context("stdout")?)?;
        } else if report.damage.is_empty() {
            output::print(&in_words(&report))?;
        }
        damaged(&report)?;
        differing(report.read_models.as_deref().unwrap_or_default())?;
        match report.index_damage {
            None => Ok(()),
            Some(damage) => Err(CliError::Damaged(format!(
                "the log is intact, what is derived from it is not: {damage}\nhint: the next start makes it \
                 anew; an index of another log is kept under another name"
            ))),
        }
    }

    /// The files of a log that does not open because it is damaged.
    fn report_unopened(&self, opening: CliError) -> Result<(), CliError> {
        let damage = log_check::of_files(&self.data);
        if self.json {
            let said = if damage.is_empty() { vec![opening.to_string()] } else { damage.clone() };
            output::print_json(&json!({ "opens": false, "damage": said }).to_string())?;
        }
        if damage.is_empty() {
            return Err(opening);
        }
        Err(CliError::Damaged(format!(
            "{}\nthe log does not open, and is damaged in {}\nhint: {DAMAGE_HINT}",
            damage.join("\n"),
            places(&damage)
        )))
    }

    /// The index and the read models against the log, which is whole.
    fn check_what_is_derived(
        &self,
        readable: &ReadableLedger,
        directory: &Path,
        storage: &Storage,
        report: &mut VerifyReport,
    ) -> Result<(), CliError> {
        let fault = readable.log.open_report().index_fault.clone();
        report.index_damage = match readable.log.check_index() {
            Ok(()) => fault,
            Err(ReadError::Index { reason }) => fault.or(Some(reason)),
            // The segments that the index is held against do not read: that is damage to the log.
            Err(error) => return Err(anyhow::Error::from(error).into()),
        };
        if !self.log_only {
            let place = readable.models_place(storage)?;
            let database = storage.database()?;
            let log = readable.ledger.log();
            report.read_models = Some(model_check::check(log, directory, place.root(), database.as_ref())?);
        }
        Ok(())
    }
}

impl VerifyReport {
    /// What the log itself shows.
    fn of(log: &EmbeddedLog) -> Result<Self, CliError> {
        let check = log_check::check(log)?;
        Ok(Self {
            records: check.records,
            events: check.events,
            attempts: check.attempts(),
            refusals: check.refusals,
            head: log.head().0,
            rules_version: RULES_VERSION,
            elapsed_ms: 0,
            damage: check.damage,
            index_damage: None,
            kept_aside: Vec::new(),
            read_models: None,
        })
    }
}

/// What a start has given another name, instead of deleting it.
fn kept_aside(directory: &Path) -> Result<Vec<String>, CliError> {
    let entries = std::fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let asides = names.filter(|name| name.contains(".aside-"));
    let mut kept: Vec<String> = asides.map(|name| directory.join(name).display().to_string()).collect();
    kept.sort();
    Ok(kept)
}

/// An error that lists every place where the log is not what was written.
fn damaged(report: &VerifyReport) -> Result<(), CliError> {
    if report.damage.is_empty() {
        return Ok(());
    }
    Err(CliError::Damaged(format!(
        "{}\n{} of {} records read, and the log is damaged in {}; the index and the read models are not \
         checked\nhint: {DAMAGE_HINT}",
        report.damage.join("\n"),
        report.records,
        report.head,
        places(&report.damage)
    )))
}

fn places(damage: &[String]) -> String {
    format!("{} {}", damage.len(), if damage.len() == 1 { "place" } else { "places" })
}

fn in_words(report: &VerifyReport) -> String {
    let mut text = format!(
        "intact: {} records, {} events of {} attempts, {} refusals, in {} ms\n",
        report.records, report.events, report.attempts, report.refusals, report.elapsed_ms
    );
    for kept in &report.kept_aside {
        text.push_str(&format!("kept aside, and not checked: {kept}\n"));
    }
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
        anstream::eprintln!("{}: the row {} differs", one.table, visible(&one.key.to_string()));
    }
    let named = differ.iter().map(|one| format!("{} ({} rows)", one.tables.join(", "), one.differences));
    Err(CliError::Damaged(format!(
        "the log is intact, the read models differ from it: {}\nhint: `attempt-ledger rebuild` mends them; \
         with --compare --differences FILE it writes every difference",
        named.collect::<Vec<_>>().join("; ")
    )))
}
