//! The read side while deliveries come in: how far it is behind, how fast boards are answered, how memory
//! grows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use attempt_ledger::environment::{Environment as _, System};
use attempt_ledger::ledger::{Ledger, LedgerOptions, Submission};
use attempt_ledger::log::{EmbeddedLog, EmbeddedOptions, EventLog as _};
use attempt_ledger::projector::{Projector, folds};
use attempt_ledger::queries::{DOSSIER_BYTES_MAX, Questions};
use attempt_ledger::read_store::ModelsDirectory;
use attempt_ledger::seed::{SeedOptions, deliveries};
use attempt_ledger_domain::{Position, UnixMillis};

use crate::report::{Report, grouped};
use crate::{disk, submission, traffic};

/// Deliveries of one batch. A batch is due every `BATCH / rate` seconds.
const BATCH: u64 = 200;
/// Events a second that are offered, one rate after the other. The reference producer's busiest site sends
/// some hundred.
const RATES: [u64; 3] = [1_000, 10_000, 50_000];
const HOUR_MS: i64 = 3_600_000;
/// How long a batch may take to show in the read models before the rate counts as too high.
const PATIENCE: Duration = Duration::from_secs(120);

/// Feeds a ledger at each rate for `seconds`, while boards are asked without a pause.
pub fn measure(report: &mut Report, seconds: u64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut first_attempt_id = 1;
    for rate in RATES {
        let directory = tempfile::tempdir().expect("a directory");
        let log = EmbeddedLog::open(directory.path(), &EmbeddedOptions::default()).expect("it opens");
        let log = Arc::new(log);
        let ledger = Ledger::open(log.clone(), Arc::new(System), LedgerOptions::default()).expect("it opens");
        let models = ModelsDirectory::open(&directory.path().join("read-models")).expect("it opens");
        let projector = Projector::start(log.clone(), Arc::new(models), folds()).expect("it starts");
        let questions = Questions::new(ledger, Arc::new(projector), DOSSIER_BYTES_MAX);
        let before = disk::resident_bytes();
        let is_over = Arc::new(AtomicBool::new(false));
        let boards = std::thread::spawn({
            let (questions, is_over) = (questions.clone(), is_over.clone());
            move || ask_boards(&questions, &is_over)
        });
        let (lags, elapsed) = runtime.block_on(feed(&questions, rate, seconds, first_attempt_id));
        is_over.store(true, Ordering::Relaxed);
        let boards = boards.join().expect("no panic");
        let recorded = log.head().0;
        first_attempt_id += i64::try_from(recorded).expect("a small number");
        report.row(
            &format!("from acknowledged to shown, at {} events/s", grouped(rate as f64)),
            format!("p50 {:.1} ms, p99 {:.1} ms", percentile(&lags, 50), percentile(&lags, 99)),
            format!(
                "{} events in {elapsed:.0} s ({} events/s); {} MB more resident",
                grouped(recorded as f64),
                grouped(recorded as f64 / elapsed),
                disk::resident_bytes().saturating_sub(before) / 1_000_000
            ),
        );
        report.row(
            &format!("the board of every queue meanwhile, at {} events/s", grouped(rate as f64)),
            format!("p50 {:.2} ms, p99 {:.2} ms", percentile(&boards, 50), percentile(&boards, 99)),
            format!("{} boards, one after the other without a pause", grouped(boards.len() as f64)),
        );
    }
}

/// Records batches when they are due. Answers with the time from each batch's acknowledgement to its being in
/// the read models, in milliseconds, ascending, and with the seconds that recording took.
async fn feed(questions: &Questions, rate: u64, seconds: u64, first_attempt_id: i64) -> (Vec<f64>, f64) {
    let source: Arc<str> = Arc::from("bench");
    // The hour that just went by, so that boards show its attempts.
    let start = UnixMillis(System.now().0 - HOUR_MS);
    let span_ms = HOUR_MS.unsigned_abs();
    let mut all =
        deliveries(&SeedOptions { start, span_ms, ..traffic(rate * seconds / 3, first_attempt_id) });
    let began = Instant::now();
    let mut watching = Vec::new();
    for number in 0..rate * seconds / BATCH {
        let batch: Vec<Submission> = (&mut all)
            .take(usize::try_from(BATCH).expect("a small number"))
            .map(|delivery| submission(delivery, &source))
            .collect();
        let due = began + Duration::from_micros(number * BATCH * 1_000_000 / rate);
        tokio::time::sleep_until(due.into()).await;
        let receipts = questions.ledger.record_batch(batch).await.expect("recorded");
        drop(receipts);
        let (acknowledged, head) = (Instant::now(), questions.ledger.log().head());
        let questions = questions.clone();
        watching.push(tokio::spawn(async move { shown(&questions, head, acknowledged).await }));
    }
    let elapsed = began.elapsed().as_secs_f64();
    let mut lags = Vec::with_capacity(watching.len());
    for lag in watching {
        lags.push(lag.await.expect("no panic"));
    }
    lags.sort_unstable_by(f64::total_cmp);
    (lags, elapsed)
}

async fn shown(questions: &Questions, head: Position, acknowledged: Instant) -> f64 {
    questions.wait_for(head, PATIENCE).await.expect("the read models get there");
    acknowledged.elapsed().as_secs_f64() * 1_000.0
}

fn ask_boards(questions: &Questions, is_over: &AtomicBool) -> Vec<f64> {
    let mut took = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        std::hint::black_box(questions.board(None).expect("a board"));
        took.push(asked.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_unstable_by(f64::total_cmp);
    took
}

fn percentile(ascending: &[f64], percent: usize) -> f64 {
    ascending[(ascending.len() * percent / 100).min(ascending.len() - 1)]
}
