//! `attempt-ledger timeline`: one attempt as a swimlane and a list of events.

use anyhow::{Context as _, anyhow};
use attempt_ledger_domain::timeline::Timeline;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::arguments::ClockArguments;
use super::query::Query;
use super::remote_service::{read, refusal};
use super::service_client::ServiceClient;
use super::storage::ReadStoreArguments;
use super::{CliError, Target, output, swimlane};
use crate::http::api::{LinkAnswer, LinksAnswer};

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
    #[command(flatten)]
    read_store: ReadStoreArguments,
}

#[derive(Serialize, Deserialize)]
struct AttemptTimeline {
    as_of: u64,
    #[serde(flatten)]
    timeline: Timeline,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    #[serde(flatten)]
    links: LinksAnswer,
    /// Where a service's next part begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_after: Option<usize>,
}

impl TimelineCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let zone = self.clock.zone()?;
        let answer = self.ask(&ServiceClient::open(&self.target, self.read_store.clone().into())?)?;
        if self.json {
            return output::print_json(&serde_json::to_string_pretty(&answer).context("stdout")?);
        }
        let width = self.width.unwrap_or_else(swimlane::terminal_width);
        let (class, links) = (answer.class.as_deref(), link_lines(&answer.links));
        output::print(&swimlane::draw(&answer.timeline, self.as_of, class, &links, width, zone))
    }

    fn ask(&self, service: &ServiceClient) -> Result<AttemptTimeline, CliError> {
        let as_of = self.as_of.map(|position| position.to_string());
        let mut answer = self.ask_part(service, &self.part().with_given([("as_of", &as_of)]))?;
        while let Some(after) = answer.next_after {
            let part = self.part().with("as_of", answer.as_of.to_string());
            let next = self.ask_part(service, &part.with("after", after.to_string()))?;
            answer.timeline.append(next.timeline);
            answer.next_after = next.next_after;
        }
        Ok(answer)
    }

    fn part(&self) -> Query {
        Query::to(format!("/v1/attempts/{}/timeline", self.attempt_id))
    }

    fn ask_part(&self, service: &ServiceClient, part: &Query) -> Result<AttemptTimeline, CliError> {
        let (status, body) = service.get(part)?;
        match status {
            200 => read(&body, &part.path),
            404 => Err(self.unknown().into()),
            status => Err(refusal(status, &part.path, &body)),
        }
    }

    fn unknown(&self) -> anyhow::Error {
        anyhow!(
            "the ledger has never heard of attempt {}\nhint: the number is the producer's attempt_id",
            self.attempt_id
        )
    }
}

/// One line for each id that other attempts name, too.
fn link_lines(links: &LinksAnswer) -> Vec<String> {
    let same_id = |left: &LinkAnswer, right: &LinkAnswer| (left.kind, &left.id) == (right.kind, &right.id);
    let mut lines: Vec<String> = links
        .links
        .chunk_by(same_id)
        .map(|linked| {
            let attempts: Vec<String> = linked.iter().map(|link| link.attempt_id.to_string()).collect();
            let (what, id) = (linked[0].kind.name().replace('_', " "), &linked[0].id);
            format!("{what} {id} is also of attempt {}", attempts.join(", "))
        })
        .collect();
    if links.has_more_links {
        lines.push("there are more links".to_owned());
    }
    if let Some(position) = links.links_known_to {
        lines.push(format!("links are known up to position {position} only"));
    }
    lines
}
