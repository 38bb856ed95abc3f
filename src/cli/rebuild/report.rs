//! What is told of a rebuild: a bar or JSON while it runs, and a table of what comparing came to.

use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar};
use serde::Deserialize;

use crate::cli::table::{Align, Table};
use crate::cli::{CliError, bar, output};

/// Between two objects of JSON.
const JSON_PAUSE: Duration = Duration::from_secs(1);
/// Digits of a digest that tell two apart at a glance; JSON has all of them.
const DIGEST_SHOWN: usize = 12;

/// How far a rebuild has come, as the routes answer it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Told {
    pub(super) phase: String,
    pub(super) position: u64,
    pub(super) head: u64,
    records_per_second: u64,
    elapsed_ms: u64,
    #[serde(default)]
    left_ms: Option<u64>,
    pub(super) compared: Vec<Comparison>,
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// What comparing one read model came to.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Comparison {
    pub(super) projection: String,
    rows_before: Option<u64>,
    rows_after: Option<u64>,
    pub(super) differences: Option<u64>,
    digest_before: Option<String>,
    digest_after: Option<String>,
    pub(super) not_comparable: Option<String>,
}

impl Told {
    pub(super) fn is_over(&self) -> bool {
        matches!(&*self.phase, "done" | "cancelled" | "failed")
    }
}

pub(super) struct Report {
    is_json: bool,
    bar: ProgressBar,
    last: Option<(Instant, String)>,
}

impl Report {
    pub(super) fn new(is_json: bool) -> Self {
        Self { is_json, bar: bar::told(0), last: None }
    }

    /// Hears how far it is. `text` is the same as JSON.
    pub(super) fn hear(&mut self, told: &Told, text: &str) -> Result<(), CliError> {
        if self.is_json {
            let is_due = self.last.as_ref().is_none_or(|(at, phase)| {
                at.elapsed() >= JSON_PAUSE
                    || told.is_over()
                    || (*phase != told.phase && told.phase == "comparing")
            });
            if is_due {
                self.last = Some((Instant::now(), told.phase.clone()));
                output::print(&format!("{}\n", text.trim_end()))?;
            }
            return Ok(());
        }
        self.bar.set_length(told.head);
        self.bar.set_position(told.position);
        self.bar.set_message(match (&*told.phase, told.left_ms) {
            ("folding", Some(left_ms)) => {
                let left = HumanDuration(Duration::from_millis(left_ms));
                format!("{}/s, {left} left", HumanCount(told.records_per_second))
            }
            (phase, _) => phase.to_owned(),
        });
        Ok(())
    }

    /// Tells what it came to.
    pub(super) fn end(self, told: &Told, is_swapped: bool) -> Result<(), CliError> {
        self.bar.finish_and_clear();
        if self.is_json {
            return Ok(());
        }
        let mut table = Table::new([
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
        for one in &told.compared {
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
        for one in &told.compared {
            if let Some(reason) = &one.not_comparable {
                text.push_str(&format!("{}: nothing to compare with: {reason}\n", one.projection));
            }
        }
        let what =
            if is_swapped { "the new read models are in use" } else { "compared only; nothing was changed" };
        text.push_str(&format!(
            "{what}: position {}, {}, {} records a second\n",
            HumanCount(told.position),
            HumanDuration(Duration::from_millis(told.elapsed_ms)),
            HumanCount(told.records_per_second)
        ));
        output::print(&text)
    }
}
