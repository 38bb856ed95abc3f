//! `attempt-ledger rebuild`: read models folded from the log beside the old ones, compared with them, and
//! swapped in.

mod differences;
mod interrupt;
mod local;
mod progress_report;
mod remote;
mod request;

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::storage::{ReadStoreArguments, Storage};
use super::{CliError, LedgerLocation, Target};
use crate::read_store::Projection;
use differences::Differences;
use interrupt::Interrupt;
use progress_report::{Comparison, ProgressReport};
use request::RebuildRequest;

#[derive(Args)]
pub(super) struct RebuildCommand {
    /// The read models to rebuild [default: all]
    #[arg(
        value_name = "NAME",
        value_parser = PossibleValuesParser::new(Projection::ALL.map(Projection::name)),
    )]
    names: Vec<String>,
    #[command(flatten)]
    target: Target,
    /// Compare only: the old read models stay; exits with 3 when anything differs
    #[arg(long)]
    compare: bool,
    /// Write every difference here, as NDJSON [default: the first 20 on stderr]
    #[arg(long, value_name = "FILE")]
    differences: Option<PathBuf>,
    /// Print progress as JSON, one object a second
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    read_store: ReadStoreArguments,
}

impl RebuildCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let storage = Storage::from(self.read_store.clone());
        let request = RebuildRequest { projections: self.projections(), swap: !self.compare };
        let report = ProgressReport::new(self.json);
        let mut differences = Differences::new(self.differences.as_deref())?;
        let interrupt = Interrupt::listen()?;
        let comparison = match self.target.location()? {
            LedgerLocation::Server(url) => remote::run(&request, &url, &interrupt, report, &mut differences)?,
            LedgerLocation::Directory(directory) => {
                local::run(&request, &directory, storage, &interrupt, report, &mut differences)
                    .map_err(|error| error.at(directory.display().to_string()))?
            }
        };
        differences.finish()?;
        if self.compare { verdict(&comparison) } else { Ok(()) }
    }

    /// What is rebuilt, in the order in which read models are kept.
    fn projections(&self) -> Vec<Projection> {
        let is_meant = |projection: &Projection| {
            self.names.is_empty() || self.names.iter().any(|name| name == projection.name())
        };
        Projection::ALL.into_iter().filter(is_meant).collect()
    }
}

/// The result of a comparison alone.
fn verdict(comparison: &Comparison) -> Result<(), CliError> {
    let Comparison { compared, damage } = comparison;
    if let Some(damage) = damage {
        return Err(CliError::Damaged(format!(
            "the file of the read models is damaged: {damage}\n\
             hint: the same command without --compare makes a new one"
        )));
    }
    let differ: Vec<&str> = compared
        .iter()
        .filter(|one| one.differences.is_some_and(|it| it > 0))
        .map(|one| &*one.projection)
        .collect();
    if !differ.is_empty() {
        return Err(CliError::Damaged(format!(
            "the read models differ from a fresh fold of the log: {}\n\
             hint: the same command without --compare mends them",
            differ.join(", ")
        )));
    }
    let not_compared: Vec<&str> =
        compared.iter().filter(|one| one.not_comparable.is_some()).map(|one| &*one.projection).collect();
    if !not_compared.is_empty() {
        return Err(anyhow::anyhow!(
            "not every read model could be compared: {}\n\
             hint: the same command without --compare builds them",
            not_compared.join(", ")
        )
        .into());
    }
    Ok(())
}
