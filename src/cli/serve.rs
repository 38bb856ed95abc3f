//! `attempt-ledger serve`: the service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use attempt_ledger_domain::Position;
use attempt_ledger_system::file_limit::{file_limit, raise_file_limit};
use attempt_ledger_system::page_size::use_small_pages;
use attempt_ledger_system::scratch_directory::ScratchDirectory;
use clap::Args;
use indicatif::HumanCount;
use signal_hook::consts::{SIGINT, SIGTERM};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout_at};

use super::evidence::EvidencePolicy;
use super::listening::listen;
use super::logging::Logging;
use super::service_runtimes::ServiceRuntimes;
use super::stop_requests::StopRequests;
use super::storage::{LogArguments, ReadStoreArguments, Storage};
use super::{CliError, DATA_DEFAULT, log_opening, open, read_models};
use crate::cache_sizes::CacheSizes;
use crate::http::api::{Api, router, work_class};
use crate::http::edge::{EdgeOptions, serve};
use crate::http::metrics::Metrics;
use crate::limits::{Limits, MEMORY_BYTES_MAX, MEMORY_BYTES_MIN};
use crate::log::{EventLog, MemoryLog};
use crate::queries::Questions;

#[derive(Args)]
pub(super) struct ServeCommand {
    /// A file with these options, without dashes and with underscores: what is typed goes before a variable,
    /// a variable before the file
    #[arg(long, value_name = "FILE", env = "ATTEMPT_LEDGER_CONFIG")]
    config: Option<PathBuf>,
    /// The ledger's directory; it is made when it does not exist
    #[arg(long, value_name = "DIR", env = "ATTEMPT_LEDGER_DATA", default_value = DATA_DEFAULT)]
    data: PathBuf,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", env = "ATTEMPT_LEDGER_LISTEN", default_value = "127.0.0.1:7878")]
    listen: SocketAddr,
    /// The cluster that holds the log, such as esdb://user:password@host:2113; the directory then holds this
    /// node's copy of it. Without, the log lies in the directory
    #[arg(long, value_name = "URL", env = "ATTEMPT_LEDGER_LOG", hide_env_values = true)]
    log: Option<String>,
    /// The memory to keep to. What it does not allow is turned away with 503: questions first, hooks last
    #[arg(
        long,
        value_name = "BYTES",
        env = "ATTEMPT_LEDGER_MEMORY_BYTES_MAX",
        default_value_t = MEMORY_BYTES_MAX,
        value_parser = memory_bytes
    )]
    memory_bytes_max: usize,
    /// Keep everything in memory and nothing on disk: for tests, all is lost at the end
    #[arg(long, conflicts_with_all = ["data", "log"])]
    ephemeral: bool,
    /// Go on with a log that is not the one that its read models or its index have seen, because it ends
    /// before or holds other records: those get another name and are kept, and are made again from the log
    #[arg(long)]
    keep_old_models_aside: bool,
    #[command(flatten)]
    logging: Logging,
    #[command(flatten)]
    log_files: LogArguments,
    #[command(flatten)]
    read_store: ReadStoreArguments,
}

impl ServeCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let mut storage = Storage::from(self.log_files).with(self.read_store.clone());
        self.logging.start()?;
        if let Some(file) = &self.config {
            tracing::info!(file = %file.display(), "configured by a file");
        }
        use_small_pages();
        raise_file_limit();
        let limits = self.limits()?;
        storage.caches = CacheSizes::within(self.memory_bytes_max);
        if self.ephemeral && storage.database()?.is_some() {
            return Err(CliError::Usage(
                "an ephemeral ledger must not meet the read models of another one\nhint: leave --read-store \
                 out, or say --read-store sqlite"
                    .to_owned(),
            ));
        }
        // Read models of an ephemeral ledger lie in a directory that goes with the process.
        let temporary;
        let directory = if self.ephemeral {
            temporary = ScratchDirectory::of_the_system().map_err(anyhow::Error::from)?;
            temporary.path()
        } else {
            self.data.as_path()
        };
        let policy = match self.keep_old_models_aside {
            true => EvidencePolicy::SetAside,
            false => EvidencePolicy::Refuse,
        };
        // Dropped last: a start that fails gives names back when nobody has the files open any more.
        let mut aside = None;
        let (ledger, log): (_, Arc<dyn EventLog>) = match &self.log {
            _ if self.ephemeral => open::over(Arc::new(MemoryLog::default()), &storage)?,
            Some(address) => {
                let opened = open::in_cluster(directory, address, &storage, policy)?;
                aside = Some(opened.aside);
                (opened.ledger, opened.log)
            }
            None => {
                let opened = open::for_service(directory, &storage, policy)?;
                aside = Some(opened.aside);
                (opened.ledger, opened.log)
            }
        };
        let models = read_models::open_or_wait(directory, &storage)?;
        let models = log_opening::judge_database(directory, &storage, log.as_ref(), models, policy)?;
        let questions = open::questions(&ledger, models, &storage)?;
        let place = if self.ephemeral { "memory".to_owned() } else { directory.display().to_string() };
        let runtimes = ServiceRuntimes::new()?;
        runtimes.batches.block_on(async { ledger.resume_replays() });
        let served: Result<_, CliError> = runtimes.deliveries.block_on(async {
            let listener = listen(self.listen)?;
            let stop_requests = StopRequests::of(&STOP_SIGNALS)?;
            announce(&listener, &place, log.head())?;
            if let Some(aside) = aside.take() {
                aside.keep();
            }
            until_stopped(listener, questions, stop_requests, limits, &runtimes).await
        });
        runtimes.end(served.as_ref().is_ok_and(|end| *end == ServiceEnd::Graceful));
        served?;
        drop(ledger);
        close(log)
    }
}

impl ServeCommand {
    /// What this machine and the operator allow.
    fn limits(&self) -> Result<Limits, CliError> {
        let usual = Limits { memory_bytes_max: self.memory_bytes_max, ..Limits::default() };
        let limits = usual.within_files().map_err(anyhow::Error::from)?;
        let Limits { connections_max, streams_max, .. } = limits;
        let open_files_max = file_limit();
        if limits == usual {
            tracing::info!(open_files_max, connections_max, streams_max, "the limits of this process");
        } else {
            tracing::warn!(
                open_files_max,
                connections_max,
                streams_max,
                "fewer connections than usual: the process may have few files open; hint: raise the limit \
                 (`ulimit -n`, or `LimitNOFILE=` of the systemd unit)"
            );
        }
        Ok(limits)
    }
}

/// Ends the log's threads. The runtime is gone by now, and with it every other holder of the log.
pub(super) fn close(log: Arc<dyn EventLog>) -> Result<(), CliError> {
    let fault = log.poisoned();
    drop(log);
    match fault {
        None => tracing::info!("stopped; everything acknowledged is on disk"),
        Some(reason) => tracing::warn!(%reason, "stopped; the log took no writes any more"),
    }
    Ok(())
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    Ok(runtime.context("the runtime cannot start")?)
}

/// The first line: what runs, over what, and where everything is.
pub(super) fn announce(listener: &TcpListener, place: &str, head: Position) -> Result<(), CliError> {
    let address = listener.local_addr().context("the listener has no address")?;
    anstream::println!(
        "listening on http://{address} · attempt-ledger {} · {} records in {place} · \
         API http://{address}/docs · metrics http://{address}/metrics",
        env!("CARGO_PKG_VERSION"),
        HumanCount(head.0)
    );
    Ok(())
}

/// Less memory than the service takes by itself is no budget.
fn memory_bytes(text: &str) -> Result<usize, String> {
    let bytes: usize = text.parse().map_err(|error| format!("{error}"))?;
    if bytes < MEMORY_BYTES_MIN {
        return Err(format!("the service needs at least {MEMORY_BYTES_MIN} bytes"));
    }
    Ok(bytes)
}

/// What ends a service.
pub(super) const STOP_SIGNALS: [i32; 2] = [SIGTERM, SIGINT];
/// How long a stop waits, from its signal on, for what has arrived to be recorded.
const RECORDINGS_END_MS: u64 = 9_000;

/// How a service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServiceEnd {
    /// After what was under way.
    Graceful,
    /// By a second signal, without a look at anything.
    AtOnce,
}

/// Serves until SIGTERM or SIGINT, then stops gracefully; a second signal stops at once.
///
/// A caller that announces the address listens for signals first: from then on a stop must be a graceful one.
pub(super) async fn until_stopped(
    listener: TcpListener,
    questions: Questions,
    mut stop_requests: StopRequests,
    limits: Limits,
    runtimes: &ServiceRuntimes,
) -> Result<ServiceEnd, CliError> {
    let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION")));
    let api = Api::new(questions, metrics.clone(), limits, runtimes.batches.handle().clone());
    let (recordings, projector) = (api.recordings.clone(), api.questions.projector.clone());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async {
        // An error means that the sender is gone, and with it the process.
        let _ = stopped.await;
    };
    let (batch_runtime, question_runtime) =
        (runtimes.batches.handle().clone(), runtimes.questions.handle().clone());
    let options = EdgeOptions { limits, classifier: work_class, batch_runtime, question_runtime };
    let stop_began = OnceLock::new();
    let serving = async {
        let report = serve(listener, router(api), options, metrics, shutdown).await;
        recordings.close();
        let began = stop_began.get().copied().unwrap_or_else(Instant::now);
        let end = began + Duration::from_millis(RECORDINGS_END_MS);
        if timeout_at(end, recordings.wait()).await.is_err() {
            tracing::warn!(recordings = recordings.len(), "stopped while the log did not answer");
        }
        report
    };
    tokio::pin!(serving);
    tokio::select! {
        report = &mut serving => return finished(report),
        () = stop_requests.next() => {}
    }
    tracing::info!("stopping: requests in flight are answered; a second signal stops at once");
    stop_began.get_or_init(Instant::now);
    projector.cancel_rebuild();
    let _ = stop.send(());
    tokio::select! {
        report = &mut serving => finished(report),
        () = stop_requests.next() => {
            tracing::warn!("stopped at once by a second signal");
            Ok(ServiceEnd::AtOnce)
        }
    }
}

fn finished(
    report: Result<crate::http::edge::StopReport, crate::limits::LimitError>,
) -> Result<ServiceEnd, CliError> {
    let report = report.map_err(anyhow::Error::from)?;
    if !report.drained {
        let connections = report.aborted_connections;
        tracing::warn!(connections, "some connections were still busy and were cut off");
    }
    Ok(ServiceEnd::Graceful)
}
