//! `attempt-ledger refusals`: deliveries that a rule did not let in, and what becomes of them.

mod count;
mod filter;
mod route;
mod send;
mod settle;
mod show;

use clap::{Args, Subcommand};

use super::cells::{self, CellColumn, CellKind};
use super::service_client::ServiceClient;
use super::storage::ReadStoreArguments;
use super::{CliError, Target, output};
use count::CountArguments;
use filter::RefusalFilter;
use send::SendArguments;
use settle::{Decision, SettleArguments};
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
    /// Count refusals by rule
    Count(CountArguments),
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
    #[command(flatten)]
    filter: RefusalFilter,
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
            RefusalsAction::Count(count) => count.run(),
            RefusalsAction::Replay(settle) => settle.run(Decision::Replay),
            RefusalsAction::Send(send) => send.run(),
            RefusalsAction::Dismiss(settle) => settle.run(Decision::Dismiss),
        }
    }
}

impl ListArguments {
    fn run(self) -> Result<(), CliError> {
        let page = [("status", &self.status), ("limit", &self.limit), ("cursor", &self.cursor)];
        let query = self.filter.query().with_given(page);
        let zone = output::zone(&self.filter.times);
        let service = ServiceClient::open(&self.target, self.read_store.into())?;
        if self.json {
            return output::print_json(service.text(&query)?.trim_end());
        }
        let answer = service.json(&query)?;
        output::print(&cells::rows(&COLUMNS, cells::members(&answer, "refusals"), zone))?;
        cells::say_if_there_are_more(&answer);
        Ok(())
    }
}
