//! What the field disagrees about: thresholds that may be equal, and what a service level is divided by.

use serde::{Deserialize, Serialize};

/// Whether a wait as long as the threshold is within it. The field has both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Below the threshold. Webitel; Amazon Connect's LT.
    #[serde(rename = "lt")]
    LessThan,
    /// Below or equal. Wazo; Amazon Connect's LTE.
    #[default]
    #[serde(rename = "lte")]
    AtMost,
}

impl Operator {
    /// The name in questions and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LessThan => "lt",
            Self::AtMost => "lte",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::LessThan, Self::AtMost].into_iter().find(|operator| operator.name() == text)
    }

    pub(super) const fn or_equal(self) -> bool {
        matches!(self, Self::AtMost)
    }
}

/// What answers in time are divided by, and whether abandons in time count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// In time ÷ (offered − abandoned in time). Cisco: abandons ignored.
    AbandonsIgnored,
    /// In time ÷ offered. Cisco: abandons count against.
    #[default]
    AbandonsNegative,
    /// (In time + abandoned in time) ÷ offered. Cisco: abandons count for.
    AbandonsPositive,
    /// In time ÷ (answered + abandoned). Genesys Cloud with its switches off.
    Genesys,
    /// In time ÷ answered. Wazo, VICIDIAL.
    AnsweredOnly,
    /// (In time + abandoned in time) ÷ offered, for Amazon Connect's "removed from queue"; callbacks are no
    /// events here, so it equals `abandons_positive`.
    RemovedInX,
    /// In time, always below the threshold, ÷ every attempt, whether its joining is known or not. Webitel.
    Webitel,
}

impl Policy {
    /// Every policy.
    pub const ALL: [Self; 7] = [
        Self::AbandonsIgnored,
        Self::AbandonsNegative,
        Self::AbandonsPositive,
        Self::Genesys,
        Self::AnsweredOnly,
        Self::RemovedInX,
        Self::Webitel,
    ];

    /// The name in questions and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AbandonsIgnored => "abandons_ignored",
            Self::AbandonsNegative => "abandons_negative",
            Self::AbandonsPositive => "abandons_positive",
            Self::Genesys => "genesys",
            Self::AnsweredOnly => "answered_only",
            Self::RemovedInX => "removed_in_x",
            Self::Webitel => "webitel",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == text)
    }
}
