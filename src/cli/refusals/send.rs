//! A refused delivery, judged again with a correction.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::route::REFUSALS;
use super::settle::{in_words, open_for_writing};
use crate::cli::remote_service::{read, refusal};
use crate::cli::storage::ReadStoreArguments;
use crate::cli::{CliError, Target, output};

#[derive(Args)]
#[group(id = "correction", required = true, multiple = true, args = ["body", "event", "queue_type"])]
pub(super) struct SendArguments {
    /// The refusal
    #[arg(value_name = "REFUSAL_ID")]
    refusal_id: Uuid,
    /// The body as it should have been sent; - is standard input
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// The event, one of the eight
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// The queue type, by name or by the producer's number
    #[arg(long, value_name = "TYPE")]
    queue_type: Option<String>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    read_store: ReadStoreArguments,
    /// Why, in your own words; kept with the decision
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl SendArguments {
    pub(super) fn run(self) -> Result<(), CliError> {
        let correction = self.correction()?;
        let service = open_for_writing(&self.target, self.read_store)?;
        let path = format!("{REFUSALS}/{}/replay", self.refusal_id);
        let (status, text) = service.post(&path, &correction.to_string())?;
        if status != 200 {
            return Err(refusal(status, &path, &text));
        }
        if self.json {
            return output::print_json(text.trim_end());
        }
        output::print(&in_words(&read(&text, &path)?))
    }

    fn correction(&self) -> Result<Value, CliError> {
        let mut members = Map::new();
        members.insert("note".to_owned(), json!(self.note));
        let address = [("event", &self.event), ("queue_type", &self.queue_type)];
        let address =
            address.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?))));
        members.insert("address".to_owned(), Value::Object(address.collect()));
        if let Some(file) = &self.body {
            members.insert("body".to_owned(), json!(body_of(file)?));
        }
        Ok(Value::Object(members))
    }
}

/// The text of a file, without the line break at its end.
fn body_of(file: &Path) -> Result<String, CliError> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    Ok(text.with_context(|| file.display().to_string())?.trim().to_owned())
}
