//! Steps that should have been reported and were not.

use std::collections::BTreeSet;

use super::instants::Instants;
use super::logged_delivery::LoggedDelivery;
use super::open_legs::OpenLegs;
use super::run_step::RunStep;
use crate::{AgentId, EventKind, LEAVING_DEADLINE_MS_DEFAULT, QueueDefinition, QueueType, UnixMillis};

/// The gaps of a run, judged against the hooks that the queue is defined to send: what it is known not to
/// send is no gap.
pub(super) fn gaps(
    run: &[&LoggedDelivery],
    facts: &Instants,
    queue_type: Option<QueueType>,
    definition: Option<&QueueDefinition>,
    now: UnixMillis,
) -> Vec<String> {
    let expects = |kind| !definition.is_some_and(|definition| definition.is_known_not_to_send(kind));
    let mut flags = Vec::new();
    let mut flag = |is_gap: bool, name: &str| {
        if is_gap {
            flags.push(name.to_owned());
        }
    };
    flag(expects(EventKind::Offering) && missed_without_offering(run, facts), "missed_without_offering");
    flag(
        expects(EventKind::Offering) && bridged_without_offering(run, queue_type),
        "bridged_without_offering",
    );
    flag(expects(EventKind::Joined) && facts.infers_joining(run), "joined_inferred");
    flag(expects(EventKind::Bridged) && facts.carried_bridge.is_some(), "bridged_inferred");
    let is_overdue = is_overdue(run.last().map(|last| last.occurred_at), definition, now);
    flag(expects(EventKind::Leaving) && facts.left.is_none() && is_overdue, NEVER_LEFT);
    flags
}

/// Whether an attempt that has not left, and whose last counted delivery happened at `last`, should have by
/// now. Nothing else in a timeline changes with time alone.
#[must_use]
pub fn is_overdue(last: Option<UnixMillis>, definition: Option<&QueueDefinition>, now: UnixMillis) -> bool {
    let stated = definition.and_then(|definition| definition.leaving_deadline_ms);
    last.map_or(0, |last| now.since(last)) > stated.unwrap_or(LEAVING_DEADLINE_MS_DEFAULT)
}

/// A Missed that closes no reported offer, so that it is a leg of its own, or the end of an answer to none.
/// After a talk, also one that is only carried, it closes no offer.
#[must_use]
pub fn missed_without_offering<T: RunStep>(run: &[&T], facts: &Instants) -> bool {
    let mut legs = OpenLegs::default();
    // Who has answered an offer.
    let mut answered = BTreeSet::new();
    let talks_from = facts.carried_bridge.map_or(run.len(), |bridge| bridge.before);
    for one in &run[..talks_from] {
        let ringing = legs.ringing();
        let closed = legs.take(*one);
        match one.event() {
            EventKind::Answered | EventKind::Active if ringing == Some(one.agent_id()) => {
                answered.insert(one.agent_id());
            }
            EventKind::Bridged => return false,
            EventKind::Missed => {
                let is_offered = closed.is_some_and(|agent| ringing == closed || answered.remove(&agent));
                if !is_offered {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// A talk that nobody was offered. Tasks and chats that name no agent on the bridge have no offer either.
#[must_use]
pub fn bridged_without_offering<T: RunStep>(run: &[&T], queue_type: Option<QueueType>) -> bool {
    let bridged = run.iter().find(|one| one.event() == EventKind::Bridged);
    let offered = run.iter().any(|one| one.event() == EventKind::Offering);
    bridged.is_some_and(|bridged| {
        !offered && (queue_type != Some(QueueType::TaskQueue) || bridged.agent_id().is_some())
    })
}

/// The flag of an attempt with an event whose time is that of its receipt.
pub const TIME_OF_RECEIPT: &str = "time_of_receipt";

/// Whether an event of the run states no time that can be true: what rests on its instant is not known.
#[must_use]
pub fn rests_on_receipt<T: RunStep>(run: &[&T]) -> bool {
    run.iter().any(|step| !step.has_stated_time())
}

/// The flag of an attempt that should have left by now.
pub const NEVER_LEFT: &str = "never_left";

/// The flag of an attempt that ends with an agent who was never connected.
pub const AGENT_CHANGED: &str = "agent_changed";

/// Whether after-call work or leaving names an agent who is not among those that were connected.
#[must_use]
pub fn agent_changed<T: RunStep>(run: &[&T]) -> bool {
    let connected: Vec<Option<AgentId>> =
        run.iter().filter(|one| one.event() == EventKind::Bridged).map(|one| one.agent_id()).collect();
    let is_known = !connected.is_empty() && connected.iter().all(Option::is_some);
    let mut ends = run.iter().filter(|one| matches!(one.event(), EventKind::Processing | EventKind::Leaving));
    is_known && ends.any(|one| one.agent_id().is_some() && !connected.contains(&one.agent_id()))
}
