//! The service level, under every policy that the field knows.

use super::measurement::{Measurement, Part, divide};
use super::parameters::Parameters;
use super::policy::Policy;
use super::reason::Reason;
use super::thresholds::QueueTotals;
use crate::history::{Count, Measure, Totals};

/// Numerator and denominator of a policy.
const fn terms(policy: Policy, found: &ServiceLevelCounts) -> (i64, i64) {
    let ServiceLevelCounts { in_time, abandoned_in_time, offered, .. } = *found;
    match policy {
        Policy::AbandonsIgnored => (in_time, offered - abandoned_in_time),
        Policy::AbandonsNegative => (in_time, offered),
        Policy::AbandonsPositive | Policy::RemovedInX => (in_time + abandoned_in_time, offered),
        Policy::Genesys => (in_time, found.answered + found.abandoned),
        Policy::AnsweredOnly => (in_time, found.answered),
        Policy::Webitel => (found.in_time_below, offered + found.join_unknown),
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
    fn new(totals: &Totals, queues: &[QueueTotals<'_>], parameters: &Parameters) -> Self {
        let or_equal = parameters.operator.or_equal();
        let within = |measure, or_equal| -> i64 {
            let count = |queue: &QueueTotals<'_>| {
                let values = &queue.totals.measure(measure).values;
                values.count_within(queue.thresholds.service_level_ms(), or_equal)
            };
            queues.iter().map(count).sum()
        };
        Self {
            in_time: within(Measure::WaitAnswered, or_equal),
            in_time_below: within(Measure::WaitAnswered, false),
            abandoned_in_time: within(Measure::WaitAbandoned, or_equal),
            answered: totals.measure(Measure::WaitAnswered).count,
            abandoned: totals.measure(Measure::WaitAbandoned).count,
            // An attempt whose wait is not known is neither in time nor late.
            offered: totals.count(Count::Offered)
                - totals.count(Count::AnsweredUntimed)
                - totals.count(Count::AbandonedUntimed),
            join_unknown: totals.count(Count::JoinUnknown),
        }
    }
}

pub(super) const VALUES_NEEDED: [Measure; 2] = [Measure::WaitAnswered, Measure::WaitAbandoned];

pub(super) fn service_level(
    blank: Measurement,
    totals: &Totals,
    queues: &[QueueTotals<'_>],
    parameters: &Parameters,
) -> Measurement {
    if VALUES_NEEDED.iter().any(|measure| !totals.measure(*measure).has_values()) {
        let parts = Policy::ALL.map(|policy| Part::unknown(policy.name().to_owned()));
        return Measurement { parts: parts.to_vec(), ..blank.without(Reason::ValuesNotRead) };
    }
    let found = ServiceLevelCounts::new(totals, queues, parameters);
    let (numerator, denominator) = terms(parameters.policy, &found);
    let parts = Policy::ALL.map(|policy| {
        let (numerator, denominator) = terms(policy, &found);
        Part {
            name: policy.name().to_owned(),
            value: divide(numerator, denominator),
            numerator: Some(numerator),
            denominator: Some(denominator),
        }
    });
    Measurement { parts: parts.to_vec(), ..blank.ratio(numerator, denominator, Reason::NothingToDivideBy) }
}
