//! What shells and manuals know of the commands, made from the commands themselves.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

use super::{CliError, output};

const NAME: &str = "attempt-ledger";

#[derive(Args)]
pub(super) struct CompletionsCommand {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Args)]
pub(super) struct ManualCommand {
    /// Where to write a page for each command; it must exist
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl CompletionsCommand {
    pub(super) fn run(self, mut commands: Command) -> Result<(), CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut commands, NAME, &mut script);
        output::print(&String::from_utf8_lossy(&script))
    }
}

impl ManualCommand {
    pub(super) fn run(self, commands: Command) -> Result<(), CliError> {
        let place = || self.directory.display().to_string();
        Ok(clap_mangen::generate_to(commands, &self.directory).with_context(place)?)
    }
}
