//! Brings projections forward over the log, batch by batch.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use attempt_ledger_domain::Position;
use thiserror::Error;

use super::attempts::Attempts;
use super::batch::{NotPrepared, Prepared, prepare};
use super::fact::{Fact, Unreadable};
use super::folds::Fold;
use crate::ledger::LedgerError;
use crate::log::{EventLog, ReadError};
use crate::read_store::{Checkpoint, Failure, Projection, ReadStore, StoreError};

/// Records that one transaction covers at most while catching up.
pub const BATCH_RECORDS_MAX: usize = 65_536;
/// Records that are read and parsed at once.
const PAGE_RECORDS: usize = 4_096;
/// Pages that are parsed ahead of the folds.
const PAGES_AHEAD: usize = 4;

/// Why a pass cannot go on. Everything committed before stays.
#[derive(Debug, Error)]
pub enum PassError {
    /// The log cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The read store does not take the batch.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ReadError> for PassError {
    fn from(error: ReadError) -> Self {
        Self::Ledger(error.into())
    }
}

/// Projections of one store that stand at the same checkpoint and move together.
pub struct Pass {
    log: Arc<dyn EventLog>,
    store: Arc<dyn ReadStore>,
    folds: Vec<Arc<dyn Fold>>,
    attempts: Attempts,
    checkpoint: Checkpoint,
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
        let attempts = Attempts::new(log.clone(), checkpoint.position);
        Self { log, store, folds, attempts, checkpoint }
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

    /// Brings the projections to `up_to`, or until `on_batch` breaks or none of them moves any more.
    ///
    /// # Errors
    /// [`PassError`]; what was committed before stays.
    pub fn run(
        &mut self,
        up_to: Position,
        on_batch: &mut dyn FnMut(Checkpoint) -> ControlFlow<()>,
    ) -> Result<(), PassError> {
        if up_to.0.saturating_sub(self.checkpoint.position.0) <= PAGE_RECORDS as u64 {
            let page = read_page(self.log.as_ref(), self.checkpoint.position, up_to)?;
            return self.take(page, on_batch).map(|_| ());
        }
        let log = self.log.clone();
        let after = self.checkpoint.position;
        let (parsed, pages) = sync_channel(PAGES_AHEAD);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut after = after;
                while after < up_to {
                    let page = read_page(log.as_ref(), after, up_to);
                    let next = page.as_ref().ok().and_then(|page| page.last().map(position_of));
                    // A closed channel means that the folds stopped.
                    if parsed.send(page).is_err() {
                        return;
                    }
                    let Some(next) = next else { return };
                    after = next;
                }
            });
            let mut batch = Vec::with_capacity(BATCH_RECORDS_MAX);
            for page in pages {
                batch.extend(page?);
                let is_last = batch.last().is_none_or(|last| position_of(last) >= up_to);
                if (batch.len() + PAGE_RECORDS > BATCH_RECORDS_MAX || is_last)
                    && self.take(std::mem::take(&mut batch), on_batch)?.is_break()
                {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Takes parsed records up to the first that cannot be read.
    fn take(
        &mut self,
        page: Vec<Result<Fact, Unreadable>>,
        on_batch: &mut dyn FnMut(Checkpoint) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, PassError> {
        let mut facts = Vec::with_capacity(page.len());
        let mut unreadable = None;
        for read in page {
            match read {
                Ok(fact) => facts.push(fact),
                Err(fault) => {
                    unreadable = Some(fault);
                    break;
                }
            }
        }
        self.bring_over(&facts)?;
        if let Some(Unreadable { position, id, reason }) = unreadable {
            let failure = Failure { position, record_id: id, reason };
            for projection in self.moving().collect::<Vec<_>>() {
                self.stop(projection, &failure)?;
            }
        }
        if self.folds.is_empty() {
            return Ok(ControlFlow::Break(()));
        }
        Ok(on_batch(self.checkpoint))
    }

    /// Brings the projections over records that follow the checkpoint. When one of them fails, the records are
    /// halved until the event is found: up to it all move, after it all but that one.
    fn bring_over(&mut self, facts: &[Fact]) -> Result<(), PassError> {
        if facts.is_empty() || self.folds.is_empty() {
            return Ok(());
        }
        let folds: Vec<&dyn Fold> = self.folds.iter().map(AsRef::as_ref).collect();
        match prepare(facts, &folds, &mut self.attempts, self.checkpoint.position) {
            Ok(prepared) => self.commit(prepared),
            Err(NotPrepared::Log(error)) => Err(error.into()),
            Err(NotPrepared::Failed(projection, failure)) if facts.len() == 1 => {
                self.stop(projection, &failure)?;
                self.bring_over(facts)
            }
            Err(NotPrepared::Failed(..)) => {
                let (first, second) = facts.split_at(facts.len() / 2);
                self.bring_over(first)?;
                self.bring_over(second)
            }
        }
    }

    fn commit(&mut self, prepared: Prepared) -> Result<(), PassError> {
        self.store.apply(&prepared.changes)?;
        self.checkpoint = prepared.changes.checkpoint;
        // Only now: what the store refused must not live on in memory.
        self.attempts.keep(prepared.attempts);
        Ok(())
    }

    fn stop(&mut self, projection: Projection, failure: &Failure) -> Result<(), PassError> {
        tracing::error!(
            %projection, position = %failure.position, record = %failure.record_id, reason = failure.reason,
            "a projection stopped at an event; the others go on; hint: mend the cause, then rebuild it"
        );
        self.store.set_failure(projection, Some(failure))?;
        self.folds.retain(|fold| fold.projection() != projection);
        Ok(())
    }
}

fn position_of(read: &Result<Fact, Unreadable>) -> Position {
    match read {
        Ok(fact) => fact.position,
        Err(fault) => fault.position,
    }
}

fn read_page(
    log: &dyn EventLog,
    after: Position,
    up_to: Position,
) -> Result<Vec<Result<Fact, Unreadable>>, ReadError> {
    let missing = usize::try_from(up_to.0.saturating_sub(after.0)).unwrap_or(usize::MAX);
    let stored = log.read_after(after, missing.min(PAGE_RECORDS))?;
    Ok(stored.iter().map(Fact::read).collect())
}
