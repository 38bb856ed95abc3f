//! Decisions about refusals.

use anyhow::anyhow;
use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::filter::{RefusalFilter, visit};
use super::route::REFUSALS;
use crate::cli::remote_service::{read, refusal};
use crate::cli::service_client::ServiceClient;
use crate::cli::storage::ReadStoreArguments;
use crate::cli::visible::{visible, visible_lines};
use crate::cli::{CliError, LedgerLocation, Target, open, output};

#[derive(Args)]
pub(super) struct SettleArguments {
    /// The refusals [default: every open one that the filters mean]
    #[arg(value_name = "REFUSAL_ID")]
    refusal_ids: Vec<Uuid>,
    #[command(flatten)]
    filter: RefusalFilter,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    read_store: ReadStoreArguments,
    /// Why, in your own words; kept with the decision
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Print each answer as JSON, a line each
    #[arg(long)]
    json: bool,
}

/// What is decided about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Replay,
    Dismiss,
}

impl Decision {
    /// The last part of the route.
    const fn name(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Dismiss => "dismiss",
        }
    }

    /// Where a refusal stands that was settled so.
    const fn status(self) -> &'static str {
        match self {
            Self::Replay => "replayed",
            Self::Dismiss => "dismissed",
        }
    }
}

impl SettleArguments {
    /// Decides about each refusal by itself: one that stays refused does not keep the next from its turn.
    pub(super) fn run(self, decision: Decision) -> Result<(), CliError> {
        if self.refusal_ids.is_empty() != self.filter.is_given() {
            return Err(CliError::Usage(
                "name the refusals, or filters such as --rule and --queue-id, and not both\n\
                 hint: `attempt-ledger refusals list` shows their ids"
                    .to_owned(),
            ));
        }
        let service = open_for_writing(&self.target, self.read_store.clone())?;
        let body = json!({ "note": self.note }).to_string();
        let refusal_ids = self.meant(&service)?;
        let mut failures = 0;
        for refusal_id in &refusal_ids {
            let path = format!("{REFUSALS}/{refusal_id}/{}", decision.name());
            let (status, text) = service.post(&path, &body)?;
            if status != 200 {
                failures += 1;
                let failure = refusal(status, &path, &text).to_string();
                anstream::eprintln!("{refusal_id}: {}", visible_lines(&failure));
                continue;
            }
            let answer: Value = read(&text, &path)?;
            if answer["status"] != decision.status() {
                failures += 1;
                let status = visible(answer["status"].as_str().unwrap_or_default());
                anstream::eprintln!("{refusal_id}: it is {status} already");
            } else if self.json {
                output::print_json(text.trim_end())?;
            } else {
                output::print(&in_words(&answer))?;
            }
        }
        match failures {
            0 => Ok(()),
            some => Err(anyhow!("{some} of {} refusals stay as they were", refusal_ids.len()).into()),
        }
    }

    /// The refusals that are named, or all open ones that the filters mean.
    fn meant(&self, service: &ServiceClient) -> Result<Vec<String>, CliError> {
        if !self.filter.is_given() {
            return Ok(self.refusal_ids.iter().map(Uuid::to_string).collect());
        }
        let mut refusal_ids = Vec::new();
        visit(service, &self.filter.query().with("status", "open"), &mut |refusal| {
            refusal_ids.extend(refusal["refusal_id"].as_str().map(str::to_owned));
        })?;
        Ok(refusal_ids)
    }
}

/// Where decisions are recorded.
pub(super) fn open_for_writing(
    target: &Target,
    read_store: ReadStoreArguments,
) -> Result<ServiceClient, CliError> {
    if let LedgerLocation::Directory(directory) = target.location()? {
        open::refuse_copy(&directory)?;
    }
    ServiceClient::open(target, read_store.into())
}

/// `REFUSAL_ID replayed: attempt 7, revision 2, position 12`.
pub(super) fn in_words(answer: &Value) -> String {
    let text = |value: &Value| visible(value.as_str().unwrap_or_default()).into_owned();
    let (refusal_id, status, event) = (&answer["refusal_id"], &answer["status"], &answer["event"]);
    // An observation has no revision, and not each has an attempt.
    let places = [("attempt", "attempt_id"), ("revision", "revision"), ("position", "position")];
    let places: Vec<String> =
        places.iter().filter_map(|(word, member)| Some(format!("{word} {}", event.get(*member)?))).collect();
    let place = if places.is_empty() { String::new() } else { format!(": {}", places.join(", ")) };
    format!("{} {}{place}\n", text(refusal_id), text(status))
}
