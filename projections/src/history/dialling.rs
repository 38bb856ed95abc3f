//! What an attempt of a queue that dials members for agents counts as.

use super::quantity::Count;
use crate::{AttemptRow, Gap, LiveAnswer};

/// How soon after the member's answer an agent has to be there, so that regulators do not call it dropped.
const CONNECTED_WITHIN_MS: u64 = 2_000;

/// Each count with whether the attempt is one of it.
pub(super) fn dialling(attempt: &AttemptRow) -> [(bool, Count); 6] {
    let is_timed = is_answer_timed(attempt);
    [
        (is_dialled(attempt), Count::Dialled),
        (is_answer_told(attempt), Count::AnswerTold),
        (is_live(attempt), Count::LiveAnswers),
        (is_live(attempt) && is_answer_told(attempt), Count::LiveTold),
        (is_timed, Count::LiveTimed),
        (is_timed && is_late_for_member(attempt), Count::DroppedTwoSeconds),
    ]
}

/// Whether its queue dials members for agents.
pub(crate) fn is_dialled(attempt: &AttemptRow) -> bool {
    attempt.queue_type.is_some_and(attempt_ledger_domain::QueueType::dials_for_agents)
}

/// Whether the hooks tell if the dialled member answered, whether an agent was connected or not.
pub(crate) fn is_answer_told(attempt: &AttemptRow) -> bool {
    attempt.live_answer.is_some_and(LiveAnswer::is_told)
}

/// Whether the dialled member answered.
pub(crate) fn is_live(attempt: &AttemptRow) -> bool {
    attempt.live_answer.is_some_and(LiveAnswer::is_live)
}

/// Whether it is known when the member answered, and when an agent was there or the attempt left: the row
/// does not say which of its steps has the time of its receipt.
pub(crate) fn is_answer_timed(attempt: &AttemptRow) -> bool {
    attempt.member_answered_at.is_some() && is_live(attempt) && !attempt.gaps.has(Gap::TimeOfReceipt)
}

/// Whether the member got no agent in time. One who still waits may get one, and one who left sooner did not
/// wait that long.
pub(crate) fn is_late_for_member(attempt: &AttemptRow) -> bool {
    let Some(answered_at) = attempt.member_answered_at else { return false };
    let until = attempt.bridged_at.or(attempt.left_at);
    until.is_some_and(|at| at.since(answered_at) > CONNECTED_WITHIN_MS)
}
