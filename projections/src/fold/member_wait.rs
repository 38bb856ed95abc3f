//! What the observation `wait_agent` says of a dialled member: he had answered.

use attempt_ledger_domain::timeline::{StatedWait, WaitBounds};
use attempt_ledger_domain::{Observation, QueueType, UnixMillis};

use super::observation_step::ObservationStep;
use super::rows::Rows;
use crate::live_answer::is_machine;
use crate::{AttemptClass, AttemptRow, LiveAnswer, OfferOutcome, OfferRow};

impl Rows {
    /// The rows of an attempt of which there are observations. Only `wait_agent` is read: a predictive dialer
    /// dials ahead of its agents, and looks for one once the member has answered. In other queues it says
    /// nothing of a member, and where detection heard a machine, a machine waits.
    #[must_use]
    pub fn with_observations(mut self, observations: &[ObservationStep]) -> Self {
        let attempt = &mut self.attempt;
        let is_machine = attempt.amd_result.as_deref().is_some_and(is_machine);
        if attempt.queue_type != Some(QueueType::PredictiveDialer) || is_machine {
            return self;
        }
        let is_wait = |step: &&ObservationStep| step.observation == Observation::WaitAgent;
        let evidence: Vec<_> =
            observations.iter().filter(is_wait).filter(|wait| can_be(wait, attempt)).collect();
        let waits = || evidence.iter().copied();
        let Some(first_at) = waits().map(|wait| wait.occurred_at).min() else { return self };
        // One without a time of its own can have been the first.
        let is_timed = waits().all(|wait| wait.has_stated_time);
        // The dialer looks again after each agent who missed the offer: what follows an agent's ringing is
        // not the first.
        let is_first = self.offers.iter().filter_map(rang_at).all(|rang_at| first_at <= rang_at);
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

/// Whether the dialer can have looked for an agent for this attempt: in its queue, at a time that can be
/// true, and while it waited for one.
fn can_be(wait: &ObservationStep, attempt: &AttemptRow) -> bool {
    let stated_at = wait.has_stated_time.then_some(wait.occurred_at);
    let stated = StatedWait { queue_id: wait.queue_id, queue_type: wait.queue_type, stated_at };
    let AttemptRow { queue_id, queue_type, bridged_at, left_at, .. } = *attempt;
    let bounds = WaitBounds { queue_id, queue_type, bridged_at, left_at };
    !wait.is_implausible && stated.contradiction(&bounds).is_none()
}

/// When an agent's phone is known to have rung: at the offer, else at the miss.
fn rang_at(leg: &OfferRow) -> Option<UnixMillis> {
    leg.offered_at.or_else(|| leg.ended_at.filter(|_| leg.outcome == OfferOutcome::Missed))
}
