//! What the observation `wait_agent` says of a dialled member: he had answered.

use attempt_ledger_domain::{Observation, QueueType};

use super::observation_step::ObservationStep;
use super::rows::Rows;
use crate::{AttemptClass, LiveAnswer};

impl Rows {
    /// The rows of an attempt of which there are observations. Only `wait_agent` is read: a predictive dialer
    /// dials ahead of its agents, and looks for one once the member has answered. In other queues it says
    /// nothing of a member.
    #[must_use]
    pub fn with_observations(mut self, observations: &[ObservationStep]) -> Self {
        let attempt = &mut self.attempt;
        if attempt.queue_type != Some(QueueType::PredictiveDialer) {
            return self;
        }
        let waits = || observations.iter().filter(|step| step.observation == Observation::WaitAgent);
        // The dialer looks again after each agent who missed the offer. Of equal times, a stated one counts.
        let Some(first) = waits().min_by_key(|wait| (wait.occurred_at, !wait.has_stated_time)) else {
            return self;
        };
        attempt.member_answered_at = first.has_stated_time.then_some(first.occurred_at);
        if attempt.live_answer != Some(LiveAnswer::Human) {
            attempt.live_answer = Some(LiveAnswer::WaitAgent);
        }
        if attempt.bridged_at.is_none() && attempt.left_at.is_some() {
            attempt.class = AttemptClass::Dropped;
        }
        for wait in waits() {
            attempt.last_position = attempt.last_position.max(wait.position);
            attempt.last_recorded_at = attempt.last_recorded_at.max(wait.recorded_at);
        }
        self
    }
}
