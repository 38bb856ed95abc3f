//! Dialled members who answered and got no agent: what regulators ask outbound centres for.

use super::histories::QUEUE;
use crate::AttemptClass;
use crate::history::Count;
use crate::metrics::definition::{Definition, Method};
use crate::metrics::dropped_calls::{DroppedCalls, Knowledge};
use crate::metrics::population::Condition::{
    AnswerTold, Class, Dialled, LateForMember, LiveAnswer, MemberTimed,
};
use crate::metrics::source::Source;
use crate::metrics::unit::Unit;

const REGULATORS: &str = "16 CFR 310.4(b)(4), https://www.law.cornell.edu/cfr/text/16/310.4; Ofcom, \
                          Review of how we use our persistent misuse powers, statement of 20 December 2016, \
                          https://www.ofcom.org.uk/consultations-and-statements/category-1/\
                          review-of-how-we-use-persistent-misuse-powers";

pub(super) const DROPPED: &[Definition] = &[
    Definition {
        key: "n_dropped",
        name: "Dropped",
        formula: "live answers without B that left, whoever hung up and whatever the result",
        numerator: "attempts of class dropped",
        denominator: "",
        unit: Unit::Count,
        source: REGULATORS,
        version: 1,
        histories: QUEUE,
        population: &[Dialled, AnswerTold, Class(&[AttemptClass::Dropped])],
        needs: &[Source::NoBridge, Source::Leaving],
        method: Method::Dropped(DroppedCalls {
            counted: Count::Dropped,
            is_rate: false,
            knowledge: Knowledge::Answer,
        }),
    },
    Definition {
        key: "n_live_answers",
        name: "Live answers",
        formula: "attempts in preview, progressive and predictive queues whose member is told to have \
                  answered: amd_result HUMAN (else amd_ai_result human); in progressive and predictive \
                  queues also call_voice_sec above 0 where detection heard no machine; in predictive \
                  queues also wait_agent; what only B tells is excluded, for without B it would not be told",
        numerator: "attempts",
        denominator: "",
        unit: Unit::Count,
        source: REGULATORS,
        version: 1,
        histories: QUEUE,
        population: &[Dialled, AnswerTold, LiveAnswer],
        needs: &[Source::NoBridge],
        method: Method::Dropped(DroppedCalls {
            counted: Count::LiveTold,
            is_rate: false,
            knowledge: Knowledge::Answer,
        }),
    },
    Definition {
        key: "dropped_rate",
        name: "Dropped rate",
        formula: "n_dropped ÷ n_live_answers",
        numerator: "n_dropped",
        denominator: "n_live_answers",
        unit: Unit::Rate,
        source: REGULATORS,
        version: 1,
        histories: QUEUE,
        population: &[Dialled, AnswerTold, LiveAnswer],
        needs: &[Source::NoBridge, Source::Leaving],
        method: Method::Dropped(DroppedCalls {
            counted: Count::Dropped,
            is_rate: true,
            knowledge: Knowledge::Answer,
        }),
    },
    Definition {
        key: "n_dropped_two_seconds",
        name: "Dropped by the rule of two seconds",
        formula: "live answers with B, or without B with L, more than two seconds after the first \
                  wait_agent; those that left sooner count in n_dropped alone, open ones not yet; the \
                  first wait_agent stands for the end of the member's greeting, which no hook reports",
        numerator: "attempts",
        denominator: "",
        unit: Unit::Count,
        source: REGULATORS,
        version: 1,
        histories: QUEUE,
        population: &[Dialled, AnswerTold, LiveAnswer, MemberTimed, LateForMember],
        needs: &[Source::NoBridge, Source::Leaving],
        method: Method::Dropped(DroppedCalls {
            counted: Count::DroppedTwoSeconds,
            is_rate: false,
            knowledge: Knowledge::AnswerTime,
        }),
    },
    Definition {
        key: "dropped_rate_two_seconds",
        name: "Dropped rate by the rule of two seconds",
        formula: "n_dropped_two_seconds ÷ n_live_answers, where each of them states when the member \
                  answered",
        numerator: "n_dropped_two_seconds",
        denominator: "n_live_answers",
        unit: Unit::Rate,
        source: REGULATORS,
        version: 1,
        histories: QUEUE,
        population: &[Dialled, AnswerTold, LiveAnswer],
        needs: &[Source::NoBridge, Source::Leaving],
        method: Method::Dropped(DroppedCalls {
            counted: Count::DroppedTwoSeconds,
            is_rate: true,
            knowledge: Knowledge::AnswerTime,
        }),
    },
];
