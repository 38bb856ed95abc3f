//! From the run to the instants that every duration is measured between.

use super::bound::Bound;
use super::carried::{carried_bridges, commonest, is_after_talk, plausible_for, stated_between};
use super::open_legs::OpenLegs;
use super::run_step::RunStep;
use super::talk_end::talk_missed;
use super::untimed_bridge::UntimedBridge;
use crate::lifecycle::check_run;
use crate::{AgentId, CoarseTime, EventKind, QueueType, UnixMillis};

/// A bridge that no event reports, in its place in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarriedBridge {
    /// When agent and subscriber were first connected. Where it is put at the receipt of what it follows, a
    /// receipt says so.
    pub at: Bound,
    /// The agent of the first event after the talk.
    pub agent_id: Option<AgentId>,
    /// The index of the step of the run before which it stands.
    pub before: usize,
    /// Whether it is a connection of a leg: its agent is known, or a leg without a number has begun.
    pub connects: bool,
}

/// The instants of an attempt: J, B, P and L of the metric catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instants {
    /// J: the subscriber joined.
    pub joined: Option<Bound>,
    /// B: agent and subscriber were first connected.
    pub bridged: Option<Bound>,
    /// B where no event reports it.
    pub carried_bridge: Option<CarriedBridge>,
    /// The index of the first Bridged where it states no time, and B is what others carry.
    pub untimed_bridge: Option<usize>,
    /// The Missed that ended the talk.
    pub talk_missed: Option<Bound>,
    /// P: after-call work began.
    pub processing: Option<Bound>,
    /// L: the subscriber left the queue.
    pub left: Option<Bound>,
}

impl Instants {
    /// Reads the instants from a run, in time order. What is carried and cannot stand where it would have to
    /// is ignored.
    #[must_use]
    pub fn of<T: RunStep>(run: &[&T], queue_type: Option<QueueType>) -> Self {
        let first = |kind| run.iter().find(|one| one.event() == kind).map(|one| Bound::of(*one));
        let (joined, bridged) = (first(EventKind::Joined), first(EventKind::Bridged));
        // What states no time happened when others carry that it did.
        let joined = joined
            .filter(|joined| !joined.is_receipt())
            .or_else(|| carried_join(run).map(Bound::carried))
            .or(joined);
        let untimed = UntimedBridge::of(run, joined).and_then(|bridge| Some((bridge.index, bridge.at()?)));
        let carried_bridge = match (bridged, queue_type) {
            (None, Some(queue_type)) => carried_bridge(run, queue_type, joined),
            _ => None,
        };
        let connected = carried_bridge.filter(|bridge| bridge.connects);
        let connected = connected.map(|bridge| (bridge.before, bridge.agent_id));
        Self {
            joined,
            bridged: untimed.map(|(_, at)| at).or(bridged).or(carried_bridge.map(|bridge| bridge.at)),
            carried_bridge,
            untimed_bridge: untimed.map(|(index, _)| index),
            talk_missed: talk_missed(run, connected).map(|missed| Bound::of(missed)),
            processing: first(EventKind::Processing),
            left: first(EventKind::Leaving).or_else(|| missed_offline(run, queue_type)),
        }
    }

    /// When a step of the run happened, by its index: the first Bridged at B.
    #[must_use]
    pub fn of_step(&self, index: usize, step: &impl RunStep) -> Bound {
        let of_others = self.bridged.filter(|_| self.untimed_bridge == Some(index));
        of_others.unwrap_or_else(|| Bound::of(step))
    }

    /// Whether the joining is known from what other events carry alone.
    #[must_use]
    pub fn infers_joining<T: RunStep>(&self, run: &[&T]) -> bool {
        let is_reported = run.first().is_some_and(|first| first.event() == EventKind::Joined);
        !is_reported && self.joined.is_some_and(Bound::is_carried)
    }

    /// How many steps of the run come before a leg is first connected; `None` where none is.
    #[must_use]
    pub fn talk_index<T: RunStep>(&self, run: &[&T]) -> Option<usize> {
        let reported = run.iter().position(|step| step.event() == EventKind::Bridged);
        reported.or(self.carried_bridge.filter(|bridge| bridge.connects).map(|bridge| bridge.before))
    }

    /// The carried instants that are ignored, by the names of their flags.
    #[must_use]
    pub fn ignored<T: RunStep>(&self, run: &[&T], queue_type: Option<QueueType>) -> Vec<&'static str> {
        let lacks = |kind| run.iter().all(|step| step.event() != kind);
        let is_joining_untimed =
            run.iter().all(|step| step.event() != EventKind::Joined || !step.has_stated_time());
        let join = is_joining_untimed && carried_joins(run).any(|at| !can_come_first(run, at));
        let stands = |at| queue_type.and_then(|it| standing_bridge(run, it, self.joined, at)).is_some();
        let untimed = UntimedBridge::of(run, self.joined);
        let bridge = lacks(EventKind::Bridged) && carried_bridges(run).any(|at| !stands(at))
            || untimed.is_some_and(|bridge| bridge.is_contradicted());
        let flags = [(join, "joined_at_ignored"), (bridge, "bridged_at_ignored")];
        flags.into_iter().filter_map(|(is_ignored, flag)| is_ignored.then_some(flag)).collect()
    }

    /// B − J, else L − J; `None` where P without B says that the wait was over some time before.
    #[must_use]
    pub fn wait_ms(&self) -> Option<u64> {
        let unconnected = if self.processing.is_none() { self.left } else { None };
        self.joined?.ms_until(self.bridged.or(unconnected)?)
    }

    /// E: the Missed that ended the talk, else P, else L.
    #[must_use]
    pub fn talk_end(&self) -> Option<Bound> {
        self.talk_missed.or(self.processing).or(self.left)
    }

    /// E − B.
    #[must_use]
    pub fn talk_ms(&self) -> Option<u64> {
        self.bridged?.ms_until(self.talk_end()?)
    }

    /// L − P.
    #[must_use]
    pub fn wrap_ms(&self) -> Option<u64> {
        self.processing?.ms_until(self.left?)
    }

    /// L − B, without what lies between the talk and after-call work, or leaving.
    #[must_use]
    pub fn handle_ms(&self) -> Option<u64> {
        let (bridged, left) = (self.bridged?, self.left?);
        let Some(missed) = self.talk_missed else { return bridged.ms_until(left) };
        let wrap_ms = self.processing.map_or(Some(0), |processing| processing.ms_until(left));
        Some(bridged.ms_until(missed)? + wrap_ms?)
    }
}

/// Offline queues report no Leaving of an attempt that the agent missed: the Missed is its end, unless
/// another event follows.
fn missed_offline<T: RunStep>(run: &[&T], queue_type: Option<QueueType>) -> Option<Bound> {
    let last = run.last().filter(|last| last.event() == EventKind::Missed)?;
    (queue_type == Some(QueueType::OfflineQueue)).then(|| Bound::of(*last))
}

/// The joining that most deliveries agree on, of those that can come first.
fn carried_join<T: RunStep>(run: &[&T]) -> Option<UnixMillis> {
    let joined = commonest(carried_joins(run).filter(|at| can_come_first(run, *at)))?;
    // Of one second, the joining comes first.
    run.first().map(|first| joined.at.min(first.occurred_at()))
}

fn carried_joins<T: RunStep>(run: &[&T]) -> impl Iterator<Item = CoarseTime> {
    run.iter().filter_map(|step| plausible_for(*step, step.joined_at()))
}

fn can_come_first<T: RunStep>(run: &[&T], at: CoarseTime) -> bool {
    run.first().is_some_and(|first| at.can_precede(first.occurred()))
}

/// The bridge that most of them agree on, of those that can stand where they would have to.
fn carried_bridge<T: RunStep>(
    run: &[&T],
    queue_type: QueueType,
    joined: Option<Bound>,
) -> Option<CarriedBridge> {
    let stands = |at: &CoarseTime| standing_bridge(run, queue_type, joined, *at).is_some();
    let stated = commonest(carried_bridges(run).filter(stands))?;
    standing_bridge(run, queue_type, joined, stated)
}

/// A carried bridge in its place in time order, where the run with it is legal, it is not before joining, and
/// not before a miss where it connects no leg.
fn standing_bridge<T: RunStep>(
    run: &[&T],
    queue_type: QueueType,
    joined: Option<Bound>,
    stated: CoarseTime,
) -> Option<CarriedBridge> {
    let is_before = |step: &&T| step.occurred_at() <= stated.latest() && !is_after_talk(*step);
    let before = run.partition_point(is_before);
    let kinds = |steps: &[&T]| steps.iter().map(|step| step.event()).collect::<Vec<_>>();
    let run_with_it = [kinds(&run[..before]), vec![EventKind::Bridged], kinds(&run[before..])].concat();
    let follows_joining = joined.is_none_or(|joined| joined.at <= stated.latest());
    let precedes_rest = run.get(before).is_none_or(|next| stated.can_precede(next.occurred()));
    let agent_id = run.iter().find(|step| is_after_talk(**step)).and_then(|step| step.agent_id());
    let connects = agent_id.is_some() || begins_nameless_leg(&run[..before]);
    // Who misses afterwards rang until then: nobody was connected.
    let is_missed = !connects && run[before..].iter().any(|step| step.event() == EventKind::Missed);
    let is_run = !is_missed && check_run(queue_type, run_with_it).is_ok();
    let stands = follows_joining && precedes_rest && is_run;
    // Of one second, it comes after what it follows and before what follows it.
    let last = before.checked_sub(1).map(|last| Bound::of(run[last]));
    let earliest = joined.into_iter().chain(last).max_by_key(|bound| bound.at);
    let at = stated_between(stated, earliest, run.get(before).map(|next| next.occurred_at()));
    stands.then_some(CarriedBridge { at, agent_id, before, connects })
}

/// Whether a leg whose agent has no number begins in these steps: an offer, an answer, or a miss that finds
/// nothing ringing.
fn begins_nameless_leg<T: RunStep>(steps: &[&T]) -> bool {
    let mut legs = OpenLegs::default();
    steps.iter().any(|step| {
        let closed = legs.take(*step);
        let begins = match step.event() {
            EventKind::Offering | EventKind::Answered | EventKind::Active => true,
            EventKind::Missed => closed.is_none(),
            _ => false,
        };
        begins && step.agent_id().is_none()
    })
}
