//! `attempt-ledger agents`: who the agents are, one agent's history, or what an agent did when.

use clap::Args;

use super::arguments::{ExplanationArguments, MeasureArguments, PositionArguments, TimeArguments};
use super::cells::{self, CellColumn, CellKind};
use super::output::{self, PrintArguments, PrintFormat};
use super::query::Query;
use super::service_client::ServiceClient;
use super::storage::ReadStoreArguments;
use super::terminal_writer::TerminalText;
use super::{CliError, Target, existence, export, queues, terminal_writer};
use crate::files::{CsvOptions, FileFormat};

/// The metrics of tables where no others are named.
const METRICS: &str = "n_offers,n_handled,n_missed,missed_rate,talk_time,acw_time,aht";

const COLUMNS: [CellColumn; 3] = [
    ("agent", "agent_id", CellKind::Number),
    ("name", "agent_name", CellKind::Text),
    ("last seen", "last_seen_at", CellKind::Clock),
];

const STATES: [CellColumn; 6] = [
    ("from", "start", CellKind::Clock),
    ("to", "end", CellKind::Clock),
    ("state", "state", CellKind::Text),
    ("for", "duration_ms", CellKind::Duration),
    ("attempt", "attempt_id", CellKind::Number),
    ("open", "open", CellKind::Text),
];

#[derive(Args)]
pub(super) struct AgentsCommand {
    /// The agent whose history is shown [default: every agent]
    #[arg(value_name = "AGENT_ID", allow_negative_numbers = true)]
    agent_id: Option<i64>,
    /// What the agent did when, instead of figures
    #[arg(long, requires = "agent_id")]
    intervals: bool,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    times: TimeArguments,
    /// Only what the agent did in this queue
    #[arg(long, value_name = "ID", allow_hyphen_values = true, requires = "agent_id")]
    queue_id: Option<String>,
    #[command(flatten)]
    measuring: MeasureArguments,
    #[command(flatten)]
    explaining: ExplanationArguments,
    #[command(flatten)]
    known: PositionArguments,
    #[command(flatten)]
    printing: PrintArguments,
    #[command(flatten)]
    read_store: ReadStoreArguments,
}

impl AgentsCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let service = ServiceClient::open(&self.target, self.read_store.clone().into())?;
        let zone = output::zone(&self.times);
        let Some(agent_id) = self.agent_id else { return self.list(&service) };
        existence::require(&service, &existence::AGENT, Some(agent_id), &self.known.min_position)?;
        let today = output::today_by_default(self.times.clone());
        if self.intervals {
            let query = today.add_to(Query::to(format!("/v1/agents/{agent_id}/intervals")));
            return output::answer(&service, self.rest(query), self.printing.format(), |answer| {
                let occupied = cells::cell(&answer["occupied_ms"], CellKind::Duration, zone);
                anstream::eprintln!("busy for {occupied}, at most {} at once", answer["concurrency_max"]);
                cells::rows(&STATES, cells::members(answer, "intervals"), zone)
            });
        }
        let query = self.rest(today.add_to(Query::to(format!("/v1/agents/{agent_id}/history"))));
        let is_plain =
            self.printing.format() == PrintFormat::Table && !query.has("metrics") && !query.has("explain");
        let query = if is_plain { query.with("metrics", METRICS) } else { query };
        output::answer(&service, query, self.printing.format(), |answer| queues::draw(answer, zone))
    }

    /// Every other parameter. One that the route does not know, it refuses by name.
    fn rest(&self, query: Query) -> Query {
        let query = query.with_given([("queue_id", &self.queue_id)]);
        self.known.add_to(self.explaining.add_to(self.measuring.add_to(query)))
    }

    fn list(&self, service: &ServiceClient) -> Result<(), CliError> {
        let query = self.rest(self.times.add_to(Query::to("/v1/agents")));
        if matches!(self.printing.format(), PrintFormat::Table | PrintFormat::Json) {
            let zone = output::zone(&self.times);
            return output::answer(service, query, self.printing.format(), |answer| {
                cells::rows(&COLUMNS, cells::members(answer, "agents"), zone)
            });
        }
        // The route answers JSON only: the list is short.
        let format =
            if self.printing.format() == PrintFormat::Csv { FileFormat::Csv } else { FileFormat::Ndjson };
        let text = TerminalText::of(format);
        let list = export::agent_list(&service.list(&query, "agents")?);
        export::write_list(list, format, &CsvOptions::default(), terminal_writer::stdout(text)).map(drop)
    }
}
