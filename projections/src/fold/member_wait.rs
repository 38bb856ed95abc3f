//! What the observation `wait_agent` says of a dialled member: he had answered.

use attempt_ledger_domain::{Observation, QueueType, UnixMillis};

use super::observation_step::ObservationStep;
use super::rows::Rows;
use crate::{AttemptClass, LiveAnswer, OfferOutcome, OfferRow};

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
        let Some(first_at) = waits().map(|wait| wait.occurred_at).min() else { return self };
        // One without a time of its own can have been the first.
        let is_timed = waits().all(|wait| wait.has_stated_time);
        // The dialer looks again after each agent who missed the offer: what follows an agent's ringing or the
        // end is not the first.
        let rang_at = self.offers.iter().filter_map(rang_at).min();
        let is_first =
            [rang_at, attempt.bridged_at, attempt.left_at].into_iter().flatten().all(|at| first_at <= at);
        attempt.member_answered_at = (is_timed && is_first).then_some(first_at);
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

/// When an agent's phone is known to have rung: at the offer, else at the miss.
fn rang_at(leg: &OfferRow) -> Option<UnixMillis> {
    leg.offered_at.or_else(|| leg.ended_at.filter(|_| leg.outcome == OfferOutcome::Missed))
}
