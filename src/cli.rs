//! The command line: one file for each command. Data goes to stdout, everything else to stderr.

mod agents;
mod arguments;
mod atomic_file;
mod attempts;
mod cells;
mod command_line;
mod copy;
mod demo;
mod error;
mod existence;
mod explanation;
mod export;
mod ingest;
mod local_service;
mod location;
mod open;
mod output;
mod progress_bar;
mod query;
mod queues;
mod read_models;
mod rebuild;
mod remote_service;
mod seed;
mod serve;
mod service_client;
mod status;
mod swimlane;
mod text_table;
mod timeline;
mod verify;

pub use command_line::run;
pub use error::{CliError, EXIT_CODES};
pub use location::DATA_DEFAULT;
use location::{LedgerLocation, Target};
