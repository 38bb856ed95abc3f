//! What is open in every queue.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::freshness::FreshnessAnswer;
use crate::queries::{BoardRow, LongestWait};

/// What is open in every queue.
#[derive(Serialize, ToSchema)]
pub struct BoardAnswer {
    /// The moment that waits are measured at, in milliseconds since 1970.
    pub now: i64,
    /// Queues with anything open, by number.
    #[schema(value_type = Vec<QueueNowAnswer>)]
    pub queues: RowsNowAnswer,
    pub freshness: FreshnessAnswer,
}

/// Rows that are shaped one by one, as they are written: there may be many thousands.
pub struct RowsNowAnswer(pub Vec<BoardRow>);

impl Serialize for RowsNowAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().cloned().map(QueueNowAnswer::of))
    }
}

/// What is open in one queue.
#[derive(Serialize, ToSchema)]
pub struct QueueNowAnswer {
    /// Null for attempts that stand in no queue, the last of all.
    #[schema(required)]
    pub queue_id: Option<i64>,
    /// Its name, where it is defined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Subscribers who wait, offered to nobody or ringing. Null, as the figures below, where the queue does
    /// not report it, or not what would end it.
    #[schema(required)]
    pub waiting: Option<u64>,
    /// The longest of these waits whose beginning an event states; null when there is none, or where that is
    /// not known.
    pub longest_wait: Option<LongestWaitAnswer>,
    /// Those who wait since the time of a receipt, so that nothing says how long.
    #[schema(required)]
    pub waiting_untimed: Option<u64>,
    /// Attempts that ring; they wait too.
    #[schema(required)]
    pub ringing: Option<u64>,
    /// Attempts that an agent accepted and that wait for the member.
    #[schema(required)]
    pub connecting: Option<u64>,
    /// Attempts connected.
    #[schema(required)]
    pub talking: Option<u64>,
    /// Attempts in after-call work.
    #[schema(required)]
    pub in_wrap_up: Option<u64>,
    #[doc = "Attempts silent for longer than the queue's deadline, and in none of the other figures: most \
             probably their\nLeaving was lost."]
    pub stale: u64,
}

/// The longest wait, and whose it is.
#[derive(Serialize, ToSchema)]
pub struct LongestWaitAnswer {
    pub attempt_id: i64,
    /// Since when it waits, in milliseconds since 1970.
    pub since: i64,
    pub wait_ms: u64,
}

impl QueueNowAnswer {
    pub fn of(queue: BoardRow) -> Self {
        let longest_wait = queue.longest_wait.map(|LongestWait { attempt_id, since, wait_ms }| {
            LongestWaitAnswer { attempt_id: attempt_id.0, since: since.0, wait_ms }
        });
        Self {
            queue_id: queue.queue_id.map(|id| id.0),
            name: queue.name,
            waiting: queue.waiting,
            longest_wait,
            waiting_untimed: queue.waiting_untimed,
            ringing: queue.ringing,
            connecting: queue.connecting,
            talking: queue.talking,
            in_wrap_up: queue.in_wrap_up,
            stale: queue.stale,
        }
    }
}
