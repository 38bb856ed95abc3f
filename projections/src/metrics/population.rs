//! Which attempts a metric counts, as data, and why one is not among them.

use super::omission::{LegEnd, Omission};
use super::parameters::Parameters;
use super::policy::Policy;
use super::unit::HistoryKind;
use crate::history::{
    handled_without_leg, is_answer_timed, is_answer_told, is_dialled, is_human, is_late_for_member, is_live,
    is_machine, is_retry,
};
use crate::{AttemptClass, AttemptRow, Gap, Gaps, OfferRow};

/// What an attempt, or one of its legs, has to be before a metric counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Its joining is known.
    Joined,
    /// Its joining is not known.
    JoinUnknown,
    /// Its class is one of these.
    Class(&'static [AttemptClass]),
    /// It left.
    Left,
    /// Its queue dials members for agents.
    Dialled,
    /// Something besides a connection says whether the dialled member answered.
    AnswerTold,
    /// The dialled member answered.
    LiveAnswer,
    /// It is known when.
    MemberTimed,
    /// No agent was there within two seconds.
    LateForMember,
    /// Its `cc_attempt_seq` is above 1.
    Retry,
    /// Answering machine detection gave a verdict.
    Verdict,
    /// A step of it was not reported.
    Gap,
    /// Deliveries about it contradict each other.
    Conflict,
    /// A delivery about it came late.
    LateDelivery,
    /// The question, or the queue's definition, says which abandons are short.
    ShortThreshold,
    /// It is an abandon that is short.
    ShortAbandon,
    /// It is no abandon that is short.
    NotShortAbandon,
    /// It is an abandon within one of the question's thresholds.
    AbandonedInX,
    /// An agent accepted it, or was connected.
    Accepted,
    /// A leg of it has a connection; in outbound IVR, which has no legs, the attempt.
    Handled,
    /// The attempt, or in an agent's history a leg, was connected.
    Bridged,
    /// That talk is over.
    TalkOver,
    /// Talk and after-call work are over.
    HandlingOver,
    /// After-call work began.
    Processing,
    /// After-call work is over.
    ProcessingOver,
    /// At least one offer was reported.
    Offered,
    /// At least two were.
    OfferedTwice,
    /// The ringing of a reported offer is over.
    RingingOver,
    /// An agent's leg was missed.
    Missed,
    /// A leg of it ended in one of these ways.
    LegEnd(&'static [LegEnd]),
    /// A length of it is known: neither of its ends has the time of its receipt.
    Known(Length),
    /// The service level's policy has a place for it.
    PolicyCounts,
    /// It was not answered, or the wait is known.
    AnswerTimed,
    /// It was not abandoned, or the wait is known.
    AbandonTimed,
}

/// What is measured of an attempt, or in an agent's history of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// From joining to the connection, else to leaving.
    Wait,
    /// From joining to an offer or its acceptance.
    SinceJoining,
    /// The ringing of an offer.
    Ringing,
    /// From an offer to its connection.
    Answering,
    /// The talk.
    Talk,
    /// After-call work.
    AfterCallWork,
    /// Talk and after-call work.
    Handling,
}

/// What is asked whether it counts: an attempt with its legs, or an agent's legs of it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The attempt.
    pub attempt: &'a AttemptRow,
    /// The legs that the history is about.
    pub legs: &'a [&'a OfferRow],
    /// In whose history.
    pub history: HistoryKind,
}

/// Why an attempt is not counted: the first of the conditions that it does not meet.
pub(super) fn why_not(
    conditions: &[Condition],
    candidate: Candidate<'_>,
    parameters: &Parameters,
) -> Option<Omission> {
    conditions.iter().find_map(|condition| unmet(*condition, candidate, parameters))
}

/// What is missing for a condition; `None` where it is met.
fn unmet(condition: Condition, candidate: Candidate<'_>, parameters: &Parameters) -> Option<Omission> {
    let Candidate { attempt, legs, history } = candidate;
    let offers = legs.iter().filter(|leg| leg.offered_at.is_some());
    let work = WorkDone::of(candidate);
    let (is_met, why) = match condition {
        Condition::Joined => (attempt.joined_at.is_some(), Omission::JoinUnknown),
        Condition::JoinUnknown => (attempt.joined_at.is_none(), Omission::JoinKnown),
        Condition::Class(classes) => (classes.contains(&attempt.class), Omission::Class(attempt.class)),
        Condition::Left => (attempt.left_at.is_some(), Omission::NotLeft),
        Condition::Dialled => (is_dialled(attempt), Omission::NotDialled),
        Condition::AnswerTold => (is_answer_told(attempt), Omission::AnswerNotTold),
        Condition::LiveAnswer => (is_live(attempt), Omission::NoLiveAnswer),
        Condition::MemberTimed => (is_answer_timed(attempt), Omission::AnswerNotTimed),
        Condition::LateForMember => (is_late_for_member(attempt), Omission::ConnectedInTime),
        Condition::Retry => (is_retry(attempt), Omission::NotRetry),
        Condition::Verdict => (is_human(attempt) || is_machine(attempt), Omission::NoVerdict),
        Condition::Gap => (attempt.gaps != Gaps::default(), Omission::NoGap),
        Condition::Conflict => (attempt.conflicts > 0, Omission::NoConflict),
        Condition::LateDelivery => (attempt.is_late, Omission::NotLate),
        Condition::ShortThreshold
        | Condition::ShortAbandon
        | Condition::NotShortAbandon
        | Condition::AbandonedInX => return unmet_threshold(condition, attempt, parameters),
        Condition::Accepted => {
            (attempt.first_answered_at.or(attempt.bridged_at).is_some(), Omission::NotAccepted)
        }
        Condition::Handled => (work.is_handled, Omission::NotHandled(history)),
        Condition::Bridged => (work.is_bridged, not_bridged(history)),
        Condition::TalkOver => (work.is_talk_over, Omission::TalkOpen),
        Condition::HandlingOver => (work.is_handling_over, Omission::HandlingOpen),
        Condition::Processing => (work.is_processing, Omission::NoProcessing(history)),
        Condition::ProcessingOver => (work.is_processing_over, Omission::HandlingOpen),
        Condition::Offered => (offers.count() > 0, Omission::NotOffered(history)),
        Condition::OfferedTwice => (offers.count() > 1, Omission::NotOfferedTwice),
        Condition::RingingOver => {
            (offers.filter(|leg| leg.ring_ended_at.is_some()).count() > 0, Omission::RingingOpen)
        }
        Condition::Missed => (legs.iter().any(|leg| leg.missed_by.is_some()), Omission::NotMissed),
        Condition::LegEnd(ends) => {
            let is_one = legs.iter().any(|leg| ends.iter().any(|end| has_end(leg, *end)));
            (is_one, Omission::NoSuchLeg(ends, history))
        }
        Condition::PolicyCounts => return not_in_policy(attempt, parameters),
        Condition::Known(Length::Wait) => (attempt.wait_ms.is_some(), untimed_wait(attempt)),
        Condition::Known(length) => (is_known(length, candidate), Omission::TimeOfReceipt),
        Condition::AnswerTimed => (is_wait_timed(attempt, AttemptClass::Answered), untimed_wait(attempt)),
        Condition::AbandonTimed => (is_wait_timed(attempt, AttemptClass::Abandoned), untimed_wait(attempt)),
    };
    (!is_met).then_some(why)
}

/// That nobody was connected; in an agent's history, not this agent.
const fn not_bridged(history: HistoryKind) -> Omission {
    match history {
        HistoryKind::Queue => Omission::NotBridged,
        HistoryKind::Agent => Omission::NotHandled(history),
    }
}

/// Why a wait is not measured, where it is not.
fn untimed_wait(attempt: &AttemptRow) -> Omission {
    match (attempt.bridged_at, attempt.processing_at) {
        (None, Some(_)) => Omission::ConnectionUnknown,
        _ => Omission::TimeOfReceipt,
    }
}

/// Whether a wait of this class is measured. Where joining is not known, nothing is left out for its time.
fn is_wait_timed(attempt: &AttemptRow, class: AttemptClass) -> bool {
    attempt.class != class || attempt.joined_at.is_none() || attempt.wait_ms.is_some()
}

fn is_known(length: Length, candidate: Candidate<'_>) -> bool {
    let Candidate { attempt, legs, history } = candidate;
    let of = |of_attempt: Option<u64>, of_leg: fn(&OfferRow) -> Option<u64>| match history {
        HistoryKind::Queue => of_attempt.is_some(),
        HistoryKind::Agent => legs.iter().any(|leg| of_leg(leg).is_some()),
    };
    match length {
        Length::Wait => attempt.wait_ms.is_some(),
        Length::SinceJoining => !attempt.gaps.has(Gap::TimeOfReceipt),
        Length::Ringing => legs.iter().any(|leg| leg.ring_ms.is_some()),
        Length::Answering => legs.iter().any(|leg| leg.answer_ms.is_some()),
        Length::Talk => of(attempt.talk_ms, |leg| leg.talk_ms),
        Length::AfterCallWork => of(attempt.wrap_ms, |leg| leg.wrap_ms),
        Length::Handling => of(attempt.handle_ms, |leg| leg.handle_ms),
    }
}

/// How far the work of the attempt has come, or in an agent's history that of the farthest leg.
#[derive(Default)]
struct WorkDone {
    is_handled: bool,
    is_bridged: bool,
    is_talk_over: bool,
    is_handling_over: bool,
    is_processing: bool,
    is_processing_over: bool,
}

impl WorkDone {
    fn of(candidate: Candidate<'_>) -> Self {
        let Candidate { attempt, legs, history } = candidate;
        let any = |test: fn(&OfferRow) -> bool| legs.iter().any(|leg| test(leg));
        let is_handled = any(|leg| leg.bridged_at.is_some());
        match history {
            HistoryKind::Agent => Self {
                is_handled,
                is_bridged: is_handled,
                is_talk_over: any(|leg| leg.bridged_at.and(leg.talk_ended_at).is_some()),
                is_handling_over: any(|leg| leg.bridged_at.and(leg.ended_at).is_some()),
                is_processing: any(|leg| leg.wrap_started_at.is_some()),
                is_processing_over: any(|leg| leg.wrap_started_at.and(leg.ended_at).is_some()),
            },
            HistoryKind::Queue => Self {
                is_handled: is_handled || handled_without_leg(attempt).is_some(),
                is_bridged: attempt.bridged_at.is_some(),
                is_talk_over: attempt.is_talk_over(),
                is_handling_over: attempt.left_at.is_some(),
                is_processing: attempt.processing_at.is_some(),
                is_processing_over: attempt.left_at.is_some(),
            },
        }
    }
}

/// Why the service level's policy has no place for an attempt.
fn not_in_policy(attempt: &AttemptRow, parameters: &Parameters) -> Option<Omission> {
    let is_in = |classes: &[AttemptClass]| classes.contains(&attempt.class);
    let why_class = |is_met: bool| (!is_met).then_some(Omission::Class(attempt.class));
    match parameters.policy {
        // The only one that divides by attempts without a joining.
        Policy::Webitel => None,
        _ if attempt.joined_at.is_none() => Some(Omission::JoinUnknown),
        Policy::AnsweredOnly => why_class(is_in(&[AttemptClass::Answered])),
        Policy::Genesys => why_class(is_in(&[AttemptClass::Answered, AttemptClass::Abandoned])),
        Policy::AbandonsIgnored => {
            let threshold_ms = parameters.thresholds.service_level_ms();
            let or_equal = parameters.operator.or_equal();
            let is_within = |wait_ms| if or_equal { wait_ms <= threshold_ms } else { wait_ms < threshold_ms };
            let is_taken_off = is_in(&[AttemptClass::Abandoned]) && attempt.wait_ms.is_some_and(is_within);
            is_taken_off.then_some(Omission::ShortAbandon(threshold_ms))
        }
        Policy::AbandonsNegative | Policy::AbandonsPositive | Policy::RemovedInX => None,
    }
}

/// The same for the conditions that a threshold decides.
fn unmet_threshold(condition: Condition, attempt: &AttemptRow, parameters: &Parameters) -> Option<Omission> {
    let abandoned_after = || attempt.wait_ms.filter(|_| attempt.class == AttemptClass::Abandoned);
    if condition == Condition::AbandonedInX {
        let or_equal = parameters.operator.or_equal();
        let longest_ms = parameters.abandoned_in_ms.iter().copied().max().unwrap_or_default();
        let wait_ms = abandoned_after()?;
        let is_within = if or_equal { wait_ms <= longest_ms } else { wait_ms < longest_ms };
        return (!is_within).then_some(Omission::LongerThan(longest_ms));
    }
    let Some(threshold_ms) = parameters.thresholds.short_abandon_ms else {
        return Some(Omission::NoThreshold);
    };
    let is_short = abandoned_after().is_some_and(|wait_ms| wait_ms <= threshold_ms);
    match condition {
        Condition::ShortAbandon => (!is_short).then_some(Omission::LongerThan(threshold_ms)),
        Condition::NotShortAbandon => is_short.then_some(Omission::ShortAbandon(threshold_ms)),
        _ => None,
    }
}

/// Whether a leg ended so.
fn has_end(leg: &OfferRow, end: LegEnd) -> bool {
    match end {
        LegEnd::Outcome(outcome) => leg.offered_at.is_some() && leg.outcome == outcome,
        LegEnd::Missed(by) => leg.missed_by == Some(by),
    }
}
