//! Whose leg a Missed closes: the one decision for the lanes of timelines and the legs of rows.

use std::collections::BTreeMap;

use super::run_step::RunStep;
use crate::{AgentId, EventKind};

/// The legs that a Missed can close, as far as a run has come: the one that rings, and those that were
/// answered.
#[derive(Clone, Debug, Default)]
pub struct OpenLegs {
    ringing: Option<Option<AgentId>>,
    /// Who has answered, and as which of all who did. Another answer of the same agent changes nothing.
    answered: BTreeMap<Option<AgentId>, usize>,
    answers: usize,
}

impl OpenLegs {
    /// Takes the next step of the run. Of a Missed, answers with the agent whose leg it closes: the agent's
    /// that it names, where that rings or was answered; where it names nobody the leg that rings, else the
    /// one that was answered last. None where there is no such leg.
    pub fn take(&mut self, step: &impl RunStep) -> Option<Option<AgentId>> {
        let agent = step.agent_id();
        match step.event() {
            EventKind::Joined => {}
            EventKind::Offering => self.ringing = Some(agent),
            EventKind::Missed => return self.miss(agent),
            EventKind::Answered | EventKind::Active => {
                self.ringing = self.ringing.filter(|rings| *rings != agent);
                self.answers += 1;
                self.answered.entry(agent).or_insert(self.answers);
            }
            EventKind::Bridged | EventKind::Processing | EventKind::Leaving => self.end(),
        }
        None
    }

    /// The agent whose leg rings.
    pub(super) fn ringing(&self) -> Option<Option<AgentId>> {
        self.ringing
    }

    /// Nothing rings from a connection on, and nobody waits for one.
    pub fn end(&mut self) {
        self.ringing = None;
        self.answered.clear();
    }

    fn miss(&mut self, agent: Option<AgentId>) -> Option<Option<AgentId>> {
        if let Some(rings) = self.ringing.filter(|rings| agent.is_none() || *rings == agent) {
            self.ringing = None;
            return Some(rings);
        }
        let last = || self.answered.iter().max_by_key(|(_, nth)| **nth).map(|(agent, _)| *agent);
        let closed = if agent.is_some() { Some(agent) } else { last() };
        closed.filter(|agent| self.answered.remove(agent).is_some())
    }
}
