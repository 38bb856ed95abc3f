//! Numbers that must not be mixed up, each as a type of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

number! {
    /// The producer's number of one attempt: the identity of the aggregate.
    AttemptId(i64)
}
number! {
    /// The producer's number of a queue.
    QueueId(i64)
}
number! {
    /// The producer's number of an agent (not of the agent's user account).
    AgentId(i64)
}
number! {
    /// The place of an event within its attempt: 1, 2, 3 … without a gap; 0 before the first event.
    Revision(u32)
}
number! {
    /// The place of a record in the whole log: 1, 2, 3 … without a gap; 0 before the first record.
    Position(u64)
}
number! {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    UnixMillis(i64)
}

impl QueueId {
    /// What stands for a queue that is not known where there must be a number. No producer's queue has it.
    pub const UNKNOWN: i64 = i64::MIN;

    /// The queue with this number; `None` for the one that is kept.
    #[must_use]
    pub const fn of(number: i64) -> Option<Self> {
        if number == Self::UNKNOWN { None } else { Some(Self(number)) }
    }
}

impl Revision {
    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Position {
    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl UnixMillis {
    /// Milliseconds from `earlier` to here; 0 when `earlier` is in fact later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        if self.0 > earlier.0 { self.0.abs_diff(earlier.0) } else { 0 }
    }
}
