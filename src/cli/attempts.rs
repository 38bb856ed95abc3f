//! `attempt-ledger attempts`: what became of attempts.

use clap::Args;

use super::filters::{Attempts, Known, Page, Times};
use super::open::Storage;
use super::output::{self, Printing};
use super::request::{Query, Service};
use super::show::{self, Column, Kind};
use super::{CliError, Target};

const COLUMNS: [Column; 13] = [
    ("attempt", "attempt_id", Kind::Number),
    ("started", "started_at", Kind::Clock),
    ("queue", "queue_id", Kind::Number),
    ("type", "queue_type", Kind::Text),
    ("state", "state", Kind::Text),
    ("class", "class", Kind::Text),
    ("result", "result", Kind::Text),
    ("wait", "wait_ms", Kind::Duration),
    ("talk", "talk_ms", Kind::Duration),
    ("wrap", "wrap_ms", Kind::Duration),
    ("offers", "offers", Kind::Number),
    ("missed", "missed_by_agent", Kind::Number),
    ("gaps", "gaps", Kind::Text),
];

#[derive(Args)]
pub(super) struct ListAttempts {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    attempts: Attempts,
    #[command(flatten)]
    times: Times,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    printing: Printing,
}

impl ListAttempts {
    pub(super) fn run(self, storage: Storage) -> Result<(), CliError> {
        let query = self.attempts.add_ids_to(Query::to("/v1/attempts"));
        let query = self.times.add_to(self.attempts.add_to(query));
        let query = self.known.add_to(self.page.add_to(query));
        let zone = output::zone(&self.times);
        let service = Service::open(&self.target, storage)?;
        output::answer(&service, query, self.printing.format(), |answer| {
            let rows = answer["attempts"].as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(cursor) = answer["next_cursor"].as_str() {
                anstream::eprintln!("there are more: --cursor {cursor}, or --limit");
            }
            show::rows(&COLUMNS, rows, zone)
        })
    }
}
