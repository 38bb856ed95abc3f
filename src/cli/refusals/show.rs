//! One refusal in words.

use attempt_ledger_domain::UnixMillis;
use attempt_ledger_projections::calendar::Zone;
use clap::Args;
use serde_json::Value;
use uuid::Uuid;

use super::route::REFUSALS;
use crate::cli::arguments::ClockArguments;
use crate::cli::clock::clock;
use crate::cli::query::Query;
use crate::cli::service_client::ServiceClient;
use crate::cli::storage::ReadStoreArguments;
use crate::cli::visible::visible;
use crate::cli::{CliError, Target, output};

#[derive(Args)]
pub(super) struct ShowArguments {
    /// The refusal
    #[arg(value_name = "REFUSAL_ID")]
    refusal_id: Uuid,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    read_store: ReadStoreArguments,
    #[command(flatten)]
    clock: ClockArguments,
    /// Print the answer as JSON, with the body exactly as it came
    #[arg(long)]
    json: bool,
}

impl ShowArguments {
    pub(super) fn run(self) -> Result<(), CliError> {
        let zone = self.clock.zone()?;
        let service = ServiceClient::open(&self.target, self.read_store.into())?;
        let text = service.text(&Query::to(format!("{REFUSALS}/{}", self.refusal_id)))?;
        if self.json {
            return output::print_json(text.trim_end());
        }
        let refusal: Value = serde_json::from_str(&text).map_err(anyhow::Error::from)?;
        output::print(&in_words(&refusal, zone))
    }
}

fn next_step(id: &str) -> String {
    format!("attempt-ledger refusals replay {id}, or send or dismiss in the place of replay")
}

fn in_words(refusal: &Value, zone: Zone) -> String {
    let text = |name: &str| visible(refusal[name].as_str().unwrap_or_default()).into_owned();
    let time = |name: &str| refusal[name].as_i64().map(|at| clock(UnixMillis(at), zone));
    let number = |name: &str| refusal[name].as_i64().map(|id| id.to_string());
    let note = refusal["note"].as_str().filter(|note| !note.is_empty());
    let note = note.map(|note| format!(": {}", visible(note))).unwrap_or_default();
    let settled = time("settled_at").map(|at| format!("{} at {at}{note}", text("status")));
    let body = refusal["body"].as_str().or(refusal["body_base64"].as_str()).unwrap_or_default();
    let lines = [
        ("refusal", Some(text("refusal_id"))),
        ("recorded", time("recorded_at").map(|at| format!("{at} ({zone})"))),
        ("rule", Some(format!("{}: {}", text("code"), text("rule")))),
        ("detail", Some(text("detail"))),
        ("status", Some(settled.unwrap_or_else(|| text("status")))),
        ("event", refusal["event"].as_str().map(str::to_owned)),
        ("attempt", number("attempt_id")),
        ("queue", number("queue_id")),
        ("source", Some(text("source"))),
        ("address", Some(visible(&refusal["address"].to_string()).into_owned())),
        ("body", Some(visible(body).into_owned())),
        ("hint", Some(text("hint"))),
        ("next", (refusal["status"] == "open").then(|| next_step(&text("refusal_id")))),
    ];
    let shown = lines.into_iter().filter_map(|(name, value)| Some(format!("{name:<9} {}\n", value?)));
    shown.collect()
}
