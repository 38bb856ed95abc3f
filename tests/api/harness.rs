//! The service under test: the real router and edge over a log in memory, with a clock that the test sets.

use std::net::SocketAddr;
use std::sync::Arc;

use attempt_ledger::http::api::{Api, router, work_class};
use attempt_ledger::http::edge::{EdgeOptions, StopReport, serve};
use attempt_ledger::http::metrics::Metrics;
use attempt_ledger::ledger::{Ledger, LedgerOptions};
use attempt_ledger::limits::Limits;
use attempt_ledger::log::{EventLog, MemoryLog};
use attempt_ledger::projector::{Fold, Projector, folds};
use attempt_ledger::queries::{DOSSIER_BYTES_MAX, Questions};
use attempt_ledger::read_store::{ModelsDirectory, SqliteOptions, SqliteStore, file_in_use};
use base64::Engine as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::clock::Clock;
use crate::support::event_stream::EventStream;
use crate::support::http::{Answer, request};
use crate::support::patience::PATIENCE;
use crate::support::process_log;

/// What the clock shows when a test begins.
pub const NOW: i64 = 1_784_711_700_000;
/// The time that most events of the tests claim: a minute ago.
pub const T0: i64 = NOW - 60_000;

/// The log under every test; another backend is tested by another line here.
fn new_log() -> Arc<dyn EventLog> {
    Arc::new(MemoryLog::new())
}

/// A running service.
pub struct Service {
    pub address: SocketAddr,
    pub clock: Arc<Clock>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<StopReport>>,
    runtime: Runtime,
    /// Where the read models are.
    models: tempfile::TempDir,
}

impl Service {
    pub fn start() -> Self {
        Self::start_with(Limits::default())
    }

    pub fn start_with(limits: Limits) -> Self {
        Self::start_with_folds(limits, folds())
    }

    pub fn start_with_folds(limits: Limits, folds: Vec<Arc<dyn Fold>>) -> Self {
        process_log::capture();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.unwrap();
        let clock = Arc::new(Clock::at(NOW, rand::random()));
        let options = LedgerOptions { event_bytes_max: limits.event_bytes_max, ..LedgerOptions::default() };
        let log = new_log();
        let ledger = Ledger::open(log.clone(), clock.clone(), options).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let models = Arc::new(ModelsDirectory::open(directory.path()).unwrap());
        let projector = Arc::new(Projector::start(log, models, folds).unwrap());
        let questions = Questions::new(ledger, projector, DOSSIER_BYTES_MAX);
        let metrics = Arc::new(Metrics::new("test"));
        let handle = runtime.handle().clone();
        let api = router(Api::new(questions, metrics.clone(), limits, handle.clone()));
        let (batch_runtime, question_runtime) = (handle.clone(), handle);
        let options = EdgeOptions { limits, classifier: work_class, batch_runtime, question_runtime };
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = runtime.spawn(async move {
            let shutdown = async move { drop(stopped.await) };
            serve(listener, api, options, metrics, shutdown).await.unwrap()
        });
        Self { address, clock, stop: Some(stop), server: Some(server), runtime, models: directory }
    }

    /// The file that the read models are in, read while the service writes to it.
    pub fn models(&self) -> SqliteStore {
        let file = file_in_use(self.models.path()).unwrap().unwrap();
        SqliteStore::open(&file, SqliteOptions::default()).unwrap()
    }

    pub fn begin_stop(&mut self) {
        self.stop.take().expect("stopped once").send(()).unwrap();
    }

    pub fn report(&mut self) -> StopReport {
        let server = self.server.take().expect("reported once");
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, server).await }).unwrap().unwrap()
    }

    pub fn get(&self, path: &str) -> Answer {
        request(self.address, &format!("GET {path}"), &[], b"")
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        request(self.address, &format!("GET {path}"), headers, b"")
    }

    /// The JSON of a page that must be there.
    pub fn show(&self, path: &str) -> Value {
        self.get(path).expect(200)
    }

    /// The JSON of a page of the read models, once they contain everything that was recorded.
    pub fn read(&self, path: &str) -> Value {
        self.ask(path).expect(200)
    }

    /// An answer of the read models, once they contain everything that was recorded.
    pub fn ask(&self, path: &str) -> Answer {
        let sign = if path.contains('?') { '&' } else { '?' };
        self.get(&format!("{path}{sign}min_position={}", self.head()))
    }

    pub fn delete(&self, path: &str) -> Answer {
        request(self.address, &format!("DELETE {path}"), &[], b"")
    }

    pub fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.post_with(path, &[], body)
    }

    pub fn post_with(&self, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        request(self.address, &format!("POST {path}"), headers, body.as_ref())
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.put_text(path, &body.to_string())
    }

    pub fn put_text(&self, path: &str, body: &str) -> Answer {
        request(self.address, &format!("PUT {path}"), &[], body.as_bytes())
    }

    /// Delivers to an inbound queue's hook.
    pub fn inbound(&self, event: &str, body: impl AsRef<[u8]>) -> Answer {
        self.post(&format!("/v1/hooks/inbound_queue/{event}"), body)
    }

    pub fn stream(&self, path: &str, headers: &[(&str, &str)]) -> EventStream {
        EventStream::open(self.address, path, headers)
    }

    pub fn head(&self) -> u64 {
        self.show("/v1/events?limit=1")["head"].as_u64().unwrap()
    }

    /// The refusal behind an answer that must be one, after a look that nothing of the delivery is lost.
    pub fn refused(&self, answer: &Answer, code: &str, sent: impl AsRef<[u8]>) -> Value {
        let status = if code == "too_large" { 413 } else { 422 };
        let problem = answer.problem(status, code);
        let id = problem["refusal_id"].as_str().expect("a refusal has an id");
        let kept = self.show(&format!("/v1/refusals/{id}"));
        assert_eq!(kept["refusal_id"], id);
        assert_eq!(kept["code"], code);
        assert_eq!(kept["status"], "open");
        assert_eq!(kept["detail"], problem["detail"]);
        assert_eq!(kept_body(&kept), sent.as_ref(), "{kept}");
        kept
    }
}

/// The bytes that a refusal keeps: text when they are text, else base64.
pub fn kept_body(refusal: &Value) -> Vec<u8> {
    match (refusal.get("body"), refusal.get("body_base64")) {
        (Some(text), None) => text.as_str().unwrap().as_bytes().to_vec(),
        (None, Some(text)) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_str().unwrap()).unwrap();
            assert!(std::str::from_utf8(&bytes).is_err(), "text is shown as text");
            bytes
        }
        both => panic!("one form of the body is shown, not {both:?}"),
    }
}

/// A body with nothing but an attempt and a time, so many milliseconds after [`T0`].
pub fn at(attempt_id: i64, offset_ms: i64) -> String {
    let timestamp = (T0 + offset_ms).to_string();
    json!({ "attempt_id": attempt_id.to_string(), "timestamp": timestamp }).to_string()
}

/// The flags of the only record of an attempt.
pub fn flags_of(service: &Service, attempt_id: i64) -> Vec<String> {
    let events = service.show(&format!("/v1/attempts/{attempt_id}/events"));
    assert_eq!(events["events"].as_array().unwrap().len(), 1, "{events}");
    serde_json::from_value(events["events"][0]["flags"].clone()).unwrap()
}
