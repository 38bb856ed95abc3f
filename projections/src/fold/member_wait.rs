//! What the observation `wait_agent` says of a dialled member: he had answered.

use attempt_ledger_domain::{QueueType, UnixMillis};

use super::rows::Rows;
use crate::{AttemptClass, LiveAnswer};

/// The first `wait_agent` of an attempt: the dialer begins to look for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberWait {
    /// When, as far as a sender's clock says so.
    pub since: Option<UnixMillis>,
}

impl MemberWait {
    /// The first of several, each with its time and whether a sender's clock says so.
    #[must_use]
    pub fn first(waits: impl IntoIterator<Item = (UnixMillis, bool)>) -> Option<Self> {
        // What is not stated decides nothing among equals.
        let first = waits.into_iter().min_by_key(|(at, is_stated)| (*at, !is_stated));
        first.map(|(at, is_stated)| Self { since: is_stated.then_some(at) })
    }
}

impl Rows {
    /// The rows of an attempt that waited for an agent. A predictive dialer dials ahead of its agents, and
    /// looks for one once the member has answered; elsewhere the wait says nothing of the member.
    #[must_use]
    pub fn with_member_wait(mut self, wait: Option<MemberWait>) -> Self {
        let attempt = &mut self.attempt;
        let Some(wait) = wait.filter(|_| attempt.queue_type == Some(QueueType::PredictiveDialer)) else {
            return self;
        };
        attempt.member_answered_at = wait.since;
        if attempt.live_answer != Some(LiveAnswer::Human) {
            attempt.live_answer = Some(LiveAnswer::WaitAgent);
        }
        if attempt.bridged_at.is_none() && attempt.left_at.is_some() {
            attempt.class = AttemptClass::Dropped;
        }
        self
    }
}
