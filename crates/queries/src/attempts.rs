//! Lists of attempts.

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};

use attempt_ledger_domain::{AttemptId, Position, UnixMillis};
use attempt_ledger_projections::fold::Rows;
use attempt_ledger_projections::metrics::UnsentHooks;
use attempt_ledger_projections::{AttemptRow, FieldOwner, FieldQuestion, Gap};

use super::declared::DeclaredVariables;
use super::error::QuestionError;
use super::freshness::Freshness;
use super::listing::{Listing, Page};
use super::past::past_rows;
use super::questions::Questions;
use super::subject::HistorySubject;
use attempt_ledger_read_store::{After, AttemptFilter, Order, Projection, Reader, leg_ids};

impl Questions {
    /// One page of attempts.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn attempts(
        &self,
        listing: &Listing<AttemptFilter>,
        limit: usize,
    ) -> Result<Page<AttemptRow>, QuestionError> {
        Page::read(limit, after_row, |visit| self.visit_attempts(listing, visit))
    }

    /// An attempt's rows as answers show them: without what its queue does not report, and with the variables
    /// that it declares.
    #[must_use]
    pub fn shown_rows(&self, mut rows: Rows, as_of: Position) -> Rows {
        if let Some(queue_id) = rows.attempt.queue_id
            && let Some(definition) = self.ledger.definition_as_of(queue_id, Some(as_of))
        {
            let unsent = UnsentHooks::of(&definition);
            unsent.hide_ends(&mut rows.attempt);
            rows.offers.iter_mut().for_each(|leg| unsent.hide_end_of_talk(leg));
        }
        DeclaredVariables::of(&self.ledger).hide_others(&mut rows.attempt);
        rows
    }

    /// Visits attempts in order, all of one moment, until `visit` breaks. Memory does not grow with their
    /// number.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn visit_attempts(
        &self,
        listing: &Listing<AttemptFilter>,
        visit: &mut dyn FnMut(AttemptRow) -> ControlFlow<()>,
    ) -> Result<Freshness, QuestionError> {
        let mut declared = DeclaredVariables::of(&self.ledger);
        let hooks = self.queue_hooks(HistorySubject::Queues, listing.as_of);
        let enders = listing.filter.fields.iter().filter(|asked| asked.name == "ended_by");
        let enders: Vec<&FieldQuestion> = enders.collect();
        let visit = &mut |mut row: AttemptRow| {
            declared.hide_others(&mut row);
            hooks.of(row.queue_id).hide_ends(&mut row);
            if listing.filter.never_left_at.is_some() {
                row.gaps = row.gaps.with(Gap::NeverLeft);
            }
            // The store has what the deliveries say, whatever the definition hides.
            match enders.iter().all(|asked| asked.means_rows(&row, &[])) {
                true => visit(row),
                false => ControlFlow::Continue(()),
            }
        };
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let freshness = self.freshness(reader.as_ref(), asked_of(&listing.filter), listing.as_of)?;
        let Some(as_of) = listing.as_of else {
            reader.attempts(&listing.filter, listing.order, listing.after, visit)?;
            return Ok(freshness);
        };
        let mut past = self.listed_past(reader.as_ref(), listing, as_of)?.into_iter().peekable();
        let filter = AttemptFilter { settled_at: Some(as_of), ..listing.filter.clone() };
        let mut broken = false;
        reader.attempts(&filter, listing.order, listing.after, &mut |row| {
            while let Some(other) = past.next_if(|other| comes_before(other, &row, listing.order)) {
                if visit(other).is_break() {
                    broken = true;
                    return ControlFlow::Break(());
                }
            }
            let flow = visit(row);
            broken = flow.is_break();
            flow
        })?;
        if !broken {
            for other in past {
                if visit(other).is_break() {
                    break;
                }
            }
        }
        Ok(freshness)
    }

    /// Attempts that changed later, as they were then, as far as the listing means them, in its order.
    fn listed_past(
        &self,
        reader: &dyn Reader,
        listing: &Listing<AttemptFilter>,
        as_of: Position,
    ) -> Result<Vec<AttemptRow>, QuestionError> {
        let mut past = past_rows(reader, self.ledger.log().as_ref(), as_of)?;
        let linked = linked(reader, &listing.filter.fields, as_of)?;
        let mut declared = DeclaredVariables::of(&self.ledger);
        past.retain(|rows| {
            matches(&listing.filter, rows)
                && linked.as_ref().is_none_or(|linked| linked.contains(&rows.attempt.attempt_id))
                && declared.has(&rows.attempt, &listing.filter.variables)
        });
        let mut rows: Vec<AttemptRow> = past.into_iter().map(|rows| rows.attempt).collect();
        rows.sort_by_key(key);
        if listing.order == Order::NewestFirst {
            rows.reverse();
        }
        if let Some(after) = listing.after {
            let after = (after.started_at, after.attempt_id);
            rows.retain(|row| match listing.order {
                Order::NewestFirst => key(row) < after,
                Order::OldestFirst => key(row) > after,
            });
        }
        Ok(rows)
    }
}

/// The read models that a filter asks.
fn asked_of(filter: &AttemptFilter) -> &'static [Projection] {
    let with_links = leg_ids(&filter.fields).next().is_some();
    if with_links { &[Projection::Attempts, Projection::Links] } else { &[Projection::Attempts] }
}

/// The attempts that changed after a position and had named every id of a leg that is asked for up to it;
/// `None` where none is asked for.
fn linked(
    reader: &dyn Reader,
    fields: &[FieldQuestion],
    as_of: Position,
) -> Result<Option<HashSet<AttemptId>>, QuestionError> {
    let fields: Vec<_> = fields.iter().filter(|asked| is_link(asked)).cloned().collect();
    if fields.is_empty() {
        return Ok(None);
    }
    let (changed_after, known_at) = (Some(as_of), Some(as_of));
    let filter = AttemptFilter { fields, changed_after, known_at, ..AttemptFilter::default() };
    let mut linked = HashSet::new();
    reader.attempts(&filter, Order::OldestFirst, None, &mut |row| {
        linked.insert(row.attempt_id);
        ControlFlow::Continue(())
    })?;
    Ok(Some(linked))
}

fn is_link(asked: &FieldQuestion) -> bool {
    matches!(asked.field().owner, FieldOwner::Link(_))
}

fn key(row: &AttemptRow) -> (attempt_ledger_domain::UnixMillis, AttemptId) {
    (row.started_at, row.attempt_id)
}

fn after_row(row: &AttemptRow) -> After {
    After { started_at: row.started_at, attempt_id: row.attempt_id, leg: 0 }
}

fn comes_before(left: &AttemptRow, right: &AttemptRow, order: Order) -> bool {
    match order {
        Order::NewestFirst => key(left) > key(right),
        Order::OldestFirst => key(left) < key(right),
    }
}

/// Whether a filter means an attempt: the same question that the store answers for its rows. What it asks
/// about positions is left to the caller.
fn matches(filter: &AttemptFilter, rows: &Rows) -> bool {
    fn is<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
        wanted.is_none() || wanted == found
    }
    let row = &rows.attempt;
    let named = |agent| {
        rows.offers.iter().map(|leg| leg.agent_id).chain([row.agent_id]).any(|one| one == Some(agent))
    };
    filter.agent_id.is_none_or(named)
        && filter.attempt_id.is_none_or(|attempt_id| row.attempt_id == attempt_id)
        && filter.fields.iter().all(|asked| is_link(asked) || asked.means_rows(row, &rows.offers))
        && filter.queue_id.is_none_or(|queue| queue.has(row.queue_id))
        && is(filter.queue_type.as_ref(), row.queue_type.as_ref())
        && is(filter.member_id.as_ref(), row.member_id.as_ref())
        && is(filter.destination.as_ref(), row.destination.as_ref())
        && is(filter.channel.as_ref(), row.channel.as_ref())
        && is(filter.result.as_ref(), row.result.as_ref())
        && is(filter.state.as_ref(), Some(&row.state))
        && is(filter.class.as_ref(), Some(&row.class))
        && filter.gap.is_none_or(|gap| row.gaps.has(gap))
        && is(filter.has_conflict.as_ref(), Some(&(row.conflicts > 0)))
        && is(filter.is_late.as_ref(), Some(&row.is_late))
        && filter.from.is_none_or(|from| row.started_at >= from)
        && filter.to.is_none_or(|to| row.started_at < to)
        && filter.active_in.as_ref().is_none_or(|range| may_count_in(row, range))
}

/// Whether an attempt was active in a range, or connected before the end of it by what a later event carries.
pub(crate) fn may_count_in(row: &AttemptRow, range: &Range<UnixMillis>) -> bool {
    let began_at = row.bridged_at.map_or(row.started_at, |at| at.min(row.started_at));
    began_at < range.end && row.last_event_at >= range.start
}
