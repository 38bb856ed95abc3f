//! `attempt-ledger attempts`: what became of attempts.

use clap::Args;

use super::arguments::{AttemptArguments, PageArguments, PositionArguments, TimeArguments};
use super::cells::{self, CellColumn, CellKind};
use super::output::{self, PrintArguments};
use super::query::Query;
use super::service_client::ServiceClient;
use super::storage::ReadStoreArguments;
use super::{CliError, Target};

const COLUMNS: [CellColumn; 15] = [
    ("attempt", "attempt_id", CellKind::Number),
    ("started", "started_at", CellKind::Clock),
    ("queue", "queue_id", CellKind::Number),
    ("type", "queue_type", CellKind::Text),
    ("state", "state", CellKind::Text),
    ("class", "class", CellKind::Text),
    ("result", "result", CellKind::Text),
    ("ended by", "ended_by", CellKind::Text),
    ("wait", "wait_ms", CellKind::Duration),
    ("talk", "talk_ms", CellKind::Duration),
    ("wrap", "wrap_ms", CellKind::Duration),
    ("offers", "offers", CellKind::Number),
    ("missed by agent", "missed_by_agent", CellKind::Number),
    ("by caller", "missed_by_caller", CellKind::Number),
    ("gaps", "gaps", CellKind::Text),
];

#[derive(Args)]
pub(super) struct AttemptsCommand {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    attempts: AttemptArguments,
    /// The attempt's number at the producer
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    attempt_id: Option<String>,
    #[command(flatten)]
    times: TimeArguments,
    #[command(flatten)]
    page: PageArguments,
    #[command(flatten)]
    known: PositionArguments,
    #[command(flatten)]
    printing: PrintArguments,
    #[command(flatten)]
    read_store: ReadStoreArguments,
}

impl AttemptsCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let query = self.attempts.add_ids_to(Query::to("/v1/attempts"));
        let query = query.with_given([("attempt_id", &self.attempt_id)]);
        let query = self.times.add_to(self.attempts.add_to(query));
        let query = self.known.add_to(self.page.add_to(query));
        let zone = output::zone(&self.times);
        let service = ServiceClient::open(&self.target, self.read_store.clone().into())?;
        output::answer(&service, query, self.printing.format(), |answer| {
            cells::rows(&COLUMNS, cells::members(answer, "attempts"), zone)
        })
    }
}
