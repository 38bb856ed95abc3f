//! `attempt-ledger agents`: who the agents are, one agent's history, or what an agent did when.

use clap::Args;

use super::filters::{Explaining, Known, Measuring, Times};
use super::open::Storage;
use super::output::{self, Format, Printing};
use super::request::{Query, Service};
use super::show::{self, Column, Kind};
use super::{CliError, Target, export, known, queues};
use crate::files::{CsvOptions, FileFormat};

/// The metrics of tables where nobody names others.
const METRICS: &str = "n_offers,n_handled,n_missed,missed_rate,talk_time,acw_time,aht,occupancy";

const COLUMNS: [Column; 3] = [
    ("agent", "agent_id", Kind::Number),
    ("name", "agent_name", Kind::Text),
    ("last seen", "last_seen_at", Kind::Clock),
];

const STATES: [Column; 6] = [
    ("from", "start", Kind::Clock),
    ("to", "end", Kind::Clock),
    ("state", "state", Kind::Text),
    ("for", "duration_ms", Kind::Duration),
    ("attempt", "attempt_id", Kind::Number),
    ("open", "open", Kind::Text),
];

#[derive(Args)]
pub(super) struct ShowAgents {
    /// The agent whose history is shown [default: every agent]
    #[arg(value_name = "AGENT_ID", allow_negative_numbers = true)]
    agent_id: Option<i64>,
    /// What the agent did when, instead of figures
    #[arg(long, requires = "agent_id")]
    intervals: bool,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    times: Times,
    /// Only what the agent did in this queue
    #[arg(long, value_name = "ID", allow_hyphen_values = true, requires = "agent_id")]
    queue_id: Option<String>,
    #[command(flatten)]
    measuring: Measuring,
    #[command(flatten)]
    explaining: Explaining,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    printing: Printing,
}

impl ShowAgents {
    pub(super) fn run(self, storage: Storage) -> Result<(), CliError> {
        let service = Service::open(&self.target, storage)?;
        let zone = output::zone(&self.times);
        let Some(agent_id) = self.agent_id else { return self.list(&service) };
        known::must_be_known(&service, &known::AGENT, agent_id, &self.known.min_position)?;
        let today = output::today_unless_said(self.times.clone());
        if self.intervals {
            let query = today.add_to(Query::to(format!("/v1/agents/{agent_id}/intervals")));
            return output::answer(&service, self.rest(query), self.printing.format(), |answer| {
                let states = answer["intervals"].as_array().map(Vec::as_slice).unwrap_or_default();
                let occupied = show::cell(&answer["occupied_ms"], Kind::Duration, zone);
                anstream::eprintln!("busy for {occupied}, at most {} at once", answer["concurrency_max"]);
                show::rows(&STATES, states, zone)
            });
        }
        let query = self.rest(today.add_to(Query::to(format!("/v1/agents/{agent_id}/history"))));
        let is_plain =
            self.printing.format() == Format::Table && !query.has("metrics") && !query.has("explain");
        let query = if is_plain { query.with("metrics", METRICS) } else { query };
        output::answer(&service, query, self.printing.format(), |answer| queues::draw(answer, zone))
    }

    /// Every other parameter. One that the route does not know, it refuses by name.
    fn rest(&self, query: Query) -> Query {
        let query = query.with_given([("queue_id", &self.queue_id)]);
        self.known.add_to(self.explaining.add_to(self.measuring.add_to(query)))
    }

    fn list(&self, service: &Service) -> Result<(), CliError> {
        let query = self.rest(self.times.add_to(Query::to("/v1/agents")));
        if matches!(self.printing.format(), Format::Table | Format::Json) {
            let zone = output::zone(&self.times);
            return output::answer(service, query, self.printing.format(), |answer| {
                let agents = answer["agents"].as_array().map(Vec::as_slice).unwrap_or_default();
                show::rows(&COLUMNS, agents, zone)
            });
        }
        // The route answers JSON only: the list is short.
        let format = if self.printing.format() == Format::Csv { FileFormat::Csv } else { FileFormat::Ndjson };
        let list = export::agents(&service.json(&query)?);
        export::write(list, format, &CsvOptions::default(), Box::new(std::io::stdout())).map(drop)
    }
}
