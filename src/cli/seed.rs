//! `attempt-ledger seed`: believable deliveries as NDJSON.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use attempt_ledger_domain::UnixMillis;
use clap::{Args, ValueEnum};

use super::CliError;
use super::output::write_error;
use crate::seed::{ArrivalPattern, Scenario, SeedOptions, deliveries, ndjson_line};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// 2026-07-22T00:00:00Z: a Wednesday, so that equal arguments give equal bytes for ever.
const START_DEFAULT_MS: i64 = 1_784_678_400_000;

#[derive(Args)]
pub(super) struct SeedCommand {
    /// How many attempts
    #[arg(long, default_value_t = 1_000)]
    attempts: u64,
    /// Chooses the traffic: equal numbers give equal bytes
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// What kind of day
    #[arg(long, value_enum, default_value_t = ScenarioArgument::Normal)]
    scenario: ScenarioArgument,
    /// The first attempt's number
    #[arg(long, default_value_t = 48_000_001)]
    first_attempt_id: i64,
    /// When the day starts, in milliseconds since 1970
    #[arg(long, default_value_t = START_DEFAULT_MS)]
    start_ms: i64,
    /// How long the day is, in milliseconds
    #[arg(long, default_value_t = DAY_MS)]
    span_ms: u64,
    /// Where to write; - is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScenarioArgument {
    /// Legal attempts, delivered in order
    Clean,
    /// With shuffled, repeated, lost, late and a few broken deliveries
    Normal,
    /// One delivery in five is broken
    Broken,
}

impl SeedCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let options = SeedOptions {
            seed: self.seed,
            attempts: self.attempts,
            first_attempt_id: self.first_attempt_id,
            start: UnixMillis(self.start_ms),
            span_ms: self.span_ms,
            arrivals: ArrivalPattern::Day,
            scenario: match self.scenario {
                ScenarioArgument::Clean => Scenario::Clean,
                ScenarioArgument::Normal => Scenario::Normal,
                ScenarioArgument::Broken => Scenario::Broken,
            },
        };
        if self.out.as_os_str() == "-" {
            return write(&options, std::io::stdout().lock(), "stdout");
        }
        let name = self.out.display().to_string();
        let file = File::create(&self.out).with_context(|| name.clone())?;
        write(&options, file, &name)
    }
}

fn write(options: &SeedOptions, out: impl Write, name: &str) -> Result<(), CliError> {
    let mut out = BufWriter::with_capacity(1 << 20, out);
    let mut line = String::new();
    for delivery in deliveries(options) {
        line.clear();
        ndjson_line(&delivery, &mut line);
        out.write_all(line.as_bytes()).map_err(|error| write_error(error, name))?;
    }
    out.flush().map_err(|error| write_error(error, name))
}
