//! Everything that the log holds about one attempt, read record by record, and the rows that it gives.

use std::borrow::Cow;
use std::sync::Arc;

use attempt_ledger_domain::timeline::{LoggedDelivery, RunSelection};
use attempt_ledger_domain::{AttemptId, Position, StatedTime};
use attempt_ledger_ledger::{AttemptDeliveries, LedgerError, Record, visit_records};
use attempt_ledger_log::record::{Opening, RecordKind};
use attempt_ledger_log::{EventLog, Key};
use attempt_ledger_projections::fold::{ObservationStep, Rows, Step, fold_run};
use uuid::Uuid;

use crate::fact;
use crate::observation_step::observation_step;

/// The records of an attempt up to a position. Each is read once: what came later is added.
#[derive(Clone, Debug, Default)]
pub(crate) struct AttemptLog {
    deliveries: AttemptDeliveries,
    /// The deliveries as rows need them, in the order of the log.
    steps: Vec<Arc<Step>>,
    /// The observations, in the order of the log.
    observations: Vec<ObservationStep>,
    /// Whether anything but recorded events and observations is among the records.
    pub(crate) has_refusals: bool,
    /// The last record that was read.
    pub(crate) last: Option<(Position, Uuid)>,
    up_to: Position,
}

impl AttemptLog {
    /// How long the variables of its deliveries are together.
    pub(crate) fn variable_bytes(&self) -> usize {
        self.steps.iter().map(|step| step.fields.variable_bytes()).sum()
    }

    /// Where the records about an attempt lie that come after one position and not after another.
    pub(crate) fn positions(
        log: &dyn EventLog,
        attempt_id: AttemptId,
        after: Position,
        up_to: Position,
    ) -> Result<Vec<Position>, LedgerError> {
        let mut positions = log.find(Key::Attempt(attempt_id))?;
        positions.retain(|position| after < *position && *position <= up_to);
        Ok(positions)
    }

    /// Reads what was not read before, up to a position.
    pub(crate) fn read(
        &mut self,
        log: &dyn EventLog,
        attempt_id: AttemptId,
        up_to: Position,
    ) -> Result<(), LedgerError> {
        let positions = Self::positions(log, attempt_id, self.up_to, up_to)?;
        self.read_at(log, &positions, up_to)
    }

    /// The same where it is known which records those are.
    pub(crate) fn read_at(
        &mut self,
        log: &dyn EventLog,
        positions: &[Position],
        up_to: Position,
    ) -> Result<(), LedgerError> {
        visit_records(log, positions, &mut |record| {
            self.last = Some((record.position, record.leaf.id));
            self.has_refusals |= record.leaf.kind == RecordKind::Refusal;
            self.observations.extend(observation_of(record)?);
            self.deliveries.note_decision(record);
            if let Some(delivery) = record.delivery() {
                self.steps.push(Arc::new(step(&delivery, &record.opening)?));
                self.deliveries.push(delivery);
            }
            Ok(())
        })?;
        self.up_to = up_to;
        Ok(())
    }

    /// The recorded events and the observations, for an attempt of which nothing was refused.
    pub(crate) fn into_events(self) -> (Vec<Arc<Step>>, Vec<ObservationStep>) {
        debug_assert!(!self.has_refusals, "only what is all events is taken for events");
        (self.steps, self.observations)
    }

    /// The rows of the longest legal run of everything delivered.
    pub(crate) fn rows(&self, attempt_id: AttemptId) -> Option<Rows> {
        let selection = RunSelection::of(self.deliveries.clone().into_deliveries());
        let step_of = |one: &LoggedDelivery| {
            let found = self.steps.binary_search_by_key(&one.position, |step| step.position);
            found.ok().map(|index| at_its_place(&self.steps[index], one))
        };
        let run: Vec<Cow<'_, Step>> = selection.run().filter_map(step_of).collect();
        let aside: Vec<Cow<'_, Step>> = selection.aside().filter_map(step_of).collect();
        let [run, aside] =
            [&run, &aside].map(|steps| steps.iter().map(AsRef::as_ref).collect::<Vec<&Step>>());
        let rows = fold_run(attempt_id, &run, selection.queue_type, selection.queue_id, &aside)?;
        Some(rows.with_observations(&self.observations))
    }
}

/// The step of a delivery when that happened by the judgement of all: what counts under an id that several
/// deliveries share stands at the first receipt of it.
fn at_its_place<'a>(step: &'a Step, judged: &LoggedDelivery) -> Cow<'a, Step> {
    if step.occurred_at == judged.occurred_at {
        return Cow::Borrowed(step);
    }
    Cow::Owned(Step { occurred_at: judged.occurred_at, ..step.clone() })
}

/// The rows of an attempt as of a position, judged from everything that the log holds about it.
///
/// # Errors
/// [`LedgerError`] when the log cannot be read.
pub fn rows_as_of(
    log: &dyn EventLog,
    attempt_id: AttemptId,
    up_to: Position,
) -> Result<Option<Rows>, LedgerError> {
    let mut attempt = AttemptLog::default();
    attempt.read(log, attempt_id, up_to)?;
    Ok(attempt.rows(attempt_id))
}

fn observation_of(record: &Record<'_>) -> Result<Option<ObservationStep>, LedgerError> {
    let Record { position, ref leaf, ref opening, .. } = *record;
    let (Some(observation), Some(occurred_at)) = (leaf.observation, leaf.occurred_at) else {
        return Ok(None);
    };
    let queue = (leaf.queue_type, leaf.queue_id);
    let step = observation_step(position, observation, occurred_at, leaf.recorded_at, queue, opening);
    step.map(Some).map_err(|reason| LedgerError::Record { position, reason })
}

fn step(delivery: &LoggedDelivery, opening: &Opening<'_>) -> Result<Step, LedgerError> {
    let position = delivery.position;
    let fields = fact::step_fields(opening).map_err(|reason| LedgerError::Record { position, reason });
    let mut fields = fields?;
    let envelope_time = opening.address.time().map(StatedTime::coarse);
    fields.take_envelope_time(envelope_time, delivery.occurred_at);
    Ok(Step {
        position,
        event: delivery.event,
        queue_type: delivery.queue_type,
        queue_id: delivery.queue_id,
        occurred_at: delivery.occurred_at,
        has_stated_time: delivery.time_source.is_stated(),
        recorded_at: delivery.recorded_at,
        fields,
    })
}
