//! The results of dialing: transfers, bridges, machines, retries.

use super::histories::QUEUE;
use crate::history::Count;
use crate::metrics::definition::Definition;
use crate::metrics::definition::Method;
use crate::metrics::definition::Term::Plus;
use crate::metrics::population::Condition::{Handled, Retry, Verdict};
use crate::metrics::source::Source;
use crate::metrics::unit::Unit;

pub(super) const DIALING: &[Definition] = &[
    Definition {
        key: "transfer_rate",
        name: "Transfer rate",
        formula: "attempts with B that left by transfer ÷ n_handled",
        numerator: "attempts with B and result transfer or transferred",
        denominator: "n_handled",
        unit: Unit::Rate,
        source: "Genesys transfer ratio; Webitel counts only transfer",
        version: 1,
        histories: QUEUE,
        population: &[Handled],
        needs: &[Source::Bridge, Source::Leaving],
        method: Method::Ratio(&[Plus(Count::Transferred)], &[Plus(Count::Handled)]),
    },
    Definition {
        key: "bridge_rate",
        name: "Bridge rate",
        formula: "n_answered ÷ every attempt",
        numerator: "n_answered",
        denominator: "n_offered + n_join_unknown",
        unit: Unit::Rate,
        source: "Webitel bridged%",
        version: 1,
        histories: QUEUE,
        population: &[],
        needs: &[Source::NoBridge],
        method: Method::Ratio(&[Plus(Count::Answered)], &[Plus(Count::Offered), Plus(Count::JoinUnknown)]),
    },
    Definition {
        key: "amd_machine_rate",
        name: "Machine rate",
        formula: "attempts detected as machine ÷ attempts detected as machine or human; MASHINE, \
                  MACHINE and the AI's voicemail are one",
        numerator: "attempts detected as machine",
        denominator: "attempts with a verdict",
        unit: Unit::Rate,
        source: "Amazon Connect AMD codes; VICIDIAL AA, AM",
        version: 1,
        histories: QUEUE,
        population: &[Verdict],
        needs: &[],
        method: Method::Ratio(&[Plus(Count::AmdMachine)], &[Plus(Count::AmdMachine), Plus(Count::AmdHuman)]),
    },
    Definition {
        key: "contact_rate_of_attempts",
        name: "Contact rate",
        formula: "attempts detected as human ÷ every attempt",
        numerator: "attempts detected as human",
        denominator: "n_offered + n_join_unknown",
        unit: Unit::Rate,
        source: "Amazon Connect HUMAN_ANSWERED_CALLS ÷ DELIVERY_ATTEMPTS; one of four meanings in use",
        version: 1,
        histories: QUEUE,
        population: &[],
        needs: &[],
        method: Method::Ratio(&[Plus(Count::AmdHuman)], &[Plus(Count::Offered), Plus(Count::JoinUnknown)]),
    },
    Definition {
        key: "n_retries",
        name: "Retries",
        formula: "attempts with cc_attempt_seq above 1",
        numerator: "attempts",
        denominator: "",
        unit: Unit::Count,
        source: "Amazon Connect SUM_RETRY_CALLBACK_ATTEMPTS",
        version: 1,
        histories: QUEUE,
        population: &[Retry],
        needs: &[],
        method: Method::Counted(&[Plus(Count::Retries)]),
    },
    Definition {
        key: "retry_answer_rate",
        name: "Retry answer rate",
        formula: "retries with B ÷ n_retries",
        numerator: "answered retries",
        denominator: "n_retries",
        unit: Unit::Rate,
        source: "ours",
        version: 1,
        histories: QUEUE,
        population: &[Retry],
        needs: &[Source::NoBridge],
        method: Method::Ratio(&[Plus(Count::RetriesAnswered)], &[Plus(Count::Retries)]),
    },
];
