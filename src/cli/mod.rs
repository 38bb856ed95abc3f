//! The command line: one file for each command. Data goes to stdout, everything else to stderr.

mod agents;
mod attempts;
mod bar;
mod copy;
mod demo;
mod exit;
mod explained;
mod export;
mod filters;
mod here;
mod ingest;
mod known;
mod open;
mod output;
mod queues;
mod read_models;
mod rebuild;
mod request;
mod seed;
mod serve;
mod show;
mod status;
mod swimlane;
mod table;
mod target;
mod timeline;
mod verify;
mod whole_file;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::{CliError, EXIT_CODES};
pub use target::DATA_DEFAULT;
use target::{Place, Target};

/// An event-sourced ledger of dialer call attempts: every hook kept, guarded by the lifecycle of its queue, and
/// shown as a timeline.
#[derive(Parser)]
#[command(
    name = "attempt-ledger",
    version,
    arg_required_else_help = true,
    after_help = "Examples:
  attempt-ledger demo                                      a believable day of calls, then live traffic
  attempt-ledger serve --data ./ledger                     take hooks on http://127.0.0.1:7878
  attempt-ledger ingest hooks.ndjson --data ./ledger       load a file of deliveries
  attempt-ledger timeline 48210731 --data ./ledger         what happened in an attempt

Exit codes: 0 done, 1 failure, 2 wrong usage, 3 damage found, 4 refused deliveries under --strict,
            10 no ledger there, 11 ledger in use, 12 ledger written by a newer release"
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    storage: open::Storage,
}

#[derive(Subcommand)]
enum Command {
    /// Take deliveries and answer questions over HTTP
    Serve(serve::Serve),
    /// Try it: temporary data, a believable day over all eight queue types, then live traffic
    Demo(demo::Demo),
    /// Load deliveries from a file or standard input, into a directory or a running server
    Ingest(ingest::Ingest),
    /// Show what happened in one attempt
    Timeline(timeline::ShowTimeline),
    /// List attempts: which, when, what became of them
    Attempts(attempts::ListAttempts),
    /// Show what goes on in every queue, or one queue's figures hour by hour
    Queues(queues::ShowQueues),
    /// List agents, or show one agent's figures or states
    Agents(agents::ShowAgents),
    /// Write tables or the log to a file
    Export(Box<export::Export>),
    /// Fold read models anew from the log, compare them with the old ones, and swap them in
    Rebuild(rebuild::Rebuild),
    /// Copy a log into another one, directory or cluster, and prove that both are the same
    Copy(copy::CopyLog),
    /// Write believable deliveries as NDJSON, for tests and benchmarks
    Seed(seed::Seed),
    /// Check every checksum, commitment and chain of the log, and the read models against it
    Verify(verify::Verify),
    /// Show where a ledger stands
    Status(status::Status),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let CommandLine { command, storage } = CommandLine::parse();
    let result = match command {
        Command::Serve(serve) => serve.run(storage),
        Command::Demo(demo) => demo.run(storage),
        Command::Ingest(ingest) => ingest.run(storage),
        Command::Timeline(timeline) => timeline.run(storage),
        Command::Attempts(attempts) => attempts.run(storage),
        Command::Queues(queues) => queues.run(storage),
        Command::Agents(agents) => agents.run(storage),
        Command::Export(export) => export.run(storage),
        Command::Rebuild(rebuild) => rebuild.run(storage),
        Command::Copy(copy) => copy.run(storage),
        Command::Seed(seed) => seed.run(),
        Command::Verify(verify) => verify.run(storage),
        Command::Status(status) => status.run(storage),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error),
    }
}
