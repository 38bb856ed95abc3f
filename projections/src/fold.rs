//! From the deliveries of an attempt to its rows.
//!
//! [`Step`] is one delivery as rows need it; `legs` tells the agents' legs, `attempt` the attempt's own row.
//! Like timelines, rows are told by the longest legal run of the set of deliveries. Nearly every attempt is
//! regular: nothing was refused, and its events in time order are that run. Only the others need the full
//! judgement.

mod attempt;
mod legs;
mod step;

use std::borrow::Borrow;

use attempt_ledger_domain::lifecycle::check_run;
use attempt_ledger_domain::timeline::Instants;
use attempt_ledger_domain::{AttemptId, QueueId, QueueType};

use crate::{AttemptRow, OfferRow};
pub use step::{Step, StepFields};

/// What an attempt looks like in the read models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Its own row.
    pub attempt: AttemptRow,
    /// A row for each of its legs.
    pub offers: Vec<OfferRow>,
}

/// Deliveries that cannot be told without judging the whole set: ask [`fold_run`] with its verdict.
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
    steps.sort_by_key(|step| step.borrow().place());
    let run: Vec<&Step> = steps.iter().map(Borrow::borrow).collect();
    let Some(first) = run.first() else { return Ok(None) };
    let queue_type = first.queue_type.ok_or(Irregular)?;
    let queue_id = run.iter().find_map(|step| step.queue_id);
    let ties = run.windows(2).any(|pair| pair[0].place() == pair[1].place());
    let differs = run.iter().any(|step| {
        step.queue_type != Some(queue_type) || step.queue_id.is_some_and(|named| Some(named) != queue_id)
    });
    let is_legal = || check_run(queue_type, run.iter().map(|step| step.event)).is_ok();
    if ties || differs || !is_legal() {
        return Err(Irregular);
    }
    Ok(fold_run(attempt_id, &run, Some(queue_type), queue_id, &[]))
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
    let instants = Instants::of(run);
    let has_agents = queue_type.is_some_and(QueueType::has_agents);
    let legs = if has_agents { legs::legs(run, &instants, queue_type) } else { Vec::new() };
    let offers: Vec<OfferRow> = legs
        .iter()
        .enumerate()
        .map(|(index, leg)| leg.row(attempt_id, index, queue_id, queue_type))
        .collect();
    let attempt = attempt::row(&attempt::RowSource {
        attempt_id,
        run,
        last,
        aside,
        queue_type,
        queue_id,
        instants,
        offers: &offers,
    });
    Some(Rows { attempt, offers })
}
