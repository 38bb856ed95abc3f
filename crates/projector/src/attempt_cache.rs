//! The attempts that a pass works on: recent ones from memory, others from the log.
//!
//! An attempt is taken out while a batch works on it, and comes back only when the batch is committed: what
//! the store refused must not stay here.

use std::collections::HashSet;
use std::sync::Arc;

use attempt_ledger_domain::{AttemptId, ORDINARY_RECORDS_MAX, Position, Revision};
use attempt_ledger_ledger::LedgerError;
use attempt_ledger_log::EventLog;
use attempt_ledger_projections::fold::{ObservationStep, Rows, Step, fold_regular};
use quick_cache::Weighter;
use quick_cache::unsync::Cache;

use crate::attempt_log::AttemptLog;

/// How many deliveries the attempts have together that stay in memory while a store is brought forward.
pub const KEPT_DELIVERIES_MAX: usize = 50_000;
/// Variables of so many bytes take as much memory as a delivery without any: each has two texts of its own
/// here, and once more in the attempt's row.
const VARIABLE_BYTES_OF_A_DELIVERY: usize = 256;
/// How many deliveries an attempt has, about.
const DELIVERIES_OF_AN_ATTEMPT: usize = 6;

/// One attempt as the read models contain it.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoldedAttempt {
    /// How many records there are about it.
    records: usize,
    /// How long the variables of its events are together.
    variable_bytes: usize,
    /// Its recorded events, in any order; empty when `log` has them.
    steps: Vec<Arc<Step>>,
    /// Its observations, in the order of the log; empty when `log` has them.
    observations: Vec<ObservationStep>,
    /// Everything delivered, when its events alone do not suffice: something was refused, or they tie or
    /// contradict.
    log: Option<Box<AttemptLog>>,
    /// Its rows.
    pub(crate) rows: Option<Rows>,
}

impl FoldedAttempt {
    /// Takes one of its events.
    pub(crate) fn push(&mut self, step: &Arc<Step>) {
        self.records += 1;
        self.variable_bytes += step.fields.variable_bytes();
        if self.log.is_none() && !self.is_runaway() {
            self.steps.push(step.clone());
        }
    }

    /// Takes an observation of it: its events suffice as before.
    pub(crate) fn observe(&mut self, step: &ObservationStep) {
        self.records += 1;
        if self.log.is_none() && !self.is_runaway() {
            self.observations.push(*step);
        }
    }

    /// Whether nothing but observations names it.
    const fn is_only_observed(&self) -> bool {
        !self.has_deliveries() && !self.observations.is_empty()
    }

    /// Whether it has events, or refusals.
    const fn has_deliveries(&self) -> bool {
        self.log.is_some() || !self.steps.is_empty()
    }

    /// Takes note of another record about it.
    pub(crate) fn note_other(&mut self) {
        self.records += 1;
        self.judge_fully();
    }

    /// Whether it has so many records that it is folded by itself. A function of the log alone: wherever
    /// batches end, the same attempts are.
    pub(crate) const fn is_runaway(&self) -> bool {
        self.records > ORDINARY_RECORDS_MAX
    }

    /// From now on everything delivered is judged; the records are read when it is folded.
    fn judge_fully(&mut self) -> &mut AttemptLog {
        (self.steps, self.observations) = Default::default();
        self.log.get_or_insert_default()
    }
}

/// Weighs an attempt by its deliveries, and by what their variables take beside them.
#[derive(Clone)]
struct Deliveries;

impl Weighter<AttemptId, Box<FoldedAttempt>> for Deliveries {
    fn weight(&self, _attempt_id: &AttemptId, attempt: &Box<FoldedAttempt>) -> u64 {
        let variables = attempt.variable_bytes / VARIABLE_BYTES_OF_A_DELIVERY;
        1 + (attempt.records + variables) as u64
    }
}

/// The attempts of a pass. The pass owns it, and keeps here only what the store has committed.
pub(crate) struct AttemptCache {
    log: Arc<dyn EventLog>,
    recent: Cache<AttemptId, Box<FoldedAttempt>, Deliveries>,
    /// Attempts of which something was refused, so that a first event does not mean a new attempt.
    refused: HashSet<AttemptId>,
    /// Attempts that only observations name so far, for the same reason.
    observed: HashSet<AttemptId>,
    /// Attempts that have too many records to be folded here.
    runaways: HashSet<AttemptId>,
    /// Whether the pass has seen the log from its beginning, so that `refused` and `observed` are complete.
    has_seen_all: bool,
}

impl AttemptCache {
    pub(crate) fn new(log: Arc<dyn EventLog>, from: Position, kept_deliveries_max: usize) -> Self {
        let attempts_max = kept_deliveries_max / DELIVERIES_OF_AN_ATTEMPT;
        Self {
            log,
            recent: Cache::with_weighter(attempts_max, kept_deliveries_max as u64, Deliveries),
            refused: HashSet::new(),
            observed: HashSet::new(),
            runaways: HashSet::new(),
            has_seen_all: from == Position(0),
        }
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
        let is_known = self.refused.contains(&attempt_id) || self.observed.contains(&attempt_id);
        let is_new = first == Some(Revision(1)) && self.has_seen_all && !is_known;
        if is_new || checkpoint == Position(0) {
            return Ok(Box::default());
        }
        let mut attempt = Box::<FoldedAttempt>::default();
        let events = first.map_or(0, |first| first.0.saturating_sub(1) as usize);
        if events > ORDINARY_RECORDS_MAX || self.runaways.contains(&attempt_id) {
            attempt.records = events.max(ORDINARY_RECORDS_MAX + 1);
            return Ok(attempt);
        }
        let log = self.log.as_ref();
        let positions = AttemptLog::positions(log, attempt_id, Position(0), checkpoint)?;
        attempt.records = positions.len();
        if positions.is_empty() || attempt.is_runaway() {
            return Ok(attempt);
        }
        let mut known = AttemptLog::default();
        known.read_at(log, &positions, checkpoint)?;
        attempt.variable_bytes = known.variable_bytes();
        if known.has_refusals {
            attempt.log = Some(Box::new(known));
        } else {
            (attempt.steps, attempt.observations) = known.into_events();
        }
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
        debug_assert!(!attempt.is_runaway(), "a runaway attempt is folded by itself");
        if attempt.log.is_none()
            && let Ok(rows) = fold_regular(attempt_id, &mut attempt.steps)
        {
            return Ok(rows.map(|rows| rows.with_observations(&attempt.observations)));
        }
        let known = attempt.judge_fully();
        known.read(self.log.as_ref(), attempt_id, up_to)?;
        Ok(known.rows(attempt_id))
    }

    /// Keeps what a committed batch made of its attempts.
    pub(crate) fn keep(&mut self, attempts: Vec<(AttemptId, Box<FoldedAttempt>)>) {
        for (attempt_id, attempt) in attempts {
            if attempt.is_only_observed() {
                self.observed.insert(attempt_id);
            } else if attempt.has_deliveries() {
                self.observed.remove(&attempt_id);
            }
            if attempt.is_runaway() {
                self.runaways.insert(attempt_id);
            } else {
                self.recent.insert(attempt_id, attempt);
            }
        }
    }
}
