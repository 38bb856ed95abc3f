//! `attempt-ledger copy`: a log into another one, with the proof that both are the same.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use attempt_ledger_domain::Position;
use attempt_ledger_system::scratch_directory::ScratchDirectory;
use clap::Args;
use serde::Serialize;

use super::storage::{LogArguments, Storage};
use super::{CliError, open, progress_bar, serve};
use crate::cluster_log::{ClusterAddress, ClusterLog, ClusterOptions};
use crate::log::copy::{CopyError, Fingerprint, LogCopy, WriteOrder, compare, fingerprint};
use crate::log::{EmbeddedLog, EventLog};

#[derive(Args)]
pub(super) struct CopyCommand {
    /// The log to read: a ledger's directory, or a cluster such as esdb://user:password@host:2113
    #[arg(long, value_name = "DIR|URL", env = "ATTEMPT_LEDGER_COPY_FROM", hide_env_values = true)]
    from: String,
    /// The log to write: empty, or begun by an earlier copy of the same log, which is then gone on with
    #[arg(long, value_name = "DIR|URL", env = "ATTEMPT_LEDGER_COPY_TO", hide_env_values = true)]
    to: String,
    /// Where to keep what is followed of a cluster, so that the next run need not follow it again
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Print the proof as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    log_files: LogArguments,
}

/// One of the two logs, open.
struct OpenLog {
    name: String,
    log: Box<dyn EventLog>,
    order: WriteOrder,
}

#[derive(Serialize)]
struct LogProof {
    log: String,
    #[serde(flatten)]
    fingerprint: Fingerprint,
}

#[derive(Serialize)]
struct CopyProof {
    equal: bool,
    copied: u64,
    present: u64,
    from: LogProof,
    to: LogProof,
    elapsed_ms: u128,
}

impl CopyCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let storage = Storage::from(self.log_files);
        let started = Instant::now();
        refuse_one_log_twice(&self.from, &self.to)?;
        let scratch;
        let work = match &self.work {
            Some(work) => work.as_path(),
            None if [&self.from, &self.to].into_iter().any(|log| ClusterAddress::is_meant(log)) => {
                scratch = ScratchDirectory::of_the_system().map_err(anyhow::Error::from)?;
                scratch.path()
            }
            // Two directories are read and written where they lie.
            None => Path::new(""),
        };
        let from = open_log(&self.from, &work.join("from"), &storage, AccessMode::Read)?;
        let is_new = !ClusterAddress::is_meant(&self.to) && !Path::new(&self.to).exists();
        let to = open_log(&self.to, &work.join("to"), &storage, AccessMode::Write)?;
        let copied = self.copy(&from, &to, started);
        if copied.is_err() && is_new && to.log.head() == Position(0) {
            drop(to);
            // Nothing was copied: what is left would open as an empty ledger.
            let _ = std::fs::remove_dir_all(&self.to);
        }
        copied
    }

    fn copy(&self, from: &OpenLog, to: &OpenLog, started: Instant) -> Result<(), CliError> {
        let head = from.log.head();
        let present = compare(from.log.as_ref(), to.log.as_ref(), head).map_err(to_cli_error)?;
        let bar = progress_bar::over_records(head.0);
        bar.set_position(present.0);
        let copying = LogCopy { from: from.log.as_ref(), to: to.log.as_ref(), order: to.order };
        let copied = serve::runtime()?.block_on(copying.run(present, head, |at| bar.set_position(at.0)));
        bar.finish_and_clear();
        copied.map_err(|error| match error {
            // Its hint stands in its text; its cause would repeat the text.
            CopyError::Append(_) => CliError::Other(anyhow!("{}: {error}", to.name)),
            error => to_cli_error(error),
        })?;
        let proof_of = |end: &OpenLog, up_to| {
            let fingerprint = fingerprint(end.log.as_ref(), up_to).map_err(CopyError::from);
            Ok::<_, CliError>(LogProof {
                log: end.name.clone(),
                fingerprint: fingerprint.map_err(to_cli_error)?,
            })
        };
        let (of_from, of_to) = (proof_of(from, head)?, proof_of(to, to.log.head())?);
        let proof = CopyProof {
            equal: of_from.fingerprint == of_to.fingerprint,
            copied: head.0 - present.0,
            present: present.0,
            from: of_from,
            to: of_to,
            elapsed_ms: started.elapsed().as_millis(),
        };
        self.report(&proof)
    }

    fn report(&self, proof: &CopyProof) -> Result<(), CliError> {
        if self.json {
            anstream::println!("{}", serde_json::to_string(proof).context("stdout")?);
        } else {
            anstream::println!(
                "copied {} records, {} were there already, in {} ms",
                proof.copied,
                proof.present,
                proof.elapsed_ms
            );
            for (side, held) in [("from", &proof.from), ("to  ", &proof.to)] {
                let Fingerprint { records, digest } = held.fingerprint;
                anstream::println!("{side}  {records} records  sha256 {digest}  {}", held.log);
            }
        }
        if !proof.equal {
            return Err(CliError::Damaged(
                "the two logs are not equal\nhint: somebody else wrote to the target; copy into an empty log"
                    .to_owned(),
            ));
        }
        if !self.json {
            anstream::println!("equal: both logs hold the same leaves in the same order");
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AccessMode {
    Read,
    Write,
}

fn open_log(named: &str, work: &Path, storage: &Storage, mode: AccessMode) -> Result<OpenLog, CliError> {
    if ClusterAddress::is_meant(named) {
        let address: ClusterAddress = named.parse()?;
        let log = ClusterLog::open(work, &address, &ClusterOptions::new(storage.options()))?;
        return Ok(OpenLog { name: address.to_string(), log: Box::new(log), order: WriteOrder::Write });
    }
    let directory = Path::new(named);
    match mode {
        AccessMode::Read if !directory.join("log").is_dir() => {
            return Err(CliError::NoLedger(directory.display().to_string()));
        }
        AccessMode::Read => {}
        AccessMode::Write => open::refuse_copy(directory)?,
    }
    let log = EmbeddedLog::open(directory, &storage.options())?;
    Ok(OpenLog { name: directory.display().to_string(), log: Box::new(log), order: WriteOrder::Call })
}

/// A log that is opened to be read would be found in use when it is opened to be written.
fn refuse_one_log_twice(from: &str, to: &str) -> Result<(), CliError> {
    let is_same = match (Path::new(from).canonicalize(), Path::new(to).canonicalize()) {
        (Ok(from), Ok(to)) => from == to,
        _ => from == to,
    };
    if !is_same {
        return Ok(());
    }
    Err(CliError::Usage("--from and --to are the same log\nhint: name another place with --to".to_owned()))
}

fn to_cli_error(error: CopyError) -> CliError {
    match error {
        CopyError::Differs { .. } | CopyError::Ahead { .. } | CopyError::Record { .. } => {
            CliError::Damaged(error.to_string())
        }
        // Its cause would not be seen through the other.
        CopyError::Read(error) => CliError::Other(error.into()),
        CopyError::Append(_) => CliError::Other(error.into()),
    }
}
