//! The service level, under every policy that the field knows.

use serde::{Deserialize, Serialize};

use super::measured::{NOTHING_TO_DIVIDE_BY, VALUES_NOT_READ, divide};
use super::{Measurement, Parameters, Part};
use crate::history::{Count, Measure, Totals};

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

    /// Numerator and denominator.
    const fn terms(self, found: &ServiceLevelCounts) -> (i64, i64) {
        let ServiceLevelCounts { in_time, abandoned_in_time, offered, .. } = *found;
        match self {
            Self::AbandonsIgnored => (in_time, offered - abandoned_in_time),
            Self::AbandonsNegative => (in_time, offered),
            Self::AbandonsPositive | Self::RemovedInX => (in_time + abandoned_in_time, offered),
            Self::Genesys => (in_time, found.answered + found.abandoned),
            Self::AnsweredOnly => (in_time, found.answered),
            Self::Webitel => (found.in_time_below, offered + found.join_unknown),
        }
    }
}

/// What the policies put together; found once, because a month has hundreds of thousands of waits.
struct ServiceLevelCounts {
    in_time: i64,
    in_time_below: i64,
    abandoned_in_time: i64,
    answered: i64,
    abandoned: i64,
    offered: i64,
    join_unknown: i64,
}

impl ServiceLevelCounts {
    fn new(totals: &Totals, parameters: &Parameters) -> Self {
        let threshold_ms = parameters.service_level_threshold_ms;
        let answered = totals.measure(Measure::WaitAnswered);
        let abandoned = totals.measure(Measure::WaitAbandoned);
        let or_equal = parameters.operator.or_equal();
        Self {
            in_time: answered.values.count_within(threshold_ms, or_equal),
            in_time_below: answered.values.count_within(threshold_ms, false),
            abandoned_in_time: abandoned.values.count_within(threshold_ms, or_equal),
            answered: answered.count,
            abandoned: abandoned.count,
            offered: totals.count(Count::Offered),
            join_unknown: totals.count(Count::JoinUnknown),
        }
    }
}

pub(super) const VALUES_NEEDED: [Measure; 2] = [Measure::WaitAnswered, Measure::WaitAbandoned];

pub(super) fn service_level(blank: Measurement, totals: &Totals, parameters: &Parameters) -> Measurement {
    if VALUES_NEEDED.iter().any(|measure| !totals.measure(*measure).has_values()) {
        let parts = Policy::ALL.map(|policy| Part::unknown(policy.name().to_owned()));
        return Measurement { parts: parts.to_vec(), ..blank.without(VALUES_NOT_READ) };
    }
    let found = ServiceLevelCounts::new(totals, parameters);
    let (numerator, denominator) = parameters.policy.terms(&found);
    let parts = Policy::ALL.map(|policy| {
        let (numerator, denominator) = policy.terms(&found);
        Part {
            name: policy.name().to_owned(),
            value: divide(numerator, denominator),
            numerator: Some(numerator),
            denominator: Some(denominator),
        }
    });
    Measurement { parts: parts.to_vec(), ..blank.ratio(numerator, denominator, NOTHING_TO_DIVIDE_BY) }
}
