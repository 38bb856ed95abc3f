//! Many records, one transaction.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use attempt_ledger_domain::{AttemptId, Position};
use attempt_ledger_projections::AgentRow;
use attempt_ledger_system::cancellation::is_cancelled;
use uuid::Uuid;

use crate::attempt_cache::{AttemptCache, FoldedAttempt};
use crate::draft::Draft;
use crate::fact::{Fact, FactKind, agent};
use crate::folds::{Change, Fold};
use attempt_ledger_ledger::LedgerError;
use attempt_ledger_log::ReadError;
use attempt_ledger_read_store::{Changes, Checkpoint, Failure, Projection};

/// A batch ready for the store: the transaction, and the attempts to keep once it is committed.
pub(crate) struct PreparedBatch {
    pub(crate) changes: Changes,
    pub(crate) attempts: Vec<(AttemptId, Box<FoldedAttempt>)>,
}

/// Why a batch cannot be prepared.
pub(crate) enum BatchError {
    /// One projection fails on a record; nothing of the batch was kept.
    Failed(Projection, Failure),
    /// The log cannot be read.
    Log(LedgerError),
}

/// One attempt that the batch bears on.
struct BatchAttempt {
    attempt: Box<FoldedAttempt>,
    /// The last record of the batch that bears on it.
    last: (Position, Uuid),
}

/// Prepares the transaction that brings the projections of `folds` from `from` over `facts`, which follow it.
pub(crate) fn prepare(
    facts: &[Fact],
    folds: &[&dyn Fold],
    attempts: &mut AttemptCache,
    from: Position,
) -> Result<PreparedBatch, BatchError> {
    assert_follows(facts, from);
    let mut draft = Draft::default();
    let mut touched: HashMap<AttemptId, BatchAttempt> = HashMap::new();
    for fact in facts {
        goes_on()?;
        touch(fact, attempts, &mut touched, from).map_err(BatchError::Log)?;
        let (change, agent) = changes_of(fact);
        let named = fact.links.iter().map(Change::Link).chain(fact.hook.as_ref().map(Change::Hook));
        for change in change.into_iter().chain(agent.as_ref().map(Change::Agent)).chain(named) {
            apply(&change, folds, &mut draft, fact.position, fact.id)?;
        }
    }
    let Some(last) = facts.last() else {
        return Ok(PreparedBatch { changes: Changes::default(), attempts: Vec::new() });
    };
    let mut ordered: Vec<(AttemptId, BatchAttempt)> = touched.into_iter().collect();
    // In the order of the log, so that the first event that a projection fails on is the one that is named.
    ordered.sort_unstable_by_key(|(_, touched)| touched.last.0);
    let mut after_batch = Vec::with_capacity(ordered.len());
    for (attempt_id, mut touched) in ordered {
        goes_on()?;
        if touched.attempt.is_runaway() {
            draft.changes.runaways.push((attempt_id, touched.last.0));
            after_batch.push((attempt_id, touched.attempt));
            continue;
        }
        let before = touched.attempt.rows.take();
        let after =
            attempts.fold(attempt_id, &mut touched.attempt, last.position).map_err(BatchError::Log)?;
        let change = Change::Attempt { attempt_id, before: before.as_ref(), after: after.as_ref() };
        let (position, id) = touched.last;
        apply(&change, folds, &mut draft, position, id)?;
        touched.attempt.rows = after;
        after_batch.push((attempt_id, touched.attempt));
    }
    draft.changes.projections = folds.iter().map(|fold| fold.projection()).collect();
    draft.changes.follows = Some(from);
    draft.changes.checkpoint = Checkpoint { position: last.position, recorded_at: last.recorded_at };
    Ok(PreparedBatch { changes: draft.finish(), attempts: after_batch })
}

/// A batch is long: one that nobody wants any more ends in the middle, and nothing of it is written.
fn goes_on() -> Result<(), BatchError> {
    if is_cancelled() { Err(BatchError::Log(ReadError::Cancelled.into())) } else { Ok(()) }
}

/// A batch follows its checkpoint, and its records follow each other: a skipped or repeated one would be lost
/// or counted twice for good.
fn assert_follows(facts: &[Fact], from: Position) {
    if let Some(first) = facts.first() {
        assert_eq!(first.position, from.next(), "a batch begins where its projections stand");
    }
    debug_assert!(
        facts.windows(2).all(|pair| pair[1].position == pair[0].position.next()),
        "the records of a batch follow each other"
    );
}

fn touch(
    fact: &Fact,
    attempts: &mut AttemptCache,
    touched: &mut HashMap<AttemptId, BatchAttempt>,
    from: Position,
) -> Result<(), LedgerError> {
    let Some(attempt_id) = fact.attempt_id() else { return Ok(()) };
    let last = (fact.position, fact.id);
    let entry = match touched.entry(attempt_id) {
        std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
        std::collections::hash_map::Entry::Vacant(entry) => {
            let revision = match &fact.kind {
                FactKind::Event { revision, .. } => Some(*revision),
                _ => None,
            };
            entry.insert(BatchAttempt { attempt: attempts.take(attempt_id, revision, from)?, last })
        }
    };
    entry.last = last;
    match &fact.kind {
        FactKind::Event { step, .. } => entry.attempt.push(step),
        FactKind::Observation { step, .. } => entry.attempt.observe(step),
        _ => {
            entry.attempt.note_other();
            attempts.note_refused(attempt_id);
        }
    }
    Ok(())
}

/// The change that a record is by itself, apart from its attempt, and the agent that it names.
fn changes_of(fact: &Fact) -> (Option<Change<'_>>, Option<AgentRow>) {
    match &fact.kind {
        FactKind::Event { step, .. } => (None, agent(&step.fields, step.occurred_at)),
        // The agents are those that attempts name.
        FactKind::Observation { .. } => (None, None),
        FactKind::Refusal { row, agent } => (Some(Change::Refusal(row)), agent.clone()),
        FactKind::Settlement { refusal_id, state, .. } => {
            (Some(Change::Settlement(*refusal_id, *state, fact.recorded_at)), None)
        }
        FactKind::Definition(row) => (Some(Change::Definition(row)), None),
    }
}

pub(crate) fn apply(
    change: &Change<'_>,
    folds: &[&dyn Fold],
    draft: &mut Draft,
    position: Position,
    record_id: Uuid,
) -> Result<(), BatchError> {
    for fold in folds {
        // A draft that a panic left half-done is thrown away with the batch.
        let applied = catch_unwind(AssertUnwindSafe(|| fold.apply(change, draft)));
        let reason = match applied {
            Ok(Ok(())) => continue,
            Ok(Err(reason)) => reason,
            Err(panic) => panic_text(panic.as_ref()),
        };
        return Err(BatchError::Failed(fold.projection(), Failure { position, record_id, reason }));
    }
    Ok(())
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("the fold panicked: {}", text.unwrap_or_default())
}
