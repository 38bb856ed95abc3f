//! Which interval a value falls into.

use serde::{Deserialize, Serialize};

/// Which interval a value falls into; the peers of the field disagree, so it is a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribution {
    /// All values of an attempt into the interval of its joining (its first event, where joining is not
    /// known); all values of an agent's leg into the interval of the leg's beginning. The cohort view:
    /// Webitel, Twilio Flex.
    #[default]
    Start,
    /// Each value into the interval of the event that produces it. Genesys Cloud.
    Emit,
    /// All values into the interval of Leaving (of the leg's end); nothing before that. Amazon Connect.
    End,
}

impl Attribution {
    /// Every attribution, in the order of their numbers in tables.
    pub const ALL: [Self; 3] = [Self::Start, Self::Emit, Self::End];

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Emit => "emit",
            Self::End => "end",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attribution| attribution.name() == text)
    }
}
