//! Queues as questions name them: one, or what stands in none.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::QueueId;

/// What has one queue, or none: groups by queue add up to the whole. Numbers come before what has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum QueueGroup {
    /// What stands in this queue.
    Queue(QueueId),
    /// What stands in no queue, as far as the ledger knows.
    NoQueue,
}

impl QueueGroup {
    /// The name of what stands in no queue.
    pub const NO_QUEUE: &str = "none";

    /// The group of what has this queue, or none.
    #[must_use]
    pub const fn of(queue_id: Option<QueueId>) -> Self {
        match queue_id {
            Some(queue_id) => Self::Queue(queue_id),
            None => Self::NoQueue,
        }
    }

    /// The queue; `None` for what stands in none.
    #[must_use]
    pub const fn queue_id(self) -> Option<QueueId> {
        match self {
            Self::Queue(queue_id) => Some(queue_id),
            Self::NoQueue => None,
        }
    }

    /// Whether what has this queue, or none, is in the group.
    #[must_use]
    pub fn has(self, queue_id: Option<QueueId>) -> bool {
        self.queue_id() == queue_id
    }
}

impl From<QueueId> for QueueGroup {
    fn from(queue_id: QueueId) -> Self {
        Self::Queue(queue_id)
    }
}

impl fmt::Display for QueueGroup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(queue_id) => queue_id.fmt(formatter),
            Self::NoQueue => formatter.write_str(Self::NO_QUEUE),
        }
    }
}

/// Why a text names no queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueGroupUnreadable;

impl FromStr for QueueGroup {
    type Err = QueueGroupUnreadable;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == Self::NO_QUEUE {
            return Ok(Self::NoQueue);
        }
        text.parse().ok().and_then(QueueId::of).map(Self::Queue).ok_or(QueueGroupUnreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_number_or_none_and_never_the_number_kept_for_unknown() {
        assert_eq!("17".parse(), Ok(QueueGroup::Queue(QueueId(17))));
        assert_eq!("none".parse(), Ok(QueueGroup::NoQueue));
        for text in ["", "null", "x", "-9223372036854775808", "9223372036854775808"] {
            assert_eq!(text.parse::<QueueGroup>(), Err(QueueGroupUnreadable), "{text}");
        }
        assert!(QueueGroup::Queue(QueueId(i64::MAX)) < QueueGroup::NoQueue);
    }
}
