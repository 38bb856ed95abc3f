//! The rows of an attempt: quickly from a regular run, or from the verdict on the whole set.

use std::borrow::Borrow;
use std::collections::HashSet;

use attempt_ledger_domain::lifecycle::check_run;
use attempt_ledger_domain::timeline::{Instants, time_order};
use attempt_ledger_domain::{AttemptId, QueueId, QueueType};

use super::attempt::{self, RowSource};
use super::leg_owners::LegOwners;
use super::legs;
use super::step::Step;
use crate::attempt_row::AttemptRow;
use crate::offer_row::OfferRow;

/// The rows of one attempt in the read models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Its own row.
    pub attempt: AttemptRow,
    /// A row for each of its legs.
    pub offers: Vec<OfferRow>,
}

/// Deliveries that have no rows before the whole set is judged: call [`fold_run`] with its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Irregular;

/// The rows of an attempt of which nothing was ever refused, from its steps in any order.
///
/// # Errors
/// [`Irregular`] when two steps tie in time, queues differ, or the steps are no legal run.
pub fn fold_regular(
    attempt_id: AttemptId,
    steps: &mut [impl Borrow<Step>],
) -> Result<Option<Rows>, Irregular> {
    steps.sort_by_key(|step| step.borrow().position);
    time_order::<Step, _>(steps);
    let run: Vec<&Step> = steps.iter().map(Borrow::borrow).collect();
    let Some(first) = run.first() else { return Ok(None) };
    let queue_type = first.queue_type.ok_or(Irregular)?;
    let queue_id = run.iter().find_map(|step| step.queue_id);
    let differs = run.iter().any(|step| {
        step.queue_type != Some(queue_type) || step.queue_id.is_some_and(|named| Some(named) != queue_id)
    });
    let is_legal = || check_run(queue_type, run.iter().map(|step| step.event)).is_ok();
    if has_ties(&run) || differs || !is_legal() {
        return Err(Irregular);
    }
    Ok(fold_run(attempt_id, &run, Some(queue_type), queue_id, &[]))
}

/// Whether two steps state the same step of the lifecycle, of the same agent, at the same instant: which of
/// them comes first is decided by their content, which is not read here.
fn has_ties(run: &[&Step]) -> bool {
    let instants = run.chunk_by(|left, right| left.occurred_at == right.occurred_at);
    instants.filter(|steps| steps.len() > 1).any(|steps| {
        let mut seen = HashSet::new();
        let stated = steps.iter().filter(|step| step.has_stated_time);
        stated.map(|step| (step.event.rank(), step.fields.agent_id)).any(|place| !seen.insert(place))
    })
}

/// The rows of an attempt from the steps that count, in time order, and those that contradict them.
///
/// `None` when nothing counts: then the attempt has no row.
#[must_use]
pub fn fold_run(
    attempt_id: AttemptId,
    run: &[&Step],
    queue_type: Option<QueueType>,
    queue_id: Option<QueueId>,
    aside: &[&Step],
) -> Option<Rows> {
    let last = run.last()?;
    debug_assert!(
        queue_type.is_none_or(|queue_type| check_run(queue_type, run.iter().map(|step| step.event)).is_ok()),
        "rows are folded from a legal run"
    );
    let instants = Instants::of(run, queue_type);
    let has_agents = queue_type.is_some_and(QueueType::has_agents);
    let owners = LegOwners::of(run, queue_type);
    let legs = if has_agents { legs::legs(run, &instants, queue_type, &owners) } else { Vec::new() };
    let offers: Vec<OfferRow> = legs
        .iter()
        .enumerate()
        .map(|(index, leg)| leg.row(attempt_id, index, queue_id, queue_type))
        .collect();
    let attempt = attempt::row(&RowSource {
        attempt_id,
        run,
        last,
        aside,
        queue_type,
        queue_id,
        instants,
        offers: &offers,
        owners: &owners,
    });
    Some(Rows { attempt, offers })
}
