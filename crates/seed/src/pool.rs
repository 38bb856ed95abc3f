//! The agents and when each is free again, so that nobody is in two calls at once.

use super::arrivals::Calendar;
use super::chance::Chance;

/// The groups of agents; a queue is served by one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Team {
    /// Inbound calls.
    Service,
    /// Preview, progressive and predictive dialers.
    Sales,
    /// Chats and messages.
    Chat,
    /// Tasks and offline queues.
    BackOffice,
}

const TEAMS: [Team; 4] = [Team::Service, Team::Sales, Team::Chat, Team::BackOffice];

impl Team {
    /// Agents on a small day: forty in all.
    const fn least_agents(self) -> u64 {
        match self {
            Self::Service => 16,
            Self::Sales => 12,
            Self::Chat => 7,
            Self::BackOffice => 5,
        }
    }

    /// Work for this team that an average attempt of any queue brings.
    const fn work_per_attempt_ms(self) -> u64 {
        match self {
            Self::Service => 95_000,
            Self::Sales => 48_000,
            Self::Chat => 55_000,
            Self::BackOffice => 20_000,
        }
    }
}

/// One agent. The team is part of the number, so an agent keeps the team whatever the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agent(u32);

impl Agent {
    fn new(team: Team, member: usize) -> Self {
        Self((member * TEAMS.len()) as u32 + team as u32)
    }

    /// The agent's number in the dialer.
    pub(super) fn id(self) -> u64 {
        301 + u64::from(self.0)
    }

    /// The number of the agent's user account, which is another one.
    pub(super) fn user_id(self) -> u64 {
        10_455 + u64::from(self.0)
    }

    /// The telephone on the agent's desk.
    pub(super) fn extension(self) -> u64 {
        2_001 + u64::from(self.0)
    }

    /// Which of the people the agent is.
    pub(super) fn name_number(self) -> u64 {
        u64::from(self.0)
    }
}

/// Until when each agent is busy. Only planned work counts, so nothing here grows with time.
pub(super) struct AgentPool {
    free_at: [Vec<i64>; TEAMS.len()],
}

impl AgentPool {
    /// As many agents as the busiest hour needs at seven tenths of their time, and at least forty.
    pub(super) fn new(calendar: &Calendar, span_ms: u64) -> Self {
        const MOST_AGENTS: u128 = 250_000;
        let attempts = u128::from(calendar.attempts_at_peak());
        Self {
            free_at: TEAMS.map(|team| {
                let work_ms = attempts * u128::from(team.work_per_attempt_ms());
                let needed = (work_ms * 10 / (u128::from(span_ms.max(1)) * 7)).min(MOST_AGENTS);
                vec![i64::MIN; (needed as usize).max(team.least_agents() as usize)]
            }),
        }
    }

    /// Takes an agent who is free at `at`, or else the first of some to become free by `latest`.
    ///
    /// Answers the agent and the moment. The agent stays taken until [`AgentPool::release`].
    pub(super) fn take(
        &mut self,
        team: Team,
        at: i64,
        latest: i64,
        chance: &mut Chance,
    ) -> Option<(Agent, i64)> {
        /// Enough to find somebody free even when three of four are busy.
        const PROBES: usize = 24;
        let free_at = &mut self.free_at[team as usize];
        let first = chance.below(free_at.len() as u64) as usize;
        let mut best = first;
        for probe in 0..PROBES.min(free_at.len()) {
            let member = (first + probe) % free_at.len();
            if free_at[member] < free_at[best] {
                best = member;
            }
            if free_at[member] <= at {
                best = member;
                break;
            }
        }
        let from = free_at[best].max(at);
        (from <= latest).then(|| {
            free_at[best] = i64::MAX;
            (Agent::new(team, best), from)
        })
    }

    /// Lets others have the agent from `at` on.
    pub(super) fn release(&mut self, agent: Agent, at: i64) {
        let team = agent.0 as usize % TEAMS.len();
        self.free_at[team][agent.0 as usize / TEAMS.len()] = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_agent_is_not_given_twice() {
        let mut pool = AgentPool { free_at: [vec![0; 2], vec![], vec![], vec![]] };
        let mut chance = Chance::of(3, 3);
        let (one, _) = pool.take(Team::Service, 10, 10, &mut chance).expect("two are free");
        let (other, _) = pool.take(Team::Service, 10, 10, &mut chance).expect("one is free");
        assert_ne!(one, other);
        assert_eq!(pool.take(Team::Service, 10, i64::MAX - 1, &mut chance), None);
        pool.release(one, 25);
        assert_eq!(pool.take(Team::Service, 10, 24, &mut chance), None);
        assert_eq!(pool.take(Team::Service, 10, 25, &mut chance), Some((one, 25)));
    }
}
