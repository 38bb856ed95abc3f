//! How long agents rang, talked and worked after the call.

use super::histories::BOTH;
use super::leg_ends::CONNECTED;
use crate::history::Measure;
use crate::metrics::definition::Definition;
use crate::metrics::definition::Method;
use crate::metrics::population::Condition::{
    Bridged, HandlingOver, Known, LegEnd, Offered, Processing, ProcessingOver, RingingOver, TalkOver,
};
use crate::metrics::population::Length;
use crate::metrics::source::Source;
use crate::metrics::unit::Unit;

pub(super) const HANDLING: &[Definition] = &[
    Definition {
        key: "alert_time",
        name: "Average ring time",
        formula: "mean of (the end of ringing) − O over reported offers that ended",
        numerator: "sum of ring times",
        denominator: "offers whose ringing ended",
        unit: Unit::Milliseconds,
        source: "Genesys tAlert; Asterisk ringtime",
        version: 1,
        histories: BOTH,
        population: &[Offered, RingingOver, Known(Length::Ringing)],
        needs: &[Source::Offer, Source::Miss, Source::NoBridge, Source::Leaving],
        method: Method::Mean(&[Measure::Ring]),
    },
    Definition {
        key: "answer_time",
        name: "Average time from offer to answer",
        formula: "mean of B − O over reported offers that ended in a connection",
        numerator: "sum of B − O",
        denominator: "such offers",
        unit: Unit::Milliseconds,
        source: "Webitel avg_awt; Asterisk CONNECT ringtime",
        version: 1,
        histories: BOTH,
        population: &[LegEnd(CONNECTED), Known(Length::Answering)],
        needs: &[Source::Offer, Source::Bridge],
        method: Method::Mean(&[Measure::RingAnswered]),
    },
    Definition {
        key: "talk_time",
        name: "Average talk time",
        formula: "mean of E − B: of the attempt in a queue's history, of the leg \
                  in an agent's; includes hold",
        numerator: "sum of talk times",
        denominator: "talks that ended",
        unit: Unit::Milliseconds,
        source: "Genesys tTalk with tHeld; Webitel sum_bill",
        version: 2,
        histories: BOTH,
        population: &[Bridged, TalkOver, Known(Length::Talk)],
        needs: &[Source::Bridge, Source::Processing, Source::Leaving],
        method: Method::Mean(&[Measure::Talk]),
    },
    Definition {
        key: "acw_time",
        name: "Average after-call work",
        formula: "mean of L − P: of the attempt, or of the agent's leg",
        numerator: "sum of after-call work",
        denominator: "attempts or legs with P that ended",
        unit: Unit::Milliseconds,
        source: "Genesys tAcw; Webitel avg_wrap",
        version: 1,
        histories: BOTH,
        population: &[Processing, ProcessingOver, Known(Length::AfterCallWork)],
        needs: &[Source::Processing, Source::Leaving],
        method: Method::Mean(&[Measure::Wrap]),
    },
    Definition {
        key: "aht",
        name: "Average handle time",
        formula: "mean of L − B, without what lies between E and P, else L: talk and \
                  after-call work",
        numerator: "sum of handle times",
        denominator: "attempts or legs with B that ended",
        unit: Unit::Milliseconds,
        source: "Webitel; Voximplant; Amazon Connect adds hold, which talk includes here",
        version: 2,
        histories: BOTH,
        population: &[Bridged, HandlingOver, Known(Length::Handling)],
        needs: &[Source::Bridge, Source::Leaving],
        method: Method::Mean(&[Measure::Handle]),
    },
];
