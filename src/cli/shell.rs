//! What shells and manuals know of the commands, made from the commands themselves.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

use super::{CliError, output};

const NAME: &str = "attempt-ledger";
/// How bash's script names the commands: where they are chosen, and where each is completed.
const BASH_NAMES: [&str; 2] = ["attempt__ledger", "attempt__subcmd__ledger"];

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
        let script = String::from_utf8_lossy(&script);
        output::print(&match self.shell {
            // The generator writes the name's own hyphen in two ways, so that no command finds its options.
            Shell::Bash => script.replace(BASH_NAMES[1], BASH_NAMES[0]),
            _ => script.into_owned(),
        })
    }
}

impl ManualCommand {
    pub(super) fn run(self, commands: Command) -> Result<(), CliError> {
        let place = || self.directory.display().to_string();
        Ok(clap_mangen::generate_to(commands, &self.directory).with_context(place)?)
    }
}
