//! What this process logs: a process has one subscriber, so that all tests share it.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use tracing_subscriber::EnvFilter;

/// Everything, but for the clients of the cluster and of the database: the service that is tested here uses
/// neither.
const FILTER: &str = "trace,h2=off,hyper_util=off,rustls=off,tokio_postgres=off,tonic=off,tower=off";

type LogBytes = Arc<Mutex<Vec<u8>>>;

struct LogWriter(LogBytes);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to capture; every service under test calls it before it starts.
pub fn capture() -> &'static Mutex<Vec<u8>> {
    static LOG: OnceLock<LogBytes> = OnceLock::new();
    LOG.get_or_init(|| {
        let bytes = LogBytes::default();
        let for_writer = Arc::clone(&bytes);
        tracing_subscriber::fmt()
            .json()
            .with_env_filter(EnvFilter::new(FILTER))
            .with_writer(move || LogWriter(Arc::clone(&for_writer)))
            .init();
        bytes
    })
}

/// The lines so far.
pub fn lines() -> Vec<String> {
    let text = String::from_utf8(capture().lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// The lines so far that name this text.
pub fn lines_with(text: &str) -> Vec<String> {
    lines().into_iter().filter(|line| line.contains(text)).collect()
}
