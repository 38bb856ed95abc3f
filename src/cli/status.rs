//! `attempt-ledger status`: where a ledger stands.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde::Serialize;

use super::open::Storage;
use super::{CliError, Target, open, read_models};
use crate::log::EventLog as _;
use crate::projector::statuses;
use crate::read_store::{PostgresAddress, StoreError};

#[derive(Args)]
pub(super) struct Status {
    #[command(flatten)]
    target: Target,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Standing {
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
    /// The read models, when the files are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_models: Option<ReadModels>,
}

#[derive(Serialize)]
struct ReadModels {
    /// Where they are; never a password.
    store: String,
    /// The log position that all of them contain; absent while there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    /// Why nothing is known of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

impl ReadModels {
    fn look(directory: &Path, database: Option<&PostgresAddress>) -> Self {
        let store = database.map_or_else(|| "sqlite".to_owned(), ToString::to_string);
        let position = || -> Result<Option<u64>, StoreError> {
            let Some(models) = read_models::as_they_lie(directory, database)? else { return Ok(None) };
            let positions = statuses(models.as_ref())?.into_iter().map(|it| it.checkpoint.position.0);
            Ok(positions.min())
        };
        match position() {
            Ok(position) => Self { store, position, unreadable: None },
            Err(error) => Self { store, position: None, unreadable: Some(error.to_string()) },
        }
    }
}

impl fmt::Display for ReadModels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.unreadable, self.position) {
            (Some(reason), _) => write!(formatter, "{}: {reason}", self.store),
            (None, Some(position)) => write!(formatter, "position {position}, in {}", self.store),
            (None, None) => write!(formatter, "none yet, in {}", self.store),
        }
    }
}

impl Status {
    pub(super) fn run(self, storage: Storage) -> Result<(), CliError> {
        let standing = match &self.target.url {
            Some(url) => ask(url)?,
            None => self.read(storage)?,
        };
        if self.json {
            let text = serde_json::to_string(&standing).context("stdout")?;
            anstream::println!("{text}");
            return Ok(());
        }
        anstream::println!("head      position {}", standing.head);
        let writes =
            standing.refuses_writes.as_deref().map_or("taken".to_owned(), |it| format!("refused: {it}"));
        anstream::println!("writes    {writes}");
        if let Some(queues) = standing.queues {
            anstream::println!("queues    {queues} defined");
        }
        if let Some(segments) = standing.segments {
            anstream::println!("segments  {segments}");
        }
        if let Some(read_models) = standing.read_models {
            anstream::println!("models    {read_models}");
        }
        Ok(())
    }

    fn read(&self, storage: Storage) -> Result<Standing, CliError> {
        let directory = self.target.directory();
        let database = storage.database()?;
        let (ledger, log) = open::existing(&directory, &storage)?;
        Ok(Standing {
            head: log.head().0,
            refuses_writes: log.poisoned(),
            queues: Some(ledger.queues().len()),
            segments: Some(log.open_report().segments),
            read_models: Some(ReadModels::look(&directory, database.as_ref())),
        })
    }
}

fn ask(url: &str) -> Result<Standing, CliError> {
    let base = url.trim_end_matches('/');
    let agent = open::http_agent();
    let get = |path: &str| -> anyhow::Result<(u16, String)> {
        let url = format!("{base}{path}");
        let mut response = agent.get(&url).call().with_context(|| url.clone())?;
        let body = response.body_mut().read_to_string().with_context(|| url.clone())?;
        Ok((response.status().as_u16(), body))
    };
    let (status, body) = get("/v1/events?limit=1")?;
    let page: serde_json::Value =
        serde_json::from_str(&body).with_context(|| format!("{base} answered {status}"))?;
    let head = page["head"].as_u64().ok_or_else(|| anyhow!("{base} is not an attempt-ledger"))?;
    let (ready, reason) = get("/readyz")?;
    let refuses_writes = (ready != 200).then(|| {
        let problem: serde_json::Value = serde_json::from_str(&reason).unwrap_or_default();
        problem["detail"].as_str().unwrap_or(&reason).to_owned()
    });
    Ok(Standing { head, refuses_writes, queues: None, segments: None, read_models: None })
}
