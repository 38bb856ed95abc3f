//! Recording over HTTP, beside a handler that reads the body and does nothing.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use attempt_ledger::environment::System;
use attempt_ledger::http::api::{Api, router};
use attempt_ledger::http::edge::{EdgeOptions, WorkClass, serve};
use attempt_ledger::http::metrics::Metrics;
use attempt_ledger::ledger::{Ledger, LedgerOptions};
use attempt_ledger::limits::Limits;
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions};
use attempt_ledger::projector::{Projector, folds};
use attempt_ledger::queries::{DOSSIER_BYTES_MAX, Questions};
use attempt_ledger::read_store::ModelsDirectory;
use attempt_ledger::seed::{deliveries, ndjson_line};
use axum::http::StatusCode;
use axum::routing::post;
use bytes::Bytes;
use tokio::net::TcpListener;

use crate::client::{self, Requests};
use crate::report::{Report, grouped};
use crate::{disk, traffic};

const CONNECTIONS: usize = 256;
const BATCH_LINES: usize = 1_000;
const BATCH_CALLERS: usize = 4;
/// What cqrs-es with postgres-es appends in batches of 1,000, as measured by others on a like machine.
const POSTGRES_ES_BATCH_EVENTS_PER_S: f64 = 8_500.0;

/// The real service over a directory, with `/noop` beside its routes.
pub fn start(runtime: &tokio::runtime::Runtime, directory: &Path) -> (SocketAddr, Arc<EmbeddedLog>) {
    let log = Arc::new(EmbeddedLog::open(directory, &EmbeddedOptions::default()).expect("it opens"));
    let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).expect("it opens");
    let metrics = Arc::new(Metrics::new("bench"));
    let limits = Limits::default();
    let models = ModelsDirectory::open(&directory.join("read-models")).expect("it opens");
    let projector = Projector::start(log.clone(), Arc::new(models), folds()).expect("it starts");
    let questions = Questions::new(ledger, Arc::new(projector), DOSSIER_BYTES_MAX);
    let handle = runtime.handle().clone();
    let api = router(Api::new(questions, metrics.clone(), limits, handle.clone()))
        .route("/noop", post(|body: Bytes| async move { (StatusCode::CREATED, body.len().to_string()) }));
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    // The handler that does nothing runs where deliveries run.
    let (batch_runtime, question_runtime) = (handle.clone(), handle);
    let options =
        EdgeOptions { limits, classifier: |_| WorkClass::Delivery, batch_runtime, question_runtime };
    runtime.spawn(async move { serve(listener, api, options, metrics, std::future::pending()).await });
    (address, log)
}

/// One delivery a request, durable before its answer, 256 connections.
pub fn single_appends(report: &mut Report, seconds: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (address, _log) = start(&runtime, directory.path());
    let body = deliveries(&traffic(1, 1)).next().expect("a delivery").body;
    let noop = client::post("/noop", "application/json", body.as_bytes());
    let noop: Requests = Arc::new(move || Some(noop.clone()));
    let deliveries = Mutex::new(deliveries(&traffic(10_000_000, 1)));
    let hooks: Requests = Arc::new(move || {
        let delivery = deliveries.lock().expect("no caller panics").next()?;
        let path = format!("/v1/hooks/{}/{}", delivery.queue_type, delivery.hook.wire_name());
        Some(client::post(&path, "application/json", delivery.body.as_bytes()))
    });
    runtime.block_on(client::run(address, CONNECTIONS, 1, noop.clone()));
    let noop = runtime.block_on(client::run(address, CONNECTIONS, seconds, noop));
    let durable = runtime.block_on(client::run(address, CONNECTIONS, seconds, hooks));
    report.row(
        "durable single append over HTTP, 256 connections",
        format!("{}/s, p99 {} ms", grouped(durable.per_second()), durable.percentile_us(0.99) / 1_000),
        format!(
            "{:.2} of the no-op handler's {}/s",
            durable.per_second() / noop.per_second(),
            grouped(noop.per_second())
        ),
    );
}

/// NDJSON batches of 1,000 with every check, four callers.
pub fn batches(report: &mut Report, seconds: u64) {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (address, log) = start(&runtime, directory.path());
    let batches_max = usize::try_from(seconds).expect("seconds") * 600;
    let mut prepared = Vec::with_capacity(batches_max);
    // Four sources with attempts of their own, as four sites would be: batches that share attempts follow
    // each other, because an attempt is locked until its events are durable.
    let mut days: Vec<_> = (0..BATCH_CALLERS)
        .map(|source| deliveries(&traffic(5_000_000, 1 + 10_000_000 * source as i64)))
        .collect();
    let mut line = String::new();
    while prepared.len() < batches_max {
        let source = prepared.len() % BATCH_CALLERS;
        let mut body = Vec::new();
        for delivery in days[source].by_ref().take(BATCH_LINES) {
            line.clear();
            ndjson_line(&delivery, &mut line);
            body.extend_from_slice(line.as_bytes());
        }
        prepared.push(client::post("/v1/events", "application/x-ndjson", &body));
    }
    let prepared = Mutex::new(prepared.into_iter());
    let requests: Requests = Arc::new(move || prepared.lock().expect("no caller panics").next());
    let outcome = runtime.block_on(client::run(address, BATCH_CALLERS, seconds, requests));
    let events_per_s = outcome.per_second() * BATCH_LINES as f64;
    let stored = disk::size_of(&directory.path().join("log"));
    let events = outcome.requests * BATCH_LINES as u64;
    let limit = disk::synced_appends(directory.path(), 1 << 20, 512 << 20);
    report.row(
        "NDJSON batches of 1,000 over HTTP, 4 callers with attempts of their own, every check",
        format!("{} events/s", grouped(events_per_s)),
        format!(
            "{:.0} × cqrs-es with postgres-es as published; the disk alone syncs {} MB/s, \
             {} bytes lie there for {} events",
            events_per_s / POSTGRES_ES_BATCH_EVENTS_PER_S,
            grouped(limit / 1e6),
            grouped(stored as f64),
            grouped(events as f64)
        ),
    );
    drop(log);
}
