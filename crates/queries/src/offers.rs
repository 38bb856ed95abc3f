//! Lists of agents' legs.

use std::collections::HashSet;
use std::ops::ControlFlow;

use attempt_ledger_domain::{AttemptId, Position, UnixMillis};
use attempt_ledger_projections::OfferRow;

use super::error::QuestionError;
use super::freshness::Freshness;
use super::listing::{Listing, Page};
use super::past::{past_rows, rows_changed_since};
use super::questions::Questions;
use super::subject::HistorySubject;
use attempt_ledger_read_store::{After, OfferFilter, Order, Projection, Reader, leg_ids};

/// Legs that changed after a position: whose they are now, and how they were then.
type OfferChanges = (HashSet<AttemptId>, Vec<OfferRow>);

impl Questions {
    /// One page of legs.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn offers(
        &self,
        listing: &Listing<OfferFilter>,
        limit: usize,
    ) -> Result<Page<OfferRow>, QuestionError> {
        Page::read(limit, after_row, |visit| self.visit_offers(listing, visit))
    }

    /// Visits legs in order, all of one moment, until `visit` breaks. Memory grows only with what changed
    /// after `as_of`.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn visit_offers(
        &self,
        listing: &Listing<OfferFilter>,
        visit: &mut dyn FnMut(OfferRow) -> ControlFlow<()>,
    ) -> Result<Freshness, QuestionError> {
        let hooks = self.queue_hooks(HistorySubject::Queues, listing.as_of);
        let visit = &mut |mut leg: OfferRow| {
            hooks.of(leg.queue_id).hide_end_of_talk(&mut leg);
            visit(leg)
        };
        let store = self.projector.models().current();
        let reader = store.reader()?;
        let mut projections = vec![Projection::Offers, Projection::Attempts];
        projections.extend(leg_ids(&listing.filter.fields).next().map(|_| Projection::Links));
        let freshness = self.freshness(reader.as_ref(), &projections, listing.as_of)?;
        let (changed, past) = match listing.as_of {
            Some(as_of) => self.changed_legs(reader.as_ref(), listing, as_of)?,
            None => OfferChanges::default(),
        };
        let mut past = past.into_iter().peekable();
        let mut broken = false;
        reader.offers(&listing.filter, listing.order, listing.after, &mut |row| {
            if changed.contains(&row.attempt_id) {
                return ControlFlow::Continue(());
            }
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
            // What breaks here has nothing after it that could be left out.
            let _ = past.try_for_each(visit);
        }
        Ok(freshness)
    }

    /// What changed after a position, as far as the listing means it, in its order.
    fn changed_legs(
        &self,
        reader: &dyn Reader,
        listing: &Listing<OfferFilter>,
        as_of: Position,
    ) -> Result<OfferChanges, QuestionError> {
        let mut changed = HashSet::new();
        rows_changed_since(reader, as_of, &mut |rows| {
            changed.insert(rows.attempt.attempt_id);
            Ok(())
        })?;
        let mut legs: Vec<OfferRow> = past_rows(reader, self.ledger.log().as_ref(), as_of)?
            .into_iter()
            .flat_map(|rows| rows.offers)
            .filter(|leg| listing.filter.means(leg))
            .filter(|leg| listing.after.is_none_or(|after| comes_after(leg, after, listing.order)))
            .collect();
        legs.sort_by_key(key);
        if listing.order == Order::NewestFirst {
            legs.reverse();
        }
        Ok((changed, legs))
    }
}

fn key(row: &OfferRow) -> (UnixMillis, AttemptId, u32) {
    (row.started_at, row.attempt_id, row.leg)
}

fn after_row(row: &OfferRow) -> After {
    After { started_at: row.started_at, attempt_id: row.attempt_id, leg: row.leg }
}

fn comes_before(left: &OfferRow, right: &OfferRow, order: Order) -> bool {
    match order {
        Order::NewestFirst => key(left) > key(right),
        Order::OldestFirst => key(left) < key(right),
    }
}

fn comes_after(row: &OfferRow, after: After, order: Order) -> bool {
    let after = (after.started_at, after.attempt_id, after.leg);
    match order {
        Order::NewestFirst => key(row) < after,
        Order::OldestFirst => key(row) > after,
    }
}
