//! Instants as coarsely as they are stated, so that whole seconds and milliseconds can be compared.

use crate::UnixMillis;

const SECOND_MS: i64 = 1_000;

/// An instant, and whether it was stated as a whole second, of which it is the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoarseTime {
    /// The instant, cut to milliseconds.
    pub at: UnixMillis,
    /// Whether it can have been at any time of the second that begins there.
    pub is_whole_second: bool,
}

impl CoarseTime {
    /// An instant that is stated to the millisecond.
    #[must_use]
    pub const fn exact(at: UnixMillis) -> Self {
        Self { at, is_whole_second: false }
    }

    /// The last instant that it can have been.
    #[must_use]
    pub const fn latest(self) -> UnixMillis {
        if self.is_whole_second { UnixMillis(self.at.0.saturating_add(SECOND_MS - 1)) } else { self.at }
    }

    /// Whether it can be at or before another one, as coarsely as both are stated.
    #[must_use]
    pub fn can_precede(self, other: Self) -> bool {
        self.at <= other.latest()
    }
}
