//! `attempt-ledger status`: where a ledger stands.

mod model_status;
mod queue_hooks;

use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::DAMAGE_HINT;
use super::evidence::{contradicting_file, contradiction, evidence};
use super::remote_service::{RemoteService, read as read_answer, refusal};
use super::storage::{ReadStoreArguments, Storage};
use super::visible::visible_lines;
use super::{CliError, LedgerLocation, Target, output, read_models, reading};
use crate::log::EventLog as _;
use crate::read_store::StoreError;
use model_status::ModelStatus;
use queue_hooks::QueueFault;

#[derive(Args)]
pub(super) struct StatusCommand {
    #[command(flatten)]
    target: Target,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read_store: ReadStoreArguments,
}

#[derive(Serialize)]
struct LedgerStatus {
    /// The position of the last record.
    head: u64,
    /// Why writes are refused; absent while they are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    refuses_writes: Option<String>,
    /// Defined queues.
    #[serde(skip_serializing_if = "Option::is_none")]
    queues: Option<usize>,
    /// Files of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<usize>,
    /// What is known to be wrong with files of the log; absent while nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    log_damage: Vec<String>,
    /// What is wrong with the index of the log; absent while it is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    index_damage: Option<String>,
    /// The database that the read models are in, without a password; absent where they are in the directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_store: Option<String>,
    /// The read models; empty where there are none, absent where they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    projections: Option<Vec<ModelStatus>>,
    /// Queues for which something else arrives than their definitions say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hooks: Vec<QueueFault>,
    /// Why they cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_models_fault: Option<String>,
    /// Which records the read models have seen that the log does not hold, and what to do; absent while it
    /// holds all.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<String>,
    /// What this process may not read, or has no room for.
    #[serde(skip)]
    place_fault: Option<CliError>,
}

impl StatusCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let storage = Storage::from(self.read_store.clone());
        let status = match self.target.location()? {
            LedgerLocation::Server(url) => ask(&url)?,
            LedgerLocation::Directory(directory) => read(&directory, storage)?,
        };
        if self.json {
            output::print_json(&serde_json::to_string(&status).context("stdout")?)?;
        } else {
            output::print(&in_words(&status))?;
        }
        match (&status.log_damage[..], status.evidence) {
            ([], None) => status.place_fault.map_or(Ok(()), Err),
            ([], Some(evidence)) => Err(CliError::Damaged(evidence)),
            (damage, _) => Err(CliError::Damaged(format!(
                "the log is damaged: {}\nhint: with the server stopped, `attempt-ledger verify` lists all \
                 that is damaged; {DAMAGE_HINT}",
                damage.join("; ")
            ))),
        }
    }
}

fn in_words(status: &LedgerStatus) -> String {
    let writes = status
        .refuses_writes
        .as_deref()
        .map_or("taken".to_owned(), |it| format!("refused: {}", visible_lines(it)));
    let mut text = format!("head         position {}\nwrites       {writes}\n", status.head);
    if let Some(queues) = status.queues {
        text.push_str(&format!("queues       {queues} defined\n"));
    }
    if let Some(segments) = status.segments {
        text.push_str(&format!("segments     {segments}\n"));
    }
    for damage in &status.log_damage {
        text.push_str(&format!("log          damaged: {}\n", visible_lines(damage)));
    }
    if let Some(damage) = &status.index_damage {
        text.push_str(&format!("index        damaged: {}\n", visible_lines(damage)));
    }
    if status.evidence.is_some() {
        text.push_str("log          not the one that the read models have seen\n");
    }
    if let Some(read_store) = &status.read_store {
        text.push_str(&format!("read store   {read_store}\n"));
    }
    text.push_str(&queue_hooks::in_words(&status.hooks));
    if let Some(fault) = &status.read_models_fault {
        text.push_str(&format!(
            "read models  cannot be read: {}\nhint: `attempt-ledger rebuild` makes them anew\n",
            visible_lines(fault)
        ));
    }
    match status.projections.as_deref() {
        Some([]) => text.push_str("read models  none yet: they are made when somebody asks\n"),
        Some(projections) => {
            text.push('\n');
            text.push_str(&model_status::in_words(projections));
        }
        None => {}
    }
    text
}

/// The directory as it lies: nothing is brought forward.
fn read(directory: &Path, storage: Storage) -> Result<LedgerStatus, CliError> {
    let database = storage.database()?;
    let readable = reading::open(directory, &storage)?;
    let (ledger, log) = (&readable.ledger, &readable.log);
    let place = readable.models_place(&storage)?;
    let found = read_models::as_they_lie(place.root(), database.as_ref()).and_then(|store| match store {
        Some(store) => {
            let statuses = crate::projector::statuses(store.as_ref())?;
            Ok((statuses, queue_hooks::of(ledger, store.as_ref())?))
        }
        None => Ok(Default::default()),
    });
    let mut place_fault = None;
    let witness = match (&database, &found) {
        (Some(database), Ok((statuses, _))) => {
            contradiction(log.as_ref(), &format!("the read models in {database}"), statuses)?
        }
        (Some(_), Err(_)) => None,
        (None, _) => match contradicting_file(directory, place.root(), log.as_ref()) {
            Ok(witness) => witness,
            Err(error) => {
                place_fault = Some(error);
                None
            }
        },
    };
    let evidence = witness.map(|witness| CliError::from(evidence(directory, log.head(), witness)));
    let (projections, hooks, read_models_fault) = match found {
        Ok((statuses, hooks)) => (Some(model_status::of(ledger, statuses)?), hooks, None),
        Err(error @ StoreError::Newer { .. }) => return Err(error.into()),
        Err(error) => {
            let text = error.to_string();
            if place_fault.is_none() && matches!(error, StoreError::Place { .. }) {
                place_fault = Some(error.into());
            }
            (None, Vec::new(), Some(text))
        }
    };
    Ok(LedgerStatus {
        head: log.head().0,
        refuses_writes: log.poisoned(),
        queues: Some(ledger.queues().len()),
        segments: Some(log.open_report().segments),
        log_damage: log.segment_damage(),
        index_damage: log.index_damage(),
        read_store: database.map(|it| it.to_string()),
        projections,
        hooks,
        read_models_fault,
        evidence: evidence.map(|error| error.to_string()),
        place_fault,
    })
}

/// What it answers about the log.
#[derive(Default, Deserialize)]
struct LogStatus {
    damage: Vec<String>,
}

/// What `/v1/projections` answers.
#[derive(Deserialize)]
struct ModelStatuses {
    head: u64,
    #[serde(default)]
    log: LogStatus,
    projections: Vec<ModelStatus>,
}

fn ask(url: &str) -> Result<LedgerStatus, CliError> {
    const PROJECTIONS: &str = "/v1/projections";
    let server = RemoteService::new(url);
    let (status, text) = server.get(PROJECTIONS)?;
    if status != 200 {
        return Err(refusal(status, PROJECTIONS, &text));
    }
    let ModelStatuses { head, log, projections } = read_answer(&text, PROJECTIONS)?;
    let (ready, reason) = server.get("/readyz")?;
    let refuses_writes = (ready != 200).then(|| {
        let problem: Value = serde_json::from_str(&reason).unwrap_or_default();
        problem["detail"].as_str().unwrap_or(&reason).to_owned()
    });
    Ok(LedgerStatus {
        head,
        refuses_writes,
        queues: None,
        segments: None,
        log_damage: log.damage,
        index_damage: None,
        read_store: None,
        projections: Some(projections),
        hooks: queue_hooks::ask(&server)?,
        read_models_fault: None,
        evidence: None,
        place_fault: None,
    })
}
