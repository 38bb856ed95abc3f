//! Refused deliveries, newest first.

use attempt_ledger_domain::{AttemptId, Position, QueueGroup, Rule, UnixMillis};
use attempt_ledger_ledger::{PAGE_BYTES_MAX, RefusalStatus, RefusalView};

use super::error::QuestionError;
use super::questions::Questions;

/// The most refusals that one question reads; it answers then with what it found and where to go on.
pub const REFUSALS_READ_MAX: usize = 10_000;

/// Refusals that are read at once; each may have a large body.
const REFUSALS_AT_ONCE: usize = 8;

/// Which refusals are meant. Absent means any; all that is given must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefusalQuestion {
    /// Where it stands.
    pub status: Option<RefusalStatus>,
    /// The rule that refused.
    pub rule: Option<Rule>,
    /// The attempt that it names.
    pub attempt_id: Option<AttemptId>,
    /// The queue that it names.
    pub queue_id: Option<QueueGroup>,
    /// Recorded at or after.
    pub from: Option<UnixMillis>,
    /// Recorded before.
    pub to: Option<UnixMillis>,
}

/// A page of refusals.
#[derive(Clone, Debug)]
pub struct RefusalsPage {
    /// Newest first; never more than the page's limit.
    pub refusals: Vec<RefusalView>,
    /// The next page holds what lies before this position; absent at the end.
    pub before: Option<Position>,
}

impl RefusalQuestion {
    fn means(&self, refusal: &RefusalView) -> bool {
        self.status.is_none_or(|status| status == refusal.status)
            && self.rule.is_none_or(|rule| rule == refusal.rule)
            && (self.attempt_id.is_none() || self.attempt_id == refusal.attempt_id)
            && self.queue_id.is_none_or(|queue| queue.has(refusal.queue_id))
            && self.from.is_none_or(|from| refusal.recorded_at >= from)
            && self.to.is_none_or(|to| refusal.recorded_at < to)
    }
}

impl Questions {
    /// One page of the refusals before a position, read from the log: a decision shows at once. It ends early
    /// at [`PAGE_BYTES_MAX`].
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn refusals(
        &self,
        question: RefusalQuestion,
        mut before: Position,
        limit: usize,
    ) -> Result<RefusalsPage, QuestionError> {
        let (mut refusals, mut read, mut bytes) = (Vec::new(), 0, 0);
        while read < REFUSALS_READ_MAX {
            let wanted = limit.min(REFUSALS_AT_ONCE);
            let batch = self.ledger.refusals(before, wanted)?;
            let is_last = batch.len() < wanted;
            for refusal in batch {
                before = refusal.position;
                read += 1;
                if question.means(&refusal) {
                    bytes += refusal.submission.body.len();
                    refusals.push(refusal);
                    if refusals.len() == limit || bytes >= PAGE_BYTES_MAX {
                        return Ok(RefusalsPage { refusals, before: Some(before) });
                    }
                }
            }
            if is_last {
                return Ok(RefusalsPage { refusals, before: None });
            }
        }
        Ok(RefusalsPage { refusals, before: Some(before) })
    }
}
