//! The eight steps of a call attempt that a dialer reports.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step of an attempt. The names are those of the producer's document, on the wire and in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventKind {
    /// A subscriber has entered the queue.
    Joined,
    /// The attempt was distributed to an agent; in outbound IVR, to the member.
    Offering,
    /// The agent did not answer the offer.
    Missed,
    /// An agent has answered.
    Answered,
    /// The same fact as [`EventKind::Answered`]: the name that the producer really sends.
    Active,
    /// Agent and subscriber were connected; in IVR and tasks, the member answered.
    Bridged,
    /// The agent entered post-processing (after-call work).
    Processing,
    /// The subscriber left the queue.
    Leaving,
}

impl EventKind {
    /// Every kind, in lifecycle order.
    pub const ALL: [Self; 8] = [
        Self::Joined,
        Self::Offering,
        Self::Missed,
        Self::Answered,
        Self::Active,
        Self::Bridged,
        Self::Processing,
        Self::Leaving,
    ];

    /// The name on the wire, in lower case, as the producer's hooks and our URLs spell it.
    #[must_use]
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Offering => "offering",
            Self::Missed => "missed",
            Self::Answered => "answered",
            Self::Active => "active",
            Self::Bridged => "bridged",
            Self::Processing => "processing",
            Self::Leaving => "leaving",
        }
    }

    /// The name in records and answers, capitalised as in the producer's document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Joined => "Joined",
            Self::Offering => "Offering",
            Self::Missed => "Missed",
            Self::Answered => "Answered",
            Self::Active => "Active",
            Self::Bridged => "Bridged",
            Self::Processing => "Processing",
            Self::Leaving => "Leaving",
        }
    }

    /// Reads a name in any case; `None` for anything that is not one of the eight.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.wire_name().eq_ignore_ascii_case(text))
    }

    /// Orders events that carry the same millisecond: the place of the step in a lifecycle.
    ///
    /// `Answered` and `Active` are one fact under two names and share a rank.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Joined => 0,
            Self::Offering => 1,
            Self::Missed => 2,
            Self::Answered | Self::Active => 3,
            Self::Bridged => 4,
            Self::Processing => 5,
            Self::Leaving => 6,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
