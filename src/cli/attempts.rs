//! `attempt-ledger attempts`: what became of attempts.

use clap::Args;

use super::arguments::{AttemptArguments, PageArguments, PositionArguments, TimeArguments};
use super::cells::{self, CellColumn, CellKind};
use super::output::{self, PrintArguments};
use super::query::Query;
use super::service_client::ServiceClient;
use super::storage::ReadStoreArguments;
use super::visible::visible;
use super::{CliError, Target};

const COLUMNS: [CellColumn; 13] = [
    ("attempt", "attempt_id", CellKind::Number),
    ("started", "started_at", CellKind::Clock),
    ("queue", "queue_id", CellKind::Number),
    ("type", "queue_type", CellKind::Text),
    ("state", "state", CellKind::Text),
    ("class", "class", CellKind::Text),
    ("result", "result", CellKind::Text),
    ("wait", "wait_ms", CellKind::Duration),
    ("talk", "talk_ms", CellKind::Duration),
    ("wrap", "wrap_ms", CellKind::Duration),
    ("offers", "offers", CellKind::Number),
    ("missed", "missed_by_agent", CellKind::Number),
    ("gaps", "gaps", CellKind::Text),
];

#[derive(Args)]
pub(super) struct AttemptsCommand {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    attempts: AttemptArguments,
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
        let query = self.times.add_to(self.attempts.add_to(query));
        let query = self.known.add_to(self.page.add_to(query));
        let zone = output::zone(&self.times);
        let service = ServiceClient::open(&self.target, self.read_store.clone().into())?;
        output::answer(&service, query, self.printing.format(), |answer| {
            if let Some(cursor) = answer["next_cursor"].as_str() {
                anstream::eprintln!("there are more: --cursor {}, or --limit", visible(cursor));
            }
            cells::rows(&COLUMNS, cells::members(answer, "attempts"), zone)
        })
    }
}
