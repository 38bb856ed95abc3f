//! What a rebuild prints: a bar or JSON while it runs, and a table of what the comparison found.

use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar};
use serde::Deserialize;

use crate::cli::text_table::{Align, TextTable};
use crate::cli::visible::visible;
use crate::cli::{CliError, output, progress_bar};

/// Between two objects of JSON.
const JSON_PAUSE: Duration = Duration::from_secs(1);
/// Digits of a digest that are shown; JSON has all of them.
const DIGEST_SHOWN: usize = 12;

/// How far a rebuild has come, as the routes answer it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RebuildState {
    pub(super) phase: String,
    pub(super) position: u64,
    pub(super) head: u64,
    records_per_second: u64,
    elapsed_ms: u64,
    #[serde(default)]
    left_ms: Option<u64>,
    pub(super) compared: Vec<ComparisonSummary>,
    #[serde(default)]
    pub(super) damage: Option<String>,
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// The result of comparing old and new read models.
#[derive(Default)]
pub(super) struct Comparison {
    pub(super) compared: Vec<ComparisonSummary>,
    /// What is wrong with the old file, beside rows that differ.
    pub(super) damage: Option<String>,
}

/// The result of comparing one read model.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ComparisonSummary {
    pub(super) projection: String,
    rows_before: Option<u64>,
    rows_after: Option<u64>,
    pub(super) differences: Option<u64>,
    digest_before: Option<String>,
    digest_after: Option<String>,
    pub(super) not_comparable: Option<String>,
}

impl RebuildState {
    pub(super) fn is_over(&self) -> bool {
        matches!(&*self.phase, "done" | "cancelled" | "failed")
    }
}

pub(super) struct ProgressReport {
    is_json: bool,
    bar: ProgressBar,
    last: Option<(Instant, String)>,
}

impl ProgressReport {
    pub(super) fn new(is_json: bool) -> Self {
        Self { is_json, bar: progress_bar::with_message(0), last: None }
    }

    /// Shows how far it is. `text` is the same as JSON.
    pub(super) fn show(&mut self, state: &RebuildState, text: &str) -> Result<(), CliError> {
        if self.is_json {
            let is_due = self.last.as_ref().is_none_or(|(at, phase)| {
                at.elapsed() >= JSON_PAUSE
                    || state.is_over()
                    || (*phase != state.phase && state.phase == "comparing")
            });
            if is_due {
                self.last = Some((Instant::now(), state.phase.clone()));
                output::print_json(text.trim_end())?;
            }
            return Ok(());
        }
        self.bar.set_length(state.head);
        self.bar.set_position(state.position);
        self.bar.set_message(match (&*state.phase, state.left_ms) {
            ("folding", Some(left_ms)) => {
                let left = HumanDuration(Duration::from_millis(left_ms));
                format!("{}/s, {left} left", HumanCount(state.records_per_second))
            }
            (phase, _) => visible(phase).into_owned(),
        });
        Ok(())
    }

    /// Prints the result.
    pub(super) fn end(self, state: &RebuildState, is_swapped: bool) -> Result<(), CliError> {
        self.bar.finish_and_clear();
        if self.is_json {
            return Ok(());
        }
        let mut table = TextTable::new([
            ("read model", Align::Left),
            ("rows before", Align::Right),
            ("rows after", Align::Right),
            ("differences", Align::Right),
            ("digest before", Align::Left),
            ("digest after", Align::Left),
        ]);
        let count =
            |count: Option<u64>| count.map_or_else(|| "–".to_owned(), |it| HumanCount(it).to_string());
        let digest = |digest: &Option<String>| match digest {
            Some(digest) => digest.chars().take(DIGEST_SHOWN).collect(),
            None => "–".to_owned(),
        };
        for one in &state.compared {
            table.row(vec![
                one.projection.clone(),
                count(one.rows_before),
                count(one.rows_after),
                count(one.differences),
                digest(&one.digest_before),
                digest(&one.digest_after),
            ]);
        }
        let mut text = table.draw();
        for one in &state.compared {
            if let Some(reason) = &one.not_comparable {
                text.push_str(&format!("{}: nothing to compare with: {}\n", one.projection, visible(reason)));
            }
        }
        let what =
            if is_swapped { "the new read models are in use" } else { "compared only; nothing was changed" };
        text.push_str(&format!(
            "{what}: position {}, {}, {} records a second\n",
            HumanCount(state.position),
            HumanDuration(Duration::from_millis(state.elapsed_ms)),
            HumanCount(state.records_per_second)
        ));
        output::print(&text)
    }
}
