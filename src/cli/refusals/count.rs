//! How many refusals there are, by rule.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::filter::{RefusalFilter, visit};
use crate::cli::service_client::ServiceClient;
use crate::cli::storage::ReadStoreArguments;
use crate::cli::text_table::{Align, TextTable};
use crate::cli::visible::visible;
use crate::cli::{CliError, Target, output};

#[derive(Args)]
pub(super) struct CountArguments {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    read_store: ReadStoreArguments,
    #[command(flatten)]
    filter: RefusalFilter,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How many refusals of one rule stand where.
#[derive(Clone, Copy, Default, Serialize)]
struct RuleCount {
    open: u64,
    replayed: u64,
    dismissed: u64,
}

impl RuleCount {
    fn add(&mut self, status: &str) {
        match status {
            "open" => self.open += 1,
            "replayed" => self.replayed += 1,
            _ => self.dismissed += 1,
        }
    }
}

impl CountArguments {
    pub(super) fn run(self) -> Result<(), CliError> {
        let service = ServiceClient::open(&self.target, self.read_store.into())?;
        let mut counts: BTreeMap<String, RuleCount> = BTreeMap::new();
        visit(&service, &self.filter.query(), &mut |refusal: &Value| {
            let text = |member: &str| refusal[member].as_str().unwrap_or_default();
            counts.entry(text("code").to_owned()).or_default().add(text("status"));
        })?;
        if self.json {
            return output::print_json(&serde_json::to_string(&counts).map_err(anyhow::Error::from)?);
        }
        output::print(&in_words(&counts))
    }
}

fn in_words(counts: &BTreeMap<String, RuleCount>) -> String {
    let mut table = TextTable::new([("rule", Align::Left)]);
    for name in ["open", "replayed", "dismissed"] {
        table.column(name, Align::Right);
    }
    let mut all = RuleCount::default();
    for (rule, count) in counts {
        table.row(row(&visible(rule), *count));
        all.open += count.open;
        all.replayed += count.replayed;
        all.dismissed += count.dismissed;
    }
    table.row(row("all", all));
    table.draw()
}

fn row(name: &str, RuleCount { open, replayed, dismissed }: RuleCount) -> Vec<String> {
    let counts = [open, replayed, dismissed].map(|count| count.to_string());
    std::iter::once(name.to_owned()).chain(counts).collect()
}
