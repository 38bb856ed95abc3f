//! Brings projections forward over the log, batch by batch.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use attempt_ledger_domain::Position;
use attempt_ledger_system::cancellation::{self, current};
use thiserror::Error;

use crate::attempt_cache::{AttemptCache, KEPT_DELIVERIES_MAX};
use crate::batch::{BatchError, PreparedBatch, prepare};
use crate::batch_writer::{BackgroundWriter, BatchWriter, DirectWriter};
use crate::fact::{Fact, UnreadableRecord};
use crate::folds::Fold;
use attempt_ledger_ledger::LedgerError;
use attempt_ledger_log::{EventLog, ReadError};
use attempt_ledger_read_store::{Checkpoint, Failure, Projection, ReadStore, StoreError};

/// Records that one transaction covers at most while catching up. Two batches are in memory at once, one that
/// is folded and one that is written, each with some kilobytes a record; larger ones make no rebuild faster.
const BATCH_RECORDS_MAX: usize = 16_384;
/// Records that are read and parsed at once.
const PAGE_RECORDS: usize = 4_096;
/// Pages that are parsed ahead of the folds.
const PAGES_AHEAD: usize = 2;

/// Why a pass cannot go on. Everything committed before stays.
#[derive(Debug, Error)]
pub enum PassError {
    /// The log cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The read store does not take the batch.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The read models contain records that this process has not seen: others appended them, or the log was
    /// cut back.
    #[error(
        "the read models stand at position {models}, and this process knows the log up to {head} only; hint: \
         it catches up by itself within a moment, unless the log was cut back or the cluster restored from \
         an older backup: then restore the log, or set the read models aside"
    )]
    Ahead {
        /// Where the read models stand.
        models: Position,
        /// What this process knows of the log.
        head: Position,
    },
    /// The read models were folded from another log.
    #[error(
        "the read models have seen another record at position {at} than the log holds, and are left as they \
         are; hint: restore the log that they belong to, or set them aside with `attempt-ledger serve \
         --keep-old-models-aside`"
    )]
    Foreign {
        /// Where they stand.
        at: Position,
    },
}

impl From<ReadError> for PassError {
    fn from(error: ReadError) -> Self {
        Self::Ledger(error.into())
    }
}

/// The way of some projections of one store over the log: they stand at one checkpoint and move together.
/// Runaway attempts are left behind: [`bring_forward`](crate::bring_forward) and the follower fold them
/// apart.
pub struct Pass {
    log: Arc<dyn EventLog>,
    store: Arc<dyn ReadStore>,
    folds: Vec<Arc<dyn Fold>>,
    attempts: AttemptCache,
    checkpoint: Checkpoint,
    has_passed_runaways: bool,
}

impl Pass {
    /// A pass over what follows `checkpoint`, where the projections of all `folds` stand.
    #[must_use]
    pub fn new(
        log: Arc<dyn EventLog>,
        store: Arc<dyn ReadStore>,
        folds: Vec<Arc<dyn Fold>>,
        checkpoint: Checkpoint,
    ) -> Self {
        let attempts = AttemptCache::new(log.clone(), checkpoint.position, KEPT_DELIVERIES_MAX);
        Self { log, store, folds, attempts, checkpoint, has_passed_runaways: false }
    }

    /// The same pass, before its first step, with attempts of so many deliveries together in memory.
    pub(crate) fn keeping(self, deliveries_max: usize) -> Self {
        let attempts = AttemptCache::new(self.log.clone(), self.checkpoint.position, deliveries_max);
        Self { attempts, ..self }
    }

    /// How far the projections have come.
    #[must_use]
    pub const fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }

    /// The projections that still move: those that failed on an event have left.
    pub fn moving(&self) -> impl Iterator<Item = Projection> {
        self.folds.iter().map(|fold| fold.projection())
    }

    /// Whether runaway attempts were left behind since this was asked last.
    pub(crate) fn take_passed_runaways(&mut self) -> bool {
        std::mem::take(&mut self.has_passed_runaways)
    }

    /// Brings the projections to `up_to`, or until `on_batch` breaks or none of them moves any more.
    /// `on_batch` gets the checkpoint of the folds; the store may be a batch behind them until this returns.
    ///
    /// # Errors
    /// [`PassError`]; what was committed before stays, and the pass is of no more use: it may be ahead of the
    /// store.
    pub fn run(
        &mut self,
        up_to: Position,
        on_batch: &mut dyn FnMut(Checkpoint) -> ControlFlow<()>,
    ) -> Result<(), PassError> {
        if up_to.0.saturating_sub(self.checkpoint.position.0) <= PAGE_RECORDS as u64 {
            let page = read_page(self.log.as_ref(), self.checkpoint.position, up_to)?;
            let store = self.store.clone();
            return self.take(&page, &mut DirectWriter(store.as_ref()), on_batch).map(|_| ());
        }
        let log = self.log.clone();
        let after = self.checkpoint.position;
        let (parsed, pages) = sync_channel(PAGES_AHEAD);
        std::thread::scope(|scope| {
            let parser = std::thread::Builder::new().name("log-parser".to_owned());
            // The parser ends with its pass.
            let token = current().unwrap_or_default();
            let parse = move || {
                let mut after = after;
                while after < up_to {
                    let page = read_page(log.as_ref(), after, up_to);
                    let next = page.as_ref().ok().and_then(FactPage::end);
                    // A closed channel means that the folds stopped.
                    if parsed.send(page).is_err() {
                        return;
                    }
                    let Some(next) = next else { return };
                    after = next;
                }
            };
            parser.spawn_scoped(scope, move || cancellation::scope(&token, parse)).map_err(no_thread)?;
            let mut writer = BackgroundWriter::begin(scope, self.store.clone()).map_err(no_thread)?;
            let mut batch = FactPage::default();
            for page in pages {
                batch.append(page?);
                let is_last = batch.unreadable.is_some() || batch.end().is_none_or(|end| end >= up_to);
                if batch.facts.len() + PAGE_RECORDS <= BATCH_RECORDS_MAX && !is_last {
                    continue;
                }
                if self.take(&batch, &mut writer, on_batch)?.is_break() || is_last {
                    break;
                }
                // Its room is used again.
                batch.facts.clear();
            }
            Ok(writer.settle()?)
        })
    }

    /// Takes parsed records, and stops at one that cannot be read.
    fn take(
        &mut self,
        page: &FactPage,
        writer: &mut dyn BatchWriter,
        on_batch: &mut dyn FnMut(Checkpoint) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, PassError> {
        self.bring_over(&page.facts, writer)?;
        if let Some(UnreadableRecord { position, id, reason }) = &page.unreadable {
            let failure = Failure { position: *position, record_id: *id, reason: reason.clone() };
            for projection in self.moving().collect::<Vec<_>>() {
                self.stop(projection, &failure, writer)?;
            }
        }
        if self.folds.is_empty() {
            return Ok(ControlFlow::Break(()));
        }
        Ok(on_batch(self.checkpoint))
    }

    /// Brings the projections over records that follow the checkpoint. When one of them fails, the records
    /// are halved until the event is found: up to it all move, after it all but that one.
    fn bring_over(&mut self, facts: &[Fact], writer: &mut dyn BatchWriter) -> Result<(), PassError> {
        if facts.is_empty() || self.folds.is_empty() {
            return Ok(());
        }
        let folds: Vec<&dyn Fold> = self.folds.iter().map(AsRef::as_ref).collect();
        match prepare(facts, &folds, &mut self.attempts, self.checkpoint.position) {
            Ok(prepared) => self.commit(prepared, writer),
            Err(BatchError::Log(error)) => Err(error.into()),
            Err(BatchError::Failed(projection, failure)) if facts.len() == 1 => {
                self.stop(projection, &failure, writer)?;
                self.bring_over(facts, writer)
            }
            Err(BatchError::Failed(..)) => {
                let (first, second) = facts.split_at(facts.len() / 2);
                self.bring_over(first, writer)?;
                self.bring_over(second, writer)
            }
        }
    }

    fn commit(&mut self, prepared: PreparedBatch, writer: &mut dyn BatchWriter) -> Result<(), PassError> {
        let checkpoint = prepared.changes.checkpoint;
        assert_eq!(
            prepared.changes.follows,
            Some(self.checkpoint.position),
            "a batch follows the checkpoint"
        );
        assert!(checkpoint.position > self.checkpoint.position, "a checkpoint moves forward only");
        self.has_passed_runaways |= !prepared.changes.runaways.is_empty();
        writer.write(prepared.changes)?;
        // Only now: what the store refused must not stay in memory.
        self.checkpoint = checkpoint;
        self.attempts.keep(prepared.attempts);
        Ok(())
    }

    fn stop(
        &mut self,
        projection: Projection,
        failure: &Failure,
        writer: &mut dyn BatchWriter,
    ) -> Result<(), PassError> {
        writer.settle()?;
        tracing::error!(
            %projection, position = %failure.position, record = %failure.record_id, reason = failure.reason,
            "a projection stopped at an event; the others go on; hint: mend the cause, then rebuild it"
        );
        self.store.set_failure(projection, Some(failure))?;
        self.folds.retain(|fold| fold.projection() != projection);
        Ok(())
    }
}

/// Parsed records, up to the first that cannot be read.
#[derive(Default)]
struct FactPage {
    facts: Vec<Fact>,
    unreadable: Option<UnreadableRecord>,
}

impl FactPage {
    /// The position of its last record.
    fn end(&self) -> Option<Position> {
        let unreadable = self.unreadable.as_ref().map(|unreadable| unreadable.position);
        unreadable.or_else(|| self.facts.last().map(|fact| fact.position))
    }

    fn append(&mut self, mut more: Self) {
        self.facts.append(&mut more.facts);
        self.unreadable = more.unreadable;
    }
}

fn no_thread(error: std::io::Error) -> PassError {
    StoreError::Failed { reason: format!("no thread can be started: {error}") }.into()
}

fn read_page(log: &dyn EventLog, after: Position, up_to: Position) -> Result<FactPage, ReadError> {
    let missing = usize::try_from(up_to.0.saturating_sub(after.0)).unwrap_or(usize::MAX);
    let stored = log.read_after(after, missing.min(PAGE_RECORDS))?;
    let mut page = FactPage { facts: Vec::with_capacity(stored.len()), unreadable: None };
    for record in &stored {
        match Fact::read(record) {
            Ok(fact) => page.facts.push(fact),
            Err(unreadable) => {
                page.unreadable = Some(unreadable);
                break;
            }
        }
    }
    Ok(page)
}
