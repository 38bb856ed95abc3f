//! `attempt-ledger demo`: a believable day on temporary data, then live traffic.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use attempt_ledger_domain::timeline::Timeline;
use attempt_ledger_domain::{Address, QueueDefinition, UnixMillis};
use attempt_ledger_system::file_limit::raise_file_limit;
use attempt_ledger_system::scratch_directory::ScratchDirectory;
use bytes::Bytes;
use clap::Args;

use super::listening::listen;
use super::logging::Logging;
use super::remote_service::RemoteService;
use super::serve::ServiceEnd;
use super::service_runtimes::ServiceRuntimes;
use super::stop_requests::StopRequests;
use super::storage::{LogArguments, Storage};
use super::{CliError, open, read_models, serve};
use crate::ledger::{Ledger, Receipt, Submission};
use crate::limits::Limits;
use crate::log::EventLog as _;
use crate::seed::{ArrivalPattern, Scenario, SeedDelivery, SeedOptions, deliveries, queues};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const FIRST_ATTEMPT_ID: i64 = 48_000_001;
const BATCH: usize = 1_000;
/// The longest invented attempt has ended by then: what is silent for longer lost its Leaving.
const LEAVING_DEADLINE_MS: u64 = 2 * 60 * 60 * 1_000;
/// Live attempts get numbers that the day before cannot reach.
const LIVE_ATTEMPTS_FROM: i64 = 49_000_001;

#[derive(Args)]
pub(super) struct DemoCommand {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7878")]
    listen: SocketAddr,
    /// Keep the data here instead of in a temporary directory
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Attempts in the day before
    #[arg(long, default_value_t = 5_000)]
    attempts: u64,
    /// Live attempts started each minute; 0 for none
    #[arg(long, default_value_t = 60)]
    live_per_minute: u64,
    /// Chooses the traffic
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Stop when the day is loaded, instead of serving
    #[arg(long)]
    load_only: bool,
    #[command(flatten)]
    logging: Logging,
    #[command(flatten)]
    log_files: LogArguments,
}

/// Attempts worth looking at, found while the day was loaded.
#[derive(Default)]
struct DemoFindings {
    recorded: u64,
    duplicates: u64,
    refused: u64,
    missed_then_answered: Option<Timeline>,
    refusal_id: Option<String>,
}

impl DemoCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let storage = Storage::from(self.log_files);
        self.logging.start()?;
        raise_file_limit();
        let limits = Limits::default().within_files().map_err(anyhow::Error::from)?;
        let (scratch, temporary);
        let directory = match &self.keep {
            Some(directory) => directory.as_path(),
            None => {
                scratch = ScratchDirectory::of_the_system().map_err(anyhow::Error::from)?;
                // Inside: its holder locks the temporary directory itself, and so does a ledger with its own.
                temporary = scratch.path().join("ledger");
                temporary.as_path()
            }
        };
        let (ledger, log) = open::or_create(directory, &storage)?;
        let runtimes = ServiceRuntimes::new()?;
        let served: Result<_, CliError> = runtimes.deliveries.block_on(async {
            let listener = listen(self.listen)?;
            let started = Instant::now();
            let found = self.load(&ledger).await?;
            anstream::println!(
                "loaded a day in {:.1} s: {} recorded, {} duplicates, {} refused and kept",
                started.elapsed().as_secs_f64(),
                found.recorded,
                found.duplicates,
                found.refused
            );
            if self.load_only {
                return Ok(ServiceEnd::Graceful);
            }
            let stop_requests = StopRequests::of(&serve::STOP_SIGNALS)?;
            serve::announce(&listener, &directory.display().to_string(), log.head())?;
            let address = listener.local_addr().context("the listener has no address")?;
            suggest(address, &found);
            let live = self.go_live(address);
            // Always in its own directory: what it makes up must not meet the read models of a real ledger.
            let questions = open::questions(&ledger, read_models::in_files(directory, &storage)?, &storage)?;
            let served = serve::until_stopped(listener, questions, stop_requests, limits, &runtimes).await;
            live.abort();
            served
        });
        runtimes.end(served.as_ref().is_ok_and(|end| *end == ServiceEnd::Graceful));
        served?;
        drop(ledger);
        serve::close(log)
    }

    async fn load(&self, ledger: &Arc<Ledger>) -> Result<DemoFindings, CliError> {
        for queue in queues() {
            let definition = QueueDefinition {
                queue_id: queue.id,
                queue_type: queue.queue_type,
                name: Some(queue.name.to_owned()),
                hooks: Some(queue.hooks.iter().copied().collect()),
                service_level_threshold_ms: Some(queue.service_level_threshold_ms),
                short_abandon_threshold_ms: Some(queue.short_abandon_threshold_ms),
                leaving_deadline_ms: Some(LEAVING_DEADLINE_MS),
                variables: None,
            };
            ledger.define_queue(definition, "demo").await.map_err(anyhow::Error::from)?;
        }
        let now = ledger.environment().now();
        let midnight_before = now.0 - i64::try_from(DAY_MS).unwrap_or_default();
        let options =
            self.options(UnixMillis(midnight_before), ArrivalPattern::Day, self.attempts, FIRST_ATTEMPT_ID);
        let mut found = DemoFindings::default();
        let mut batch = Vec::with_capacity(BATCH);
        for delivery in deliveries(&options).with_returns().filter(|delivery| delivery.sent_at <= now) {
            batch.push(to_submission(delivery));
            if batch.len() == BATCH {
                found.take(ledger, std::mem::take(&mut batch)).await?;
            }
        }
        found.take(ledger, batch).await?;
        Ok(found)
    }

    fn options(&self, start: UnixMillis, arrivals: ArrivalPattern, attempts: u64, first: i64) -> SeedOptions {
        SeedOptions {
            seed: self.seed,
            attempts,
            first_attempt_id: first,
            start,
            span_ms: DAY_MS,
            arrivals,
            scenario: Scenario::Normal,
        }
    }

    /// Sends live traffic over HTTP: the hooks of a dialer, one request each.
    fn go_live(&self, address: SocketAddr) -> tokio::task::JoinHandle<()> {
        let attempts = self.live_per_minute * 60 * 24;
        let now = crate::environment::Environment::now(&crate::environment::System);
        let options = self.options(now, ArrivalPattern::Steady, attempts, LIVE_ATTEMPTS_FROM);
        tokio::spawn(async move {
            let service = RemoteService::new(&format!("http://{address}"));
            for delivery in deliveries(&options).with_returns() {
                wait_until(delivery.sent_at).await;
                let path = format!("/v1/hooks/{}/{}", delivery.queue_type, delivery.hook.wire_name());
                let service = service.clone();
                let post =
                    move || service.post_body(&path, "application/json", delivery.body.as_bytes()).map(drop);
                // As a dialer does: whatever the answer, the next hook follows.
                if let Ok(Err(error)) = tokio::task::spawn_blocking(post).await {
                    tracing::debug!(%error, "a live delivery was not taken");
                }
            }
        })
    }
}

async fn wait_until(at: UnixMillis) {
    let now = crate::environment::Environment::now(&crate::environment::System);
    tokio::time::sleep(Duration::from_millis(at.since(now))).await;
}

fn to_submission(delivery: SeedDelivery) -> Submission {
    Submission {
        address: Address {
            event: Some(delivery.hook.wire_name().to_owned()),
            queue_type: Some(delivery.queue_type.name().to_owned()),
            ..Address::default()
        },
        body: Bytes::from(delivery.body),
        source: Arc::from("demo"),
    }
}

impl DemoFindings {
    async fn take(&mut self, ledger: &Arc<Ledger>, batch: Vec<Submission>) -> Result<(), CliError> {
        for receipt in ledger.record_batch(batch).await.map_err(anyhow::Error::from)? {
            match receipt {
                Receipt::Recorded(place) => {
                    self.recorded += 1;
                    if self.missed_then_answered.is_none() && place.revision.0 >= 8 {
                        let timeline =
                            ledger.timeline(place.attempt_id, None).map_err(anyhow::Error::from)?;
                        self.missed_then_answered =
                            timeline.filter(|it| it.missed_by_agent >= 2 && !it.answered_agents.is_empty());
                    }
                }
                Receipt::Observed(place) if !place.repeated => self.recorded += 1,
                Receipt::Duplicate(_) | Receipt::Observed(_) => self.duplicates += 1,
                Receipt::Refused(refused) => {
                    self.refused += 1;
                    self.refusal_id.get_or_insert_with(|| refused.refusal_id.to_string());
                }
            }
        }
        Ok(())
    }
}

fn suggest(address: SocketAddr, found: &DemoFindings) {
    anstream::println!("\ntry next, in another terminal:");
    if let Some(timeline) = &found.missed_then_answered {
        anstream::println!(
            "  attempt-ledger timeline {} --url http://{address}      # {} missed, then answered",
            timeline.attempt_id,
            timeline.missed_by_agent
        );
    }
    if let Some(refusal_id) = &found.refusal_id {
        anstream::println!("  curl http://{address}/v1/refusals/{refusal_id}      # refused, and kept");
    }
    anstream::println!("  attempt-ledger queues --url http://{address}      # what goes on in every queue");
    anstream::println!(
        "  curl 'http://{address}/v1/queues/17/history?from=now-1d&to=now&explain=n_abandoned'      \
         # a number, down to its attempts"
    );
    anstream::println!(
        "  curl -N -H 'accept: text/event-stream' 'http://{address}/v1/events'      # the log, live"
    );
    anstream::println!(
        "  curl -d '{{\"attempt_id\":\"1\",\"queue_id\":\"17\"}}' \
         http://{address}/v1/hooks/inbound_queue/joined      # your own event"
    );
    anstream::println!("\nctrl-c stops it");
}
