//! `attempt-ledger refusals`: deliveries that a rule did not let in, and what becomes of them.

mod route;
mod send;
mod settle;
mod show;

use clap::{Args, Subcommand};

use super::arguments::TimeArguments;
use super::cells::{self, CellColumn, CellKind};
use super::query::Query;
use super::service_client::ServiceClient;
use super::storage::ReadStoreArguments;
use super::visible::visible;
use super::{CliError, Target, output};
use route::REFUSALS;
use send::SendArguments;
use settle::SettleArguments;
use show::ShowArguments;

const COLUMNS: [CellColumn; 8] = [
    ("refusal", "refusal_id", CellKind::Text),
    ("recorded", "recorded_at", CellKind::Clock),
    ("status", "status", CellKind::Text),
    ("rule", "code", CellKind::Text),
    ("event", "event", CellKind::Text),
    ("attempt", "attempt_id", CellKind::Number),
    ("queue", "queue_id", CellKind::Number),
    ("detail", "detail", CellKind::Text),
];

#[derive(Args)]
pub(super) struct RefusalsCommand {
    #[command(subcommand)]
    action: RefusalsAction,
}

#[derive(Subcommand)]
enum RefusalsAction {
    /// List refusals, newest first
    List(ListArguments),
    /// Show one refusal with its body
    Show(ShowArguments),
    /// Judge refused deliveries again, by the rules and definitions of today
    Replay(SettleArguments),
    /// Judge a refused delivery again with a corrected body, event or queue type
    Send(SendArguments),
    /// Decide that refused deliveries stay out for good; their bodies are kept
    Dismiss(SettleArguments),
}

#[derive(Args)]
struct ListArguments {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    read_store: ReadStoreArguments,
    /// open, replayed or dismissed
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// The rule's code
    #[arg(long, value_name = "CODE", visible_alias = "code")]
    rule: Option<String>,
    /// Those that name this attempt
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    attempt_id: Option<String>,
    /// Those that name this queue
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    queue_id: Option<String>,
    #[command(flatten)]
    times: TimeArguments,
    /// At most so many
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true)]
    limit: Option<String>,
    /// Go on after an earlier page: the next_cursor of its JSON
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl RefusalsCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        match self.action {
            RefusalsAction::List(list) => list.run(),
            RefusalsAction::Show(show) => show.run(),
            RefusalsAction::Replay(settle) => settle.run("replay"),
            RefusalsAction::Send(send) => send.run(),
            RefusalsAction::Dismiss(settle) => settle.run("dismiss"),
        }
    }
}

impl ListArguments {
    fn run(self) -> Result<(), CliError> {
        let query = self.times.add_to(Query::to(REFUSALS)).with_given([
            ("status", &self.status),
            ("code", &self.rule),
            ("attempt_id", &self.attempt_id),
            ("queue_id", &self.queue_id),
            ("limit", &self.limit),
            ("cursor", &self.cursor),
        ]);
        let zone = output::zone(&self.times);
        let service = ServiceClient::open(&self.target, self.read_store.into())?;
        if self.json {
            return output::print_json(service.text(&query)?.trim_end());
        }
        let answer = service.json(&query)?;
        output::print(&cells::rows(&COLUMNS, cells::members(&answer, "refusals"), zone))?;
        if let Some(cursor) = answer["next_cursor"].as_str() {
            anstream::eprintln!("there are more: --cursor {}, or --limit", visible(cursor));
        }
        Ok(())
    }
}
