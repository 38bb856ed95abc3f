//! Who ended an attempt, as far as the hooks tell it.
//!
//! No event says who hung up. What is concluded, and from what:
//!
//! * A talk ended with after-call work. Where its Processing already states that the subscriber's leg was
//!   hung up as usual, the subscriber went first; of a leg that broke nothing is known; where only a later
//!   event states it, the agent did. Predictive queues wait for the subscriber's hang-up before Processing,
//!   so that there only its absence says who.
//! * Nobody was connected: no connection is known, no after-call work, and the result is not that of a talk,
//!   as a connection that was lost leaves its result behind. Where a queue is defined to send no connection,
//!   only the results that come before every talk count. A result that names a time-out, a transfer, a full
//!   queue or a stop is the dialer's; a cause that only the subscriber's own hang-up has is the subscriber's.
//!   Busy lines and rejections are a carrier's as well: only a decline by SIP is a person's. Where a miss is
//!   the end of an attempt, one whose last step before Leaving is an agent's miss is the agent's; elsewhere
//!   the subscriber waits on, and the miss says nothing.
//! * Everything else is not known. A queue in which subscriber and agent share a leg, or of no known type,
//!   says nothing by its causes.

use serde::{Deserialize, Serialize};

use super::instants::Instants;
use super::missed_by::{MissedBy, misses};
use super::run_step::RunStep;
use crate::{EventKind, QueueType};

/// Who ended an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The subscriber, who calls or was called.
    Caller,
    /// An agent.
    Agent,
    /// The dialer, by a rule of its own.
    Dialer,
}

/// The facts from which it is concluded who ended an attempt.
#[derive(Clone, Copy, Debug, Default)]
pub struct EndEvidence<'a> {
    /// The type of its queue.
    pub queue_type: Option<QueueType>,
    /// Whether the subscriber has left.
    pub has_left: bool,
    /// Whether a connection of agent and subscriber is known.
    pub has_talked: bool,
    /// Whether the queue is defined to send no Bridged, so that a talk can have gone unseen.
    pub may_have_talked: bool,
    /// `cc_result` at Leaving.
    pub result: Option<&'a str>,
    /// Who missed the last offer, where that is the last step before Leaving.
    pub last_missed_by: Option<MissedBy>,
    /// Whether after-call work was reported: a talk came before it.
    pub has_processing: bool,
    /// `call_cause` at Processing.
    pub cause_at_processing: Option<&'a str>,
    /// `call_cause` as last reported.
    pub cause: Option<&'a str>,
    /// `call_sip_code` as last reported.
    pub sip_code: Option<i64>,
}

impl<'a> EndEvidence<'a> {
    /// Reads the evidence off a run; `result` is the one stated at Leaving.
    #[must_use]
    pub fn of<T: RunStep>(
        run: &'a [&'a T],
        instants: &Instants,
        queue_type: Option<QueueType>,
        result: Option<&'a str>,
    ) -> Self {
        let before_leaving = run.iter().rposition(|step| step.event() != EventKind::Leaving);
        let processing = run.iter().find(|step| step.event() == EventKind::Processing);
        Self {
            queue_type,
            has_left: instants.left.is_some(),
            has_talked: instants.bridged.is_some(),
            may_have_talked: false,
            result,
            last_missed_by: before_leaving.and_then(|index| misses(run, instants, queue_type)[index]),
            has_processing: processing.is_some(),
            cause_at_processing: processing.and_then(|step| step.call_cause()),
            cause: run.iter().rev().find_map(|step| step.call_cause()),
            sip_code: run.iter().rev().find_map(|step| step.call_sip_code()),
        }
    }
}

impl EndedBy {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Caller, Self::Agent, Self::Dialer];

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Agent => "agent",
            Self::Dialer => "dialer",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|who| who.name() == text)
    }

    /// Who ended an attempt whose talk can have gone unseen, by its result alone.
    #[must_use]
    pub fn behind_hidden_talk(result: Option<&str>) -> Option<Self> {
        Self::of(&EndEvidence { has_left: true, may_have_talked: true, result, ..EndEvidence::default() })
    }

    /// Who ended the attempt; `None` where the hooks do not tell, and while it goes on.
    #[must_use]
    pub fn of(evidence: &EndEvidence<'_>) -> Option<Self> {
        let result = evidence.result.map(str::to_ascii_lowercase);
        match result.as_deref() {
            _ if !evidence.has_left => None,
            Some("agent_timeout" | "client_timeout" | "dialog_timeout" | "shutdown") => Some(Self::Dialer),
            _ if evidence.has_talked || evidence.has_processing => end_of_talk(evidence),
            Some("max_wait_size" | "block" | "barred") => Some(Self::Dialer),
            _ if evidence.may_have_talked => None,
            Some("timeout" | "transfer" | "transferred") => Some(Self::Dialer),
            Some("success") => None,
            _ if ends_with_miss(evidence) => Some(Self::Agent),
            Some("abandoned" | "failed" | "cancel" | "canceled" | "cancelled") => end_of_wait(evidence),
            _ => None,
        }
    }
}

fn has_own_leg(evidence: &EndEvidence<'_>) -> bool {
    evidence.queue_type.is_some_and(|it| !it.reports_answer())
}

fn end_of_talk(evidence: &EndEvidence<'_>) -> Option<EndedBy> {
    if !has_own_leg(evidence) || !evidence.has_processing {
        return None;
    }
    let waits_for_subscriber = evidence.queue_type == Some(QueueType::PredictiveDialer);
    match (evidence.cause_at_processing, evidence.cause) {
        (Some(_), _) if waits_for_subscriber => None,
        (Some("NORMAL_CLEARING"), _) => Some(EndedBy::Caller),
        (Some(_), _) => None,
        (None, Some(_)) => Some(EndedBy::Agent),
        (None, None) => None,
    }
}

/// Whether the agent's miss, the last step, is what the attempt ends with: nobody else is offered it.
fn ends_with_miss(evidence: &EndEvidence<'_>) -> bool {
    evidence.last_missed_by == Some(MissedBy::Agent)
        && evidence.queue_type.is_some_and(QueueType::ends_with_miss)
}

/// What a telephone answers whose user declines.
const DECLINED: i64 = 603;

/// A telephone that rings in vain answers that its user is not available, or nothing until the call is taken
/// back. Every other failure can be a carrier's.
const UNANSWERED: [i64; 2] = [480, 487];

fn is_refused_by_network(evidence: &EndEvidence<'_>) -> bool {
    evidence.sip_code.is_some_and(|code| code >= 400 && !UNANSWERED.contains(&code))
}

fn end_of_wait(evidence: &EndEvidence<'_>) -> Option<EndedBy> {
    let dials = evidence.queue_type.is_some_and(QueueType::dials);
    let callers_enter = evidence.queue_type.is_some_and(QueueType::callers_enter);
    match evidence.cause {
        _ if !has_own_leg(evidence) => None,
        Some("CALL_REJECTED") if dials && evidence.sip_code == Some(DECLINED) => Some(EndedBy::Caller),
        Some("NO_ANSWER") if dials && !is_refused_by_network(evidence) => Some(EndedBy::Dialer),
        Some("ORIGINATOR_CANCEL") if dials => Some(EndedBy::Dialer),
        Some("NORMAL_CLEARING" | "ORIGINATOR_CANCEL") if callers_enter => Some(EndedBy::Caller),
        _ => None,
    }
}
