//! How long callers waited, and how many were answered in time.

use super::histories::QUEUE;
use crate::AttemptClass;
use crate::history::{Count, Measure};
use crate::metrics::definition::Definition;
use crate::metrics::definition::Method;
use crate::metrics::definition::Term::{Minus, MinusShortAbandons, Plus, PlusValues};
use crate::metrics::population::Condition::{
    AbandonTimed, Accepted, AnswerTimed, Class, Joined, Known, NotShortAbandon, Offered, PolicyCounts,
    ShortThreshold,
};
use crate::metrics::population::Length;
use crate::metrics::source::Source;
use crate::metrics::unit::Unit;

/// Every class but the open one.
const ENDED: &[AttemptClass] = &[
    AttemptClass::Answered,
    AttemptClass::Abandoned,
    AttemptClass::FlowedOut,
    AttemptClass::Cancelled,
    AttemptClass::NotReached,
    AttemptClass::Dropped,
    AttemptClass::Other,
];

pub(super) const WAITS: &[Definition] = &[
    Definition {
        key: "abandon_rate",
        name: "Abandonment rate",
        formula: "n_abandoned with J ÷ n_offered",
        numerator: "abandoned attempts whose joining is known",
        denominator: "n_offered",
        unit: Unit::Rate,
        source: "Genesys; Amazon Connect (queued)",
        version: 1,
        histories: QUEUE,
        population: &[Joined],
        needs: &[Source::Join, Source::NoBridge, Source::Leaving],
        method: Method::Ratio(
            &[PlusValues(Measure::WaitAbandoned), Plus(Count::AbandonedUntimed)],
            &[Plus(Count::Offered)],
        ),
    },
    Definition {
        key: "abandon_rate_excluding_short",
        name: "Abandonment rate without short abandons",
        formula: "(n_abandoned with J − n_short_abandoned) ÷ (n_offered − n_short_abandoned)",
        numerator: "abandoned attempts whose joining is known and that are not short",
        denominator: "n_offered − n_short_abandoned, without abandons whose wait is not known",
        unit: Unit::Rate,
        source: "Talkdesk; near to Google",
        version: 1,
        histories: QUEUE,
        population: &[ShortThreshold, Joined, AbandonTimed, NotShortAbandon],
        needs: &[Source::Join, Source::NoBridge, Source::Leaving],
        method: Method::Ratio(
            &[PlusValues(Measure::WaitAbandoned), MinusShortAbandons],
            &[Plus(Count::Offered), Minus(Count::AbandonedUntimed), MinusShortAbandons],
        ),
    },
    Definition {
        key: "service_level",
        name: "Service level",
        formula: "answered with B − J within the service_level_threshold_ms of its queue, else 20 s, over \
                  what the policy says",
        numerator: "answers in time (and abandons in time, where the policy counts them)",
        denominator: "what the policy divides by",
        unit: Unit::Rate,
        source: "Cisco (three policies), Genesys, Wazo and VICIDIAL, Amazon Connect, Webitel: side by side",
        version: 1,
        histories: QUEUE,
        population: &[PolicyCounts, AnswerTimed, AbandonTimed],
        needs: &[Source::Join, Source::NoBridge, Source::Leaving],
        method: Method::ServiceLevel,
    },
    Definition {
        key: "asa",
        name: "Average speed of answer",
        formula: "mean of B − J over answered attempts",
        numerator: "sum of the waits of answered attempts whose joining is known",
        denominator: "such attempts",
        unit: Unit::Milliseconds,
        source: "Webitel avg_asa; Amazon Connect average queue answer time; Genesys tAnswered",
        version: 1,
        histories: QUEUE,
        population: &[Class(&[AttemptClass::Answered]), Joined, Known(Length::Wait)],
        needs: &[Source::Join, Source::Bridge],
        method: Method::Mean(&[Measure::WaitAnswered]),
    },
    Definition {
        key: "asa_accept",
        name: "Average speed of acceptance",
        formula: "mean of min(A, B) − J",
        numerator: "sum of the waits until an agent accepted",
        denominator: "attempts that an agent accepted and whose joining is known",
        unit: Unit::Milliseconds,
        source: "Twilio: until accepted",
        version: 1,
        histories: QUEUE,
        population: &[Accepted, Joined, Known(Length::SinceJoining)],
        needs: &[Source::Join, Source::Accept, Source::NoBridge],
        method: Method::Mean(&[Measure::WaitAccepted]),
    },
    Definition {
        key: "wait_all",
        name: "Average wait of all",
        formula: "mean of (B or L) − J over attempts that were answered or left",
        numerator: "sum of the waits",
        denominator: "attempts that waited to an end",
        unit: Unit::Milliseconds,
        source: "Wazo average_waiting_time; VICIDIAL average queue length",
        version: 1,
        histories: QUEUE,
        population: &[Class(ENDED), Joined, Known(Length::Wait)],
        needs: &[Source::Join, Source::NoBridge, Source::Leaving],
        method: Method::Mean(&[Measure::WaitAnswered, Measure::WaitAbandoned, Measure::WaitOther]),
    },
    Definition {
        key: "abandon_time",
        name: "Average time to abandon",
        formula: "mean of L − J over n_abandoned",
        numerator: "sum of the waits of abandoned attempts",
        denominator: "abandoned attempts whose joining is known",
        unit: Unit::Milliseconds,
        source: "Amazon Connect average queue abandon time; Genesys tAbandon",
        version: 1,
        histories: QUEUE,
        population: &[Class(&[AttemptClass::Abandoned]), Joined, Known(Length::Wait)],
        needs: &[Source::Join, Source::NoBridge, Source::Leaving],
        method: Method::Mean(&[Measure::WaitAbandoned]),
    },
    Definition {
        key: "max_wait",
        name: "Longest wait",
        formula: "largest of the waits in wait_all",
        numerator: "the longest wait",
        denominator: "",
        unit: Unit::Milliseconds,
        source: "Amazon Connect maximum queued time, abandoned included",
        version: 1,
        histories: QUEUE,
        population: &[Class(ENDED), Joined, Known(Length::Wait)],
        needs: &[Source::Join, Source::NoBridge, Source::Leaving],
        method: Method::Largest(&[Measure::WaitAnswered, Measure::WaitAbandoned, Measure::WaitOther]),
    },
    Definition {
        key: "first_offer_wait",
        name: "Average wait for the first offer",
        formula: "mean of first O − J",
        numerator: "sum of the waits for the first offer",
        denominator: "attempts with a reported offer whose joining is known",
        unit: Unit::Milliseconds,
        source: "Cisco: the queue's part of the speed of answer",
        version: 1,
        histories: QUEUE,
        population: &[Offered, Joined, Known(Length::SinceJoining)],
        needs: &[Source::Join, Source::Offer],
        method: Method::Mean(&[Measure::WaitFirstOffer]),
    },
];
