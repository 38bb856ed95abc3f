//! What one attempt contributes to the intervals of its queue and of its agents.

use std::borrow::Cow;

use attempt_ledger_domain::{QueueType, UnixMillis};

use super::attribution::Attribution;
use super::dialling::dialling;
use super::dimension::Dimension;
use super::interval::{IntervalKey, Scope, interval_of};
use super::quantity::{Count, Measure};
use crate::live_answer;
use crate::{AttemptClass, AttemptRow, Gap, Gaps, MissedBy, OfferOutcome, OfferRow};

/// One thing that is counted or measured.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item<'a> {
    /// One more of a count.
    Count(Count),
    /// One more value of a measure, in milliseconds.
    Value(Measure, u64),
    /// One more attempt that states a value.
    Mix(Dimension, Cow<'a, str>),
}

/// One item in one interval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Contribution<'a> {
    /// The interval.
    pub key: IntervalKey,
    /// What is added to it.
    pub item: Item<'a>,
}

/// Everything that an attempt contributes, under all three attributions: to its queue, and to each agent of
/// its legs.
#[must_use]
pub fn contributions<'a>(attempt: &'a AttemptRow, offers: &[OfferRow]) -> Vec<Contribution<'a>> {
    let mut all = Vec::with_capacity(128);
    contribute_to_queue(attempt, offers, |key, item| all.push(Contribution { key, item: item.clone() }));
    contribute_to_agents(offers, |key, item| all.push(Contribution { key, item: item.clone() }));
    all
}

/// What an attempt contributes to its queue, under all three attributions.
pub fn contribute_to_queue<'a>(
    attempt: &'a AttemptRow,
    offers: &[OfferRow],
    book: impl FnMut(IntervalKey, &Item<'a>),
) {
    let scope = Scope::Queue(attempt.queue_id);
    let mut queue = Booking { scope, start: attempt.started_at, end: attempt.left_at, book };
    outcome(attempt, &mut queue);
    waits(attempt, offers, &mut queue);
    work(attempt, &mut queue);
    quality(attempt, &mut queue);
    for offer in offers {
        leg(offer, &mut queue);
    }
    order_of_offers(offers, &mut queue);
}

/// What legs contribute to their agents, under all three attributions; legs without a known agent do not.
pub fn contribute_to_agents<'a>(offers: &[OfferRow], mut book: impl FnMut(IntervalKey, &Item<'a>)) {
    for offer in offers {
        let Some(agent_id) = offer.agent_id else { continue };
        let scope = Scope::Agent(agent_id, offer.queue_id);
        let mut agent = Booking { scope, start: offer.started_at, end: offer.ended_at, book: &mut book };
        leg(offer, &mut agent);
        leg_work(offer, &mut agent);
    }
}

/// Books items under the three attributions.
struct Booking<F> {
    scope: Scope,
    start: UnixMillis,
    end: Option<UnixMillis>,
    book: F,
}

impl<'a, F: FnMut(IntervalKey, &Item<'a>)> Booking<F> {
    /// Books an item that the event at `emitted_at` produces.
    fn book(&mut self, emitted_at: UnixMillis, item: &Item<'a>) {
        let places = [
            (Attribution::Start, Some(self.start)),
            (Attribution::Emit, Some(emitted_at)),
            (Attribution::End, self.end),
        ];
        for (attribution, at) in places {
            if let Some(at) = at {
                (self.book)(IntervalKey { scope: self.scope, attribution, start: interval_of(at) }, item);
            }
        }
    }

    fn count(&mut self, emitted_at: UnixMillis, count: Count) {
        self.book(emitted_at, &Item::Count(count));
    }

    /// Books a duration at its end, if it is known.
    fn value(&mut self, measure: Measure, duration_ms: Option<u64>, to: Option<UnixMillis>) {
        if let (Some(duration_ms), Some(to)) = (duration_ms, to) {
            self.book(to, &Item::Value(measure, duration_ms));
        }
    }
}

/// Whether it was offered, and its class.
fn outcome<'a, F: FnMut(IntervalKey, &Item<'a>)>(attempt: &'a AttemptRow, booking: &mut Booking<F>) {
    let started_at = attempt.started_at;
    let is_offered = attempt.joined_at.is_some();
    booking.count(started_at, if is_offered { Count::Offered } else { Count::JoinUnknown });
    let left_at = attempt.left_at.unwrap_or(started_at);
    let (count, at) = match attempt.class {
        AttemptClass::Answered => (Count::Answered, attempt.bridged_at.unwrap_or(started_at)),
        AttemptClass::Abandoned => (Count::Abandoned, left_at),
        AttemptClass::FlowedOut => (Count::FlowedOut, left_at),
        AttemptClass::Cancelled => (Count::Cancelled, left_at),
        AttemptClass::NotReached => (Count::NotReached, left_at),
        AttemptClass::Dropped => (Count::Dropped, left_at),
        AttemptClass::Other => (Count::Other, left_at),
        AttemptClass::Open => (Count::Open, started_at),
    };
    booking.count(at, count);
    let is_answered = attempt.class == AttemptClass::Answered;
    if !is_offered {
        let unknown = if is_answered { Count::AnsweredJoinUnknown } else { Count::UnansweredJoinUnknown };
        booking.count(at, unknown);
    }
    for (_, count) in dialling(attempt).into_iter().filter(|(is_one, _)| *is_one) {
        booking.count(at, count);
    }
    let Some(left_at) = attempt.left_at else { return };
    booking.count(left_at, Count::Left);
    let is_result = |name| attempt.result.as_deref().is_some_and(|result| result.eq_ignore_ascii_case(name));
    if is_answered && (is_result("transfer") || is_result("transferred")) {
        booking.count(left_at, Count::Transferred);
    }
    let stated = [
        (Dimension::Result, attempt.result.as_deref().map(Cow::Borrowed)),
        (Dimension::CallCause, attempt.call_cause.as_deref().map(Cow::Borrowed)),
        (Dimension::CallSipCode, attempt.call_sip_code.map(|code| Cow::Owned(code.to_string()))),
    ];
    for (dimension, value) in stated {
        if let Some(value) = value {
            booking.book(left_at, &Item::Mix(dimension, value));
        }
    }
}

/// How long the subscriber waited, and for what.
fn waits<'a, F: FnMut(IntervalKey, &Item<'a>)>(
    attempt: &AttemptRow,
    offers: &[OfferRow],
    booking: &mut Booking<F>,
) {
    let wait_ms = attempt.wait_ms;
    match attempt.class {
        AttemptClass::Answered => booking.value(Measure::WaitAnswered, wait_ms, attempt.bridged_at),
        AttemptClass::Abandoned => booking.value(Measure::WaitAbandoned, wait_ms, attempt.left_at),
        AttemptClass::Open => {}
        AttemptClass::FlowedOut
        | AttemptClass::Cancelled
        | AttemptClass::NotReached
        | AttemptClass::Dropped
        | AttemptClass::Other => {
            booking.value(Measure::WaitOther, wait_ms, attempt.left_at);
        }
    }
    let accepted = [attempt.first_answered_at, attempt.bridged_at].into_iter().flatten().min();
    let untimed = match attempt.class {
        AttemptClass::Answered => attempt.bridged_at.map(|at| (at, Count::AnsweredUntimed)),
        AttemptClass::Abandoned => attempt.left_at.map(|at| (at, Count::AbandonedUntimed)),
        _ => None,
    };
    if let Some((at, count)) = untimed.filter(|_| attempt.joined_at.is_some() && wait_ms.is_none()) {
        booking.count(at, count);
    }
    // The row does not say which of its steps has the time of its receipt: then these two are not known.
    let are_stated = !attempt.gaps.has(Gap::TimeOfReceipt);
    let since_joining = |at: Option<UnixMillis>| Some(at?.since(attempt.joined_at.filter(|_| are_stated)?));
    booking.value(Measure::WaitAccepted, since_joining(accepted), accepted);
    let offered_at = offers.iter().find_map(|offer| offer.offered_at);
    booking.value(Measure::WaitFirstOffer, since_joining(offered_at), offered_at);
}

/// How long agents were busy with the attempt.
fn work<'a, F: FnMut(IntervalKey, &Item<'a>)>(attempt: &AttemptRow, booking: &mut Booking<F>) {
    booking.value(Measure::Talk, attempt.talk_ms, attempt.talk_ended_at());
    booking.value(Measure::Wrap, attempt.wrap_ms, attempt.left_at);
    booking.value(Measure::Handle, attempt.handle_ms, attempt.left_at);
    if let Some(bridged_at) = handled_without_leg(attempt) {
        booking.count(bridged_at, Count::Handled);
    }
}

/// When the attempt was connected in a queue that has no agents, so that no leg says so.
pub(crate) fn handled_without_leg(attempt: &AttemptRow) -> Option<UnixMillis> {
    let is_agentless = attempt.queue_type.is_some_and(|queue_type: QueueType| !queue_type.has_agents());
    attempt.bridged_at.filter(|_| is_agentless)
}

/// Whether answering machine detection said human.
pub(crate) fn is_human(attempt: &AttemptRow) -> bool {
    attempt.amd_result.as_deref().is_some_and(live_answer::is_human)
}

/// Whether it said machine, however spelled.
pub(crate) fn is_machine(attempt: &AttemptRow) -> bool {
    attempt.amd_result.as_deref().is_some_and(live_answer::is_machine)
}

/// Whether the attempt is another try.
pub(crate) fn is_retry(attempt: &AttemptRow) -> bool {
    attempt.attempt_seq.is_some_and(|seq| seq > 1)
}

/// What was detected, tried again, or is odd about the attempt.
fn quality<'a, F: FnMut(IntervalKey, &Item<'a>)>(attempt: &AttemptRow, booking: &mut Booking<F>) {
    let last = attempt.last_event_at;
    if is_human(attempt) {
        booking.count(last, Count::AmdHuman);
    }
    if is_machine(attempt) {
        booking.count(last, Count::AmdMachine);
    }
    if is_retry(attempt) {
        booking.count(attempt.started_at, Count::Retries);
        if let Some(bridged_at) = attempt.bridged_at {
            booking.count(bridged_at, Count::RetriesAnswered);
        }
    }
    let flags = [
        (attempt.gaps != Gaps::default(), Count::WithGap),
        (attempt.conflicts > 0, Count::WithConflict),
        (attempt.is_late, Count::Late),
    ];
    for (_, count) in flags.into_iter().filter(|(is_set, _)| *is_set) {
        booking.count(last, count);
    }
}

/// What became of one leg: the same for the queue and for the agent.
fn leg<'a, F: FnMut(IntervalKey, &Item<'a>)>(offer: &OfferRow, booking: &mut Booking<F>) {
    let ended_at = offer.ended_at.unwrap_or(offer.started_at);
    if let Some(bridged_at) = offer.bridged_at {
        booking.count(bridged_at, Count::Handled);
    }
    match offer.missed_by {
        Some(MissedBy::Agent) => booking.count(ended_at, Count::MissedByAgent),
        Some(MissedBy::Caller) => booking.count(ended_at, Count::MissedByCaller),
        None => {}
    }
    let Some(offered_at) = offer.offered_at else { return };
    booking.count(offered_at, Count::Offers);
    let ring_ended_at = offer.ring_ended_at.unwrap_or(ended_at);
    match offer.outcome {
        OfferOutcome::Bridged => {
            booking.count(offer.bridged_at.unwrap_or(ended_at), Count::OffersBridged);
            booking.value(Measure::RingAnswered, offer.answer_ms, offer.bridged_at);
        }
        OfferOutcome::Answered => booking.count(ended_at, Count::OffersAnswered),
        OfferOutcome::Withdrawn => booking.count(ring_ended_at, Count::OffersWithdrawn),
        OfferOutcome::Open => booking.count(offered_at, Count::OffersOpen),
        OfferOutcome::Missed => {}
    }
    booking.value(Measure::Ring, offer.ring_ms, offer.ring_ended_at);
}

/// How long the agent was busy in one leg.
fn leg_work<'a, F: FnMut(IntervalKey, &Item<'a>)>(offer: &OfferRow, booking: &mut Booking<F>) {
    booking.value(Measure::Talk, offer.talk_ms, offer.talk_ended_at);
    booking.value(Measure::Wrap, offer.wrap_ms, offer.ended_at);
    booking.value(Measure::Handle, offer.handle_ms, offer.ended_at);
}

/// What became of the first and of the second offer.
fn order_of_offers<'a, F: FnMut(IntervalKey, &Item<'a>)>(offers: &[OfferRow], booking: &mut Booking<F>) {
    let mut reported = offers.iter().filter(|offer| offer.offered_at.is_some());
    let places = [
        (reported.next(), Count::AttemptsOffered, Count::FirstOfferBridged),
        (reported.next(), Count::SecondOffers, Count::SecondOfferBridged),
    ];
    for (offer, reached, bridged) in places {
        let Some(offer) = offer else { continue };
        booking.count(offer.offered_at.unwrap_or(offer.started_at), reached);
        if let Some(bridged_at) = offer.bridged_at {
            booking.count(bridged_at, bridged);
        }
    }
    // Legs are in the order of their beginning; the first to be missed may have begun later.
    let missed = offers.iter().filter(|offer| offer.missed_by.is_some());
    if let Some(first) = missed.map(|offer| offer.ended_at.unwrap_or(offer.started_at)).min() {
        booking.count(first, Count::AttemptsMissed);
    }
}
