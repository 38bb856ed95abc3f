//! What is made of a long attempt is made once for all of its pages, and again when something else is true.

use std::sync::Arc;

use attempt_ledger::ledger::{Ledger, LedgerOptions, Submission};
use attempt_ledger::log::EventLog;
use attempt_ledger::projector::{Projector, folds};
use attempt_ledger::queries::{DOSSIER_BYTES_MAX, Dossier, Questions};
use attempt_ledger::read_store::ModelsDirectory;
use attempt_ledger_domain::timeline::Timeline;
use attempt_ledger_domain::{Address, Position, QueueDefinition, QueueId, QueueType, UnixMillis};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::read_models::runaways::{RUNAWAY, constant_attempt_id};
use crate::read_models::support::recorded;
use crate::support::clock::Clock;
use crate::support::watched_log::WatchedLog;

const HOOKS: usize = 1_200;
/// Soon after the last of them.
const LATER: UnixMillis = UnixMillis(1_784_680_000_000);
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Questions about a long attempt, and a log that counts what they read.
struct LongAttempt {
    log: Arc<WatchedLog>,
    clock: Arc<Clock>,
    questions: Questions,
    runtime: Runtime,
    _directory: TempDir,
}

impl LongAttempt {
    /// With so much memory for dossiers.
    fn over(recorded: &Arc<dyn EventLog>, dossier_bytes_max: usize) -> Self {
        let log = Arc::new(WatchedLog::over(recorded.clone()));
        let clock = Arc::new(Clock::at(LATER.0, 7));
        let ledger = Ledger::open(log.clone(), clock.clone(), LedgerOptions::default()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let models = Arc::new(ModelsDirectory::open(directory.path()).unwrap());
        // What the read models read is not counted.
        let projector = Projector::start(recorded.clone(), models, folds()).unwrap();
        let questions = Questions::new(ledger, Arc::new(projector), dossier_bytes_max);
        Self { log, clock, questions, runtime: Runtime::new().unwrap(), _directory: directory }
    }

    fn record_one_more(&self) {
        let submission = Submission {
            address: Address {
                event: Some("offering".to_owned()),
                queue_type: Some("inbound_queue".to_owned()),
                ..Address::default()
            },
            body: format!(r#"{{"attempt_id":{RUNAWAY},"queue_id":17,"timestamp":{LATER}}}"#).into(),
            source: Arc::from("test"),
        };
        self.runtime.block_on(self.questions.ledger.record(submission)).unwrap();
    }

    fn define_queue_that_waits(&self, leaving_deadline_ms: u64) {
        let definition = QueueDefinition {
            queue_id: QueueId(17),
            queue_type: QueueType::InboundQueue,
            name: None,
            hooks: None,
            service_level_threshold_ms: None,
            short_abandon_threshold_ms: None,
            leaving_deadline_ms: Some(leaving_deadline_ms),
            variables: None,
        };
        self.runtime.block_on(self.questions.ledger.define_queue(definition, "test")).unwrap();
    }

    fn dossier(&self, as_of: Position) -> Arc<Dossier> {
        self.questions.dossier(RUNAWAY, as_of).unwrap().unwrap()
    }

    /// Every page of the timeline as of a position.
    fn pages(&self, as_of: Position, limit: usize) -> Vec<Timeline> {
        let (mut pages, mut after) = (Vec::new(), Some(0));
        while let Some(begins) = after {
            let (page, next) = self.dossier(as_of).timeline.page(begins, limit, usize::MAX);
            pages.push(page);
            after = next;
        }
        pages
    }

    /// The records that a question reads.
    fn reads(&self, ask: impl FnOnce()) -> usize {
        let before = self.log.records_read();
        ask();
        self.log.records_read() - before
    }

    fn head(&self) -> Position {
        self.log.head()
    }
}

#[test]
fn the_pages_of_a_long_attempt_read_its_records_once_for_all_of_them() {
    let log = recorded(&constant_attempt_id(HOOKS, 5)).log().clone();
    let (kept, made) = (LongAttempt::over(&log, DOSSIER_BYTES_MAX), LongAttempt::over(&log, 0));
    let (head, mut pages) = (kept.head(), Vec::new());
    let read = kept.reads(|| pages = kept.pages(head, 100));
    assert_eq!(pages.len(), HOOKS / 100);
    // Once for the timeline and once for the rows, and the time of the position for each page.
    assert!(read <= 2 * HOOKS + 2 * pages.len(), "{read} records were read for {} pages", pages.len());
    let mut pages_made = Vec::new();
    let read = made.reads(|| pages_made = made.pages(head, 100));
    assert!(read >= pages.len() * 2 * HOOKS, "without memory for it, each page makes all of it");
    assert!(pages == pages_made, "they are the same pages");
}

#[test]
fn a_dossier_is_made_again_when_a_record_a_definition_or_a_position_says_otherwise() {
    let log = recorded(&constant_attempt_id(HOOKS, 5)).log().clone();
    let long = LongAttempt::over(&log, DOSSIER_BYTES_MAX);
    let first = long.dossier(long.head());
    assert!(Arc::ptr_eq(&first, &long.dossier(long.head())), "the same question");

    let old_head = long.head();
    long.record_one_more();
    assert_eq!(long.pages(long.head(), usize::MAX)[0].entries.len(), HOOKS + 1);
    assert_eq!(long.pages(old_head, usize::MAX)[0].entries.len(), HOOKS, "the past is as it was");

    let flags = || long.pages(long.head(), usize::MAX)[0].flags.clone();
    let never_left = "never_left".to_owned();
    assert!(!flags().contains(&never_left));
    long.clock.advance_to(LATER.0 + 2 * DAY_MS);
    assert!(flags().contains(&never_left), "nothing but time has passed");
    long.define_queue_that_waits(3 * DAY_MS as u64);
    assert!(!flags().contains(&never_left), "its queue waits longer now");
}
