//! `attempt-ledger status`: where a ledger stands.

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde::Serialize;

use super::open::Storage;
use super::{CliError, Target, open};
use crate::log::EventLog as _;

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
        Ok(())
    }

    fn read(&self, storage: Storage) -> Result<Standing, CliError> {
        let directory = self.target.directory();
        let (ledger, log) = open::existing(&directory, &storage)?;
        Ok(Standing {
            head: log.head().0,
            refuses_writes: log.poisoned(),
            queues: Some(ledger.queues().len()),
            segments: Some(log.open_report().segments),
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
    Ok(Standing { head, refuses_writes, queues: None, segments: None })
}
