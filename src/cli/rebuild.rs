//! `attempt-ledger rebuild`: read models folded anew beside the old ones, compared with them, and swapped in.

mod differences;
mod here;
mod interrupt;
mod report;
mod there;

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::open::Storage;
use super::{CliError, Place, Target};
use crate::read_store::Projection;
use differences::Differences;
use interrupt::Interrupt;
use report::{Comparison, Report};

#[derive(Args)]
pub(super) struct Rebuild {
    /// The read models to rebuild [default: all]
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(Projection::ALL.map(Projection::name)))]
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
}

impl Rebuild {
    pub(super) fn run(self, storage: Storage) -> Result<(), CliError> {
        let report = Report::new(self.json);
        let mut differences = Differences::new(self.differences.as_deref())?;
        let interrupt = Interrupt::listen()?;
        let compared = match self.target.place()? {
            Place::Server(url) => there::run(&self, &url, &interrupt, report, &mut differences)?,
            Place::Directory(directory) => {
                here::run(&self, &directory, storage, &interrupt, report, &mut differences)?
            }
        };
        differences.finish()?;
        if self.compare { verdict(&compared) } else { Ok(()) }
    }

    /// What is rebuilt, in the order in which read models are kept.
    fn projections(&self) -> Vec<Projection> {
        let is_meant = |projection: &Projection| {
            self.names.is_empty() || self.names.iter().any(|name| name == projection.name())
        };
        Projection::ALL.into_iter().filter(is_meant).collect()
    }
}

/// What a comparison alone comes to.
fn verdict(compared: &[Comparison]) -> Result<(), CliError> {
    let differ: Vec<&str> = compared
        .iter()
        .filter(|one| one.differences.is_some_and(|it| it > 0))
        .map(|one| &*one.projection)
        .collect();
    if !differ.is_empty() {
        return Err(CliError::Damaged(format!(
            "the read models differ from a fresh fold of the log: {}\nhint: the same command without --compare mends them",
            differ.join(", ")
        )));
    }
    let not_compared: Vec<&str> =
        compared.iter().filter(|one| one.not_comparable.is_some()).map(|one| &*one.projection).collect();
    if !not_compared.is_empty() {
        return Err(anyhow::anyhow!(
            "not every read model could be compared: {}\nhint: the same command without --compare builds them",
            not_compared.join(", ")
        )
        .into());
    }
    Ok(())
}
