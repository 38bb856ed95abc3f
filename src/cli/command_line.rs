//! The commands, and the process that runs one of them.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::error::report;
use super::{
    agents, attempts, copy, demo, export, ingest, queues, rebuild, seed, serve, status, storage, timeline,
    verify,
};

/// An event-sourced ledger of dialer call attempts: every hook kept, guarded by the lifecycle of its queue,
/// and shown as a timeline.
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
    storage: storage::Storage,
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
    /// Write tables or the log to a file
    Export(Box<export::ExportCommand>),
    #[doc = "Fold read models anew from the log, compare them with the old ones, and swap them in"]
    Rebuild(rebuild::RebuildCommand),
    /// Copy a log into another one, directory or cluster, and prove that both are the same
    Copy(copy::CopyCommand),
    /// Write believable deliveries as NDJSON, for tests and benchmarks
    Seed(seed::SeedCommand),
    /// Check every checksum, commitment and chain of the log, and the read models against it
    Verify(verify::VerifyCommand),
    /// Show where a ledger stands
    Status(status::StatusCommand),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let CommandLine { command, storage } = CommandLine::parse();
    // A panic's message may hold a payload's values; where it happened is enough to find it.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // Standard error may be closed or full, and a panic in here would abort.
        let _ = writeln!(std::io::stderr(), "panicked at {place}");
    }));
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
        Err(error) => report(&error),
    }
}
