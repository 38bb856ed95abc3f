//! The commands, and the process that runs one of them.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context as _;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use signal_hook::consts::SIGXFSZ;

use super::error::{InUseRemedy, report};
use super::visible::{is_control, visible_lines};
use super::{
    CliError, agents, attempts, backup, configuration, copy, demo, exit, export, ingest, queues, rebuild,
    refusals, restore, seed, serve, shell, status, timeline, verify,
};

const EXAMPLES: &str = "Examples:
  attempt-ledger demo                                      a believable day of calls, then live traffic
  attempt-ledger serve --data ./ledger                     take hooks on http://127.0.0.1:7878
  attempt-ledger ingest hooks.ndjson --data ./ledger       load a file of deliveries
  attempt-ledger timeline 48210731 --data ./ledger         what happened in an attempt
";

/// An event-sourced ledger of dialer call attempts: every hook kept, guarded by the lifecycle of its queue,
/// and shown as a timeline.
#[derive(Parser)]
#[command(
    name = "attempt-ledger",
    version,
    arg_required_else_help = true,
    after_help = format!("{EXAMPLES}\n{}", exit::in_words())
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Take deliveries and answer questions over HTTP
    Serve(serve::ServeCommand),
    /// Try it: temporary data, a believable day over all eight queue types, then live traffic
    Demo(demo::DemoCommand),
    /// Load deliveries from a file or standard input, into a directory or a running server
    Ingest(ingest::IngestCommand),
    /// Show what happened in one attempt
    Timeline(timeline::TimelineCommand),
    /// List attempts: which, when, what became of them
    Attempts(attempts::AttemptsCommand),
    /// Show what goes on in every queue, or one queue's figures hour by hour
    Queues(queues::QueuesCommand),
    /// List agents, or show one agent's figures or states
    Agents(agents::AgentsCommand),
    /// List, show, replay or dismiss deliveries that a rule did not let in
    Refusals(refusals::RefusalsCommand),
    /// Write tables or the log to a file
    Export(Box<export::ExportCommand>),
    #[doc = "Fold read models anew from the log, compare them with the old ones, and swap them in"]
    Rebuild(rebuild::RebuildCommand),
    /// Copy a log into another one, directory or cluster, and prove that both are the same
    Copy(copy::CopyCommand),
    /// Write the log of a running server or of a directory into one file
    Backup(backup::BackupCommand),
    /// Make a ledger of a backup
    Restore(restore::RestoreCommand),
    /// Write believable deliveries as NDJSON, for tests and benchmarks
    Seed(seed::SeedCommand),
    /// Check every checksum, commitment and chain of the log, and the read models against it
    Verify(verify::VerifyCommand),
    /// Show where a ledger stands
    Status(status::StatusCommand),
    /// Print what a shell completes commands by
    Completions(shell::CompletionsCommand),
    /// Write the manual, a page for each command
    Manual(shell::ManualCommand),
}

impl Command {
    const fn remedy(&self) -> InUseRemedy {
        match self {
            Self::Ingest(_)
            | Self::Timeline(_)
            | Self::Attempts(_)
            | Self::Queues(_)
            | Self::Agents(_)
            | Self::Refusals(_)
            | Self::Export(_)
            | Self::Rebuild(_)
            | Self::Backup(_)
            | Self::Status(_) => InUseRemedy::AskServer,
            _ => InUseRemedy::StopOther,
        }
    }
}

/// What is typed, with what a configuration file says in place of defaults.
fn parse() -> Result<CommandLine, CliError> {
    let typed = CommandLine::command().try_get_matches().unwrap_or_else(|error| end(&error));
    let matches = match configuration::with_file(CommandLine::command(), &typed)? {
        Some(commands) => commands.try_get_matches().unwrap_or_else(|error| end(&error)),
        None => typed,
    };
    Ok(CommandLine::from_arg_matches(&matches).unwrap_or_else(|error| end(&error)))
}

/// Says what is wrong with what is typed and ends, as clap does. An argument may be pasted from what a sender
/// wrote: where one has letters that a terminal would obey, they are masked, and nothing is coloured.
fn end(error: &clap::Error) -> ! {
    if std::env::args_os().any(|argument| argument.to_string_lossy().contains(is_control)) {
        // Standard error may be closed.
        let _ = write!(std::io::stderr(), "{}", visible_lines(&error.render().to_string()));
        std::process::exit(error.exit_code());
    }
    error.exit()
}

/// Without a handler, a write beyond the limit on the size of files (`ulimit -f`) would end the process; with
/// one it fails, as on a full disk.
fn outlive_file_size_limit() -> anyhow::Result<()> {
    let seen = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGXFSZ, seen).context("cannot listen for signals")?;
    Ok(())
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let CommandLine { command } = match parse() {
        Ok(parsed) => parsed,
        Err(error) => return report(&error, InUseRemedy::StopOther),
    };
    let remedy = command.remedy();
    // A panic's message may hold a payload's values; where it happened is enough to find it.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // Standard error may be closed or full, and a panic in here would abort.
        let _ = writeln!(std::io::stderr(), "panicked at {place}");
    }));
    if let Err(error) = outlive_file_size_limit() {
        return report(&CliError::Other(error), remedy);
    }
    let result = match command {
        Command::Serve(serve) => serve.run(),
        Command::Demo(demo) => demo.run(),
        Command::Ingest(ingest) => ingest.run(),
        Command::Timeline(timeline) => timeline.run(),
        Command::Attempts(attempts) => attempts.run(),
        Command::Queues(queues) => queues.run(),
        Command::Agents(agents) => agents.run(),
        Command::Refusals(refusals) => refusals.run(),
        Command::Export(export) => export.run(),
        Command::Rebuild(rebuild) => rebuild.run(),
        Command::Copy(copy) => copy.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Seed(seed) => seed.run(),
        Command::Verify(verify) => verify.run(),
        Command::Status(status) => status.run(),
        Command::Completions(completions) => completions.run(CommandLine::command()),
        Command::Manual(manual) => manual.run(CommandLine::command()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error, remedy),
    }
}
