//! One fold for each projection: from a change to what a draft adds to its tables.

use std::sync::Arc;

use attempt_ledger_domain::{AttemptId, UnixMillis};
use attempt_ledger_projections::fold::Rows;
use attempt_ledger_projections::{AgentRow, HookRow, LinkRow, QueueRow, RefusalRow, RefusalState};
use uuid::Uuid;

use crate::draft::Draft;
use attempt_ledger_read_store::Projection;

/// What one record, or all records about one attempt in a batch, change.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    /// The rows of an attempt change.
    Attempt {
        /// Which.
        attempt_id: AttemptId,
        /// Its rows so far.
        before: Option<&'a Rows>,
        /// Its rows from now on.
        after: Option<&'a Rows>,
    },
    /// An event names an agent.
    Agent(&'a AgentRow),
    /// A delivery was refused.
    Refusal(&'a RefusalRow),
    /// A refusal was settled.
    Settlement(Uuid, RefusalState, UnixMillis),
    /// A delivery names an id.
    Link(&'a LinkRow),
    /// A delivery came from a hook.
    Hook(&'a HookRow),
    /// A queue was defined.
    Definition(&'a QueueRow),
}

/// One read model as a function of changes. It must be deterministic, and is expected not to panic; when it
/// does, or answers with a reason, its projection stops at the event and the others go on.
pub trait Fold: Send + Sync {
    /// Whose tables it fills.
    fn projection(&self) -> Projection;

    /// Adds to the draft of a transaction what the change means.
    ///
    /// # Errors
    /// Why the change cannot be applied.
    fn apply(&self, change: &Change<'_>, draft: &mut Draft) -> Result<(), String>;
}

/// The folds of every projection, in the order of [`Projection::ALL`].
#[must_use]
pub fn folds() -> Vec<Arc<dyn Fold>> {
    Projection::ALL
        .into_iter()
        .map(|projection| Arc::new(ProjectionFold(projection)) as Arc<dyn Fold>)
        .collect()
}

/// The fold of a projection, as this release defines it.
struct ProjectionFold(Projection);

impl Fold for ProjectionFold {
    fn projection(&self) -> Projection {
        self.0
    }

    fn apply(&self, change: &Change<'_>, draft: &mut Draft) -> Result<(), String> {
        match (self.0, *change) {
            (Projection::Attempts, Change::Attempt { attempt_id, before, after }) => match after {
                Some(rows) if before.map(|rows| &rows.attempt) != Some(&rows.attempt) => {
                    draft.changes.attempts.push(rows.attempt.clone());
                }
                Some(_) => {}
                None if before.is_some() => draft.changes.attempts_removed.push(attempt_id),
                None => {}
            },
            (Projection::Offers, Change::Attempt { attempt_id, before, after }) => {
                let (old, new) = (legs(before), legs(after));
                if old != new {
                    // The first legs mostly stay as they are.
                    let kept = old.iter().zip(new).take_while(|(old, new)| old == new).count();
                    let legs = u32::try_from(kept).expect("an attempt has fewer than 2^32 legs");
                    draft.changes.offers_of.push((attempt_id, legs));
                    draft.changes.offers.extend_from_slice(&new[kept..]);
                }
            }
            (Projection::QueueHistory, Change::Attempt { before, after, .. }) => {
                retract_and_add(before, after, draft, Draft::book_queue);
            }
            (Projection::AgentHistory, Change::Attempt { before, after, .. }) => {
                retract_and_add(before, after, draft, Draft::book_agents);
            }
            (Projection::Agents, Change::Agent(row)) => draft.note_agent(row),
            (Projection::Links, Change::Link(row)) => draft.note_link(row),
            (Projection::Hooks, Change::Hook(row)) => draft.count_hook(row),
            (Projection::Queues, Change::Definition(row)) => draft.changes.queues.push(row.clone()),
            (Projection::Refusals, Change::Refusal(row)) => draft.changes.refusals.push(row.clone()),
            (Projection::Refusals, Change::Settlement(refusal_id, state, at)) => {
                draft.changes.settled.push((refusal_id, state, at));
            }
            _ => {}
        }
        Ok(())
    }
}

fn legs(rows: Option<&Rows>) -> &[attempt_ledger_projections::OfferRow] {
    rows.map_or(&[], |rows| &rows.offers)
}

/// The old contribution out, the new one in: late and repeated deliveries never count twice.
fn retract_and_add(
    before: Option<&Rows>,
    after: Option<&Rows>,
    draft: &mut Draft,
    book: impl Fn(&mut Draft, &Rows, i64),
) {
    if let Some(rows) = before {
        book(draft, rows, -1);
    }
    if let Some(rows) = after {
        book(draft, rows, 1);
    }
}
