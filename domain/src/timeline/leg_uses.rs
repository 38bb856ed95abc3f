//! What the legs of an attempt's calls were used for, and whether several attempts can have used one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::logged_delivery::LoggedDelivery;
use super::run_selection::RunSelection;
use crate::{AgentId, EventKind, UnixMillis};

/// The flag of an attempt of which a leg would serve two members, or two calls at once.
pub const CHANNEL_IDS_CONTRADICT: &str = "channel_ids_contradict";

/// Which end of a call a leg belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum LegSide {
    Member,
    Agent,
}

/// A leg, by its side and its id.
type LegKey = (LegSide, String);

/// What an attempt's deliveries say about the legs that they name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LegUses {
    /// The members whom a leg of the subscriber's side is said to reach.
    members: BTreeMap<LegKey, BTreeSet<i64>>,
    /// The talks on a leg, as far as senders' clocks say when they began and ended.
    talks: BTreeMap<LegKey, Vec<Range<UnixMillis>>>,
}

/// A talk that goes on, on one leg.
struct OpenTalk {
    leg: LegKey,
    agent: Option<AgentId>,
    start: Option<UnixMillis>,
}

impl LegUses {
    /// The uses of an attempt's legs. Members are read off every delivery that was not dismissed, for one
    /// under a wrong number is mostly set aside; talks are those of the run.
    #[must_use]
    pub fn of(selection: &RunSelection) -> Self {
        let mut uses = Self::default();
        for one in selection.deliveries.iter().filter(|one| !one.is_dismissed()) {
            if let (Some(leg), Some(member)) = (leg_of(one, LegSide::Member), one.details.member_id) {
                uses.members.entry(leg).or_default().insert(member);
            }
        }
        let mut open = Vec::new();
        for one in selection.run() {
            uses.follow(one, &mut open);
        }
        uses
    }

    /// A talk whose end nobody reports has no length: nothing is concluded from it.
    fn follow(&mut self, one: &LoggedDelivery, open: &mut Vec<OpenTalk>) {
        match one.event {
            EventKind::Bridged => self.bridge(one, open),
            EventKind::Missed | EventKind::Processing | EventKind::Leaving => {
                self.end(one, open, |_| true);
            }
            EventKind::Joined | EventKind::Offering | EventKind::Answered | EventKind::Active => {}
        }
    }

    /// Another agent's bridge ends an agent's talk, and another leg of the subscriber the talk on the former
    /// one: a transfer has no event of its own.
    fn bridge(&mut self, one: &LoggedDelivery, open: &mut Vec<OpenTalk>) {
        let agent = one.details.agent_id;
        let named: Vec<LegKey> =
            [LegSide::Member, LegSide::Agent].into_iter().filter_map(|side| leg_of(one, side)).collect();
        self.end(one, open, |talk| match talk.leg.0 {
            LegSide::Agent => talk.agent != agent || !named.contains(&talk.leg),
            LegSide::Member => {
                named.iter().any(|(side, _)| *side == LegSide::Member) && !named.contains(&talk.leg)
            }
        });
        for leg in named {
            if !open.iter().any(|talk| talk.leg == leg) {
                open.push(OpenTalk { leg, agent, start: stated_time(one) });
            }
        }
    }

    fn end(&mut self, one: &LoggedDelivery, open: &mut Vec<OpenTalk>, is_over: impl Fn(&OpenTalk) -> bool) {
        for talk in open.extract_if(.., |talk| is_over(talk)) {
            if let (Some(start), Some(end)) = (talk.start, stated_time(one)) {
                self.talks.entry(talk.leg).or_default().push(start..end);
            }
        }
    }

    /// Whether the attempt and others cannot all be right about one of its legs: it would serve two members,
    /// or two calls at once. Attempts that follow each other on one leg, as those of a transferred call do,
    /// can.
    #[must_use]
    pub fn contradict(&self, others: &[Self]) -> bool {
        let serves_two = |(leg, named): (&LegKey, &BTreeSet<i64>)| {
            let elsewhere = others.iter().filter_map(|other| other.members.get(leg)).flatten();
            named.iter().chain(elsewhere).any(|member| Some(member) != named.first())
        };
        let talks_twice = |(leg, talks): (&LegKey, &Vec<Range<UnixMillis>>)| {
            let mut elsewhere = others.iter().filter_map(|other| other.talks.get(leg)).flatten();
            elsewhere.any(|other| talks.iter().any(|one| one.start < other.end && other.start < one.end))
        };
        self.members.iter().any(serves_two) || self.talks.iter().any(talks_twice)
    }
}

fn leg_of(one: &LoggedDelivery, side: LegSide) -> Option<LegKey> {
    let id = match side {
        LegSide::Member => &one.details.member_channel_id,
        LegSide::Agent => &one.details.agent_channel_id,
    };
    id.clone().filter(|id| !id.is_empty()).map(|id| (side, id))
}

/// When it happened, where a sender's clock says so: what rests on the time of receipt proves nothing.
fn stated_time(one: &LoggedDelivery) -> Option<UnixMillis> {
    one.time_source.is_stated().then_some(one.occurred_at)
}
