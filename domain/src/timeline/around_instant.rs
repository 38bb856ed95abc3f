//! What is known of an attempt before and after the deliveries that state one instant.

use std::collections::BTreeSet;

use super::run_step::RunStep;
use crate::{AgentId, EventKind};

/// What is known of the time after an instant.
pub(super) struct After {
    /// Whether nothing follows that a Missed which ends a talk cannot come before.
    pub(super) is_end: bool,
    /// Of those who are offered the attempt in the instant, the one of whom the next step speaks.
    pub(super) offered: Option<Option<AgentId>>,
    /// Of those who are bridged in it, the one of whom the next Bridged or Missed speaks, and whether it is a
    /// Missed.
    pub(super) talked: Option<(Option<AgentId>, bool)>,
    /// Who does the after-call work.
    pub(super) wraps: Option<Option<AgentId>>,
}

/// What is known before an instant.
#[derive(Default)]
pub(super) struct Before {
    /// Who is being offered the attempt.
    pub(super) ringing: Option<Option<AgentId>>,
    /// Who has answered.
    pub(super) answered: BTreeSet<Option<AgentId>>,
    /// Who talked last.
    pub(super) talking: Option<Option<AgentId>>,
}

impl Before {
    /// Whether anybody has answered or talked: a Missed can only end that from now on.
    pub(super) fn has_begun(&self) -> bool {
        self.talking.is_some() || !self.answered.is_empty()
    }

    pub(super) fn take<S: RunStep>(&mut self, step: &S) {
        let agent = step.agent_id();
        match step.event() {
            EventKind::Joined => {}
            EventKind::Offering => self.ringing = Some(agent),
            EventKind::Missed if agent.is_none() || self.ringing == Some(agent) => self.ringing = None,
            EventKind::Missed => {}
            EventKind::Bridged => (self.ringing, self.talking) = (None, Some(agent)),
            EventKind::Answered | EventKind::Active => {
                self.answered.insert(agent);
                if self.ringing == Some(agent) {
                    self.ringing = None;
                }
            }
            EventKind::Processing | EventKind::Leaving => self.ringing = None,
        }
    }
}
