//! The attempts that a pass works on: recent ones from memory, others from the log.
//!
//! An attempt is taken out while a batch works on it, and comes back only when the batch is committed: what
//! the store refused must not stay here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use attempt_ledger_domain::timeline::{LoggedDelivery, RunSelection};
use attempt_ledger_domain::{AttemptId, Position, Revision};
use attempt_ledger_projections::fold::{Rows, Step, fold_regular, fold_run};
use quick_cache::unsync::Cache;

use crate::fact;
use attempt_ledger_ledger::{AttemptRecords, DeliveryRecord, LedgerError};
use attempt_ledger_log::{EventLog, Key};

/// Attempts kept in memory.
const KEPT_MAX: usize = 50_000;

/// One attempt as the read models contain it.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoldedAttempt {
    /// Its recorded events, in any order.
    pub(crate) steps: Vec<Arc<Step>>,
    /// Whether its events alone do not suffice: something was refused, or they tie or contradict.
    pub(crate) is_irregular: bool,
    /// Its rows.
    pub(crate) rows: Option<Rows>,
}

/// The attempts of a pass. The pass owns it, and keeps here only what the store has committed.
pub(crate) struct AttemptCache {
    log: Arc<dyn EventLog>,
    recent: Cache<AttemptId, Box<FoldedAttempt>>,
    /// Attempts of which something was refused, so that a first event does not mean a new attempt.
    refused: HashSet<AttemptId>,
    /// Whether the pass has seen the log from its beginning, so that `refused` is complete.
    has_seen_all: bool,
}

impl AttemptCache {
    pub(crate) fn new(log: Arc<dyn EventLog>, from: Position) -> Self {
        Self { log, recent: Cache::new(KEPT_MAX), refused: HashSet::new(), has_seen_all: from == Position(0) }
    }

    /// Notes that a delivery of the attempt was refused, or a refusal of it settled.
    pub(crate) fn note_refused(&mut self, attempt_id: AttemptId) {
        self.refused.insert(attempt_id);
    }

    /// Takes an attempt out, as it was at `checkpoint`. `first` is the revision of the next event, when it is
    /// an event.
    pub(crate) fn take(
        &mut self,
        attempt_id: AttemptId,
        first: Option<Revision>,
        checkpoint: Position,
    ) -> Result<Box<FoldedAttempt>, LedgerError> {
        if let Some((_, attempt)) = self.recent.remove(&attempt_id) {
            return Ok(attempt);
        }
        let is_new = first == Some(Revision(1)) && self.has_seen_all && !self.refused.contains(&attempt_id);
        if is_new || checkpoint == Position(0) {
            return Ok(Box::default());
        }
        let positions = self.positions(attempt_id, checkpoint)?;
        if positions.is_empty() {
            return Ok(Box::default());
        }
        let AttemptRecords { deliveries, is_irregular } = self.read(&positions)?;
        let steps = steps_of_events(&deliveries)?;
        let mut attempt = Box::new(FoldedAttempt { steps, is_irregular, rows: None });
        attempt.rows = self.fold(attempt_id, &mut attempt, checkpoint)?;
        Ok(attempt)
    }

    /// The rows of an attempt as it was at `up_to`, from its steps where they suffice.
    pub(crate) fn fold(
        &self,
        attempt_id: AttemptId,
        attempt: &mut FoldedAttempt,
        up_to: Position,
    ) -> Result<Option<Rows>, LedgerError> {
        if !attempt.is_irregular {
            match fold_regular(attempt_id, &mut attempt.steps) {
                Ok(rows) => return Ok(rows),
                Err(attempt_ledger_projections::fold::Irregular) => attempt.is_irregular = true,
            }
        }
        let records = self.read(&self.positions(attempt_id, up_to)?)?;
        fold_irregular(attempt_id, records.deliveries)
    }

    /// Keeps what a committed batch made of its attempts.
    pub(crate) fn keep(&mut self, attempts: Vec<(AttemptId, Box<FoldedAttempt>)>) {
        for (attempt_id, attempt) in attempts {
            self.recent.insert(attempt_id, attempt);
        }
    }

    fn positions(&self, attempt_id: AttemptId, up_to: Position) -> Result<Vec<Position>, LedgerError> {
        let mut positions = self.log.find(Key::Attempt(attempt_id))?;
        positions.retain(|position| *position <= up_to);
        Ok(positions)
    }

    fn read(&self, positions: &[Position]) -> Result<AttemptRecords, LedgerError> {
        AttemptRecords::read(&self.log.read(positions)?)
    }
}

/// The rows of an attempt as of a position, judged from everything that the log holds about it.
pub fn rows_as_of(
    log: &dyn EventLog,
    attempt_id: AttemptId,
    up_to: Position,
) -> Result<Option<Rows>, LedgerError> {
    let mut positions = log.find(Key::Attempt(attempt_id))?;
    positions.retain(|position| *position <= up_to);
    fold_irregular(attempt_id, AttemptRecords::read(&log.read(&positions)?)?.deliveries)
}

fn steps_of_events(all: &[DeliveryRecord]) -> Result<Vec<Arc<Step>>, LedgerError> {
    all.iter().filter(|one| one.is_event()).map(|one| Ok(Arc::new(step(one)?))).collect()
}

/// The rows of the longest legal run of everything delivered.
fn fold_irregular(attempt_id: AttemptId, all: Vec<DeliveryRecord>) -> Result<Option<Rows>, LedgerError> {
    let steps: HashMap<Position, Step> =
        all.iter().map(|one| Ok((one.delivered.position, step(one)?))).collect::<Result<_, LedgerError>>()?;
    let selection = RunSelection::of(all.into_iter().map(|one| one.delivered).collect());
    let step_of = |one: &LoggedDelivery| steps.get(&one.position);
    let run: Vec<&Step> = selection.run().filter_map(step_of).collect();
    let aside: Vec<&Step> = selection.aside().filter_map(step_of).collect();
    Ok(fold_run(attempt_id, &run, selection.queue_type, selection.queue_id, &aside))
}

fn step(one: &DeliveryRecord) -> Result<Step, LedgerError> {
    let DeliveryRecord { delivered, payload } = one;
    let position = delivered.position;
    Ok(Step {
        position,
        event: delivered.event,
        queue_type: delivered.queue_type,
        queue_id: delivered.queue_id,
        occurred_at: delivered.occurred_at,
        recorded_at: delivered.recorded_at,
        fields: fact::step_fields(payload).map_err(|reason| LedgerError::Record { position, reason })?,
    })
}
