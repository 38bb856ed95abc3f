//! `attempt-ledger timeline`: one attempt as a swimlane and a list of events.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use attempt_ledger_domain::timeline::Timeline;
use attempt_ledger_domain::{AttemptId, Position};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::arguments::ClockArguments;
use super::remote_service::{RemoteService, refusal};
use super::storage::Storage;
use super::{CliError, LedgerLocation, Target, output, reading, swimlane};

#[derive(Args)]
pub(super) struct TimelineCommand {
    /// The attempt's number at the producer
    #[arg(value_name = "ATTEMPT_ID", allow_hyphen_values = true)]
    attempt_id: i64,
    #[command(flatten)]
    target: Target,
    /// Show what the ledger knew at this log position
    #[arg(long, value_name = "POSITION")]
    as_of: Option<u64>,
    /// Columns to draw in [default: the terminal's width]
    #[arg(long, value_name = "COLUMNS")]
    width: Option<usize>,
    #[command(flatten)]
    clock: ClockArguments,
    /// Print the timeline as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize, Deserialize)]
struct AttemptTimeline {
    as_of: u64,
    #[serde(flatten)]
    timeline: Timeline,
    /// Where a service's next part begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_after: Option<usize>,
}

impl TimelineCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let zone = self.clock.zone()?;
        let answer = match self.target.location()? {
            LedgerLocation::Server(url) => self.ask(&url)?,
            LedgerLocation::Directory(directory) => self.read(&directory)?,
        };
        if self.json {
            return output::print_json(&serde_json::to_string_pretty(&answer).context("stdout")?);
        }
        let width = self.width.unwrap_or_else(swimlane::terminal_width);
        output::print(&swimlane::draw(&answer.timeline, width, zone))
    }

    fn read(&self, directory: &Path) -> Result<AttemptTimeline, CliError> {
        let ledger = reading::open(directory, &Storage::default())?.ledger;
        let head = ledger.log().head();
        let as_of = self.as_of.map_or(head, Position);
        if as_of > head {
            return Err(CliError::Usage(format!("`as_of`: the log ends at position {head}.")));
        }
        let timeline = ledger
            .timeline(AttemptId(self.attempt_id), Some(as_of))
            .map_err(anyhow::Error::from)?
            .ok_or_else(|| self.unknown())?;
        Ok(AttemptTimeline { as_of: as_of.0, timeline, next_after: None })
    }

    fn ask(&self, url: &str) -> Result<AttemptTimeline, CliError> {
        let service = RemoteService::new(url);
        let as_of = self.as_of.map(|position| format!("?as_of={position}")).unwrap_or_default();
        let mut answer = self.ask_part(&service, &as_of)?;
        while let Some(after) = answer.next_after {
            let next = self.ask_part(&service, &format!("?as_of={}&after={after}", answer.as_of))?;
            answer.timeline.append(next.timeline);
            answer.next_after = next.next_after;
        }
        Ok(answer)
    }

    fn ask_part(&self, service: &RemoteService, query: &str) -> Result<AttemptTimeline, CliError> {
        let path = format!("/v1/attempts/{}/timeline{query}", self.attempt_id);
        let (status, body) = service.get(&path)?;
        match status {
            200 => Ok(serde_json::from_str(&body).with_context(|| service.url(&path))?),
            404 => Err(self.unknown().into()),
            status => Err(refusal(status, &service.url(&path), &body)),
        }
    }

    fn unknown(&self) -> anyhow::Error {
        anyhow!(
            "the ledger has never heard of attempt {}\nhint: the number is the producer's attempt_id",
            self.attempt_id
        )
    }
}
