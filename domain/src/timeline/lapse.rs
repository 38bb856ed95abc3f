//! How far a stretch of an attempt has come: what never happened is none, and not "not known".

use serde::{Deserialize, Serialize};

use super::bound::Bound;
use super::instants::Instants;
use crate::{EventKind, QueueDefinition};

/// A stretch of an attempt: its wait, its talk or its after-call work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Lapse {
    /// It is over.
    Known {
        /// How long it lasted.
        ms: u64,
    },
    /// It goes on.
    Open,
    /// It never happened.
    None,
    /// It happened, or may have, and nothing says how long.
    NotKnown {
        /// Why not.
        reason: LapseReason,
    },
}

/// Why nothing says how long a stretch of an attempt lasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LapseReason {
    /// It has not begun, and still may.
    NotBegun,
    /// Nothing says when it began.
    BeginNotReported,
    /// It is over, and nothing says since when.
    EndNotReported,
    /// One of its ends has the time of its receipt.
    TimeOfReceipt,
    /// The queue is defined not to send the event that it begins or ends with.
    HookNotSent,
}

impl LapseReason {
    /// The name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotBegun => "not_begun",
            Self::BeginNotReported => "begin_not_reported",
            Self::EndNotReported => "end_not_reported",
            Self::TimeOfReceipt => "time_of_receipt",
            Self::HookNotSent => "hook_not_sent",
        }
    }
}

impl Lapse {
    /// How long it lasted, where that is known.
    #[must_use]
    pub const fn ms(self) -> Option<u64> {
        if let Self::Known { ms } = self { Some(ms) } else { None }
    }
}

/// The wait, the talk and the after-call work of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapses {
    /// From joining to the first talk, else to leaving.
    pub wait: Lapse,
    /// From the first talk to the Missed that ended it, else to after-call work, else to leaving.
    pub talk: Lapse,
    /// From the start of after-call work to leaving.
    pub wrap: Lapse,
}

impl Lapses {
    /// Reads the stretches off the instants of an attempt.
    #[must_use]
    pub fn of(facts: &Instants, definition: Option<&QueueDefinition>) -> Self {
        let is_unsent = |kind| definition.is_some_and(|it| it.withholds(kind));
        let Instants { joined, bridged, talk_missed, processing, left, .. } = *facts;
        let unknown = |reason| Lapse::NotKnown { reason };
        // A stretch that seems to end with Leaving may have ended before, with an event that is not sent.
        let is_talk_end_hidden =
            processing.is_none() && talk_missed.or(left).is_some() && is_unsent(EventKind::Processing);
        // What seems to go on may be over where Leaving is not sent.
        let is_endless = |end: Option<Bound>| end.or(left).is_none() && is_unsent(EventKind::Leaving);
        let wait = match joined {
            None => unknown(LapseReason::BeginNotReported),
            Some(joined) if processing.is_some() => ended(joined, bridged),
            // He may talk.
            Some(_) if bridged.is_none() && is_unsent(EventKind::Bridged) => {
                unknown(LapseReason::HookNotSent)
            }
            Some(_) if is_endless(bridged) => unknown(LapseReason::HookNotSent),
            Some(joined) => until(joined, bridged.or(left)),
        };
        let talk = match bridged {
            // So may one that seems to end with a Missed.
            Some(_) if is_talk_end_hidden => unknown(LapseReason::HookNotSent),
            Some(_) if is_endless(facts.talk_end()) => unknown(LapseReason::HookNotSent),
            Some(bridged) => until(bridged, facts.talk_end()),
            None if is_unsent(EventKind::Bridged) => unknown(LapseReason::HookNotSent),
            None if processing.is_some() => unknown(LapseReason::BeginNotReported),
            None if left.is_some() => Lapse::None,
            None => unknown(LapseReason::NotBegun),
        };
        let wrap = match processing {
            Some(_) if is_endless(None) => unknown(LapseReason::HookNotSent),
            Some(processing) => until(processing, left),
            None if is_unsent(EventKind::Processing) => unknown(LapseReason::HookNotSent),
            None if left.is_some() => Lapse::None,
            None => unknown(LapseReason::NotBegun),
        };
        Self { wait, talk, wrap }
    }

    /// Each by its name, in the order of time.
    #[must_use]
    pub const fn named(self) -> [(&'static str, Lapse); 3] {
        [("wait", self.wait), ("talk", self.talk), ("wrap", self.wrap)]
    }
}

/// A stretch that goes on until its end is known.
fn until(begin: Bound, end: Option<Bound>) -> Lapse {
    if end.is_none() { Lapse::Open } else { ended(begin, end) }
}

/// A stretch that is over, whether its end is known or not.
fn ended(begin: Bound, end: Option<Bound>) -> Lapse {
    let Some(end) = end else { return Lapse::NotKnown { reason: LapseReason::EndNotReported } };
    match begin.ms_until(end) {
        Some(ms) => Lapse::Known { ms },
        None => Lapse::NotKnown { reason: LapseReason::TimeOfReceipt },
    }
}
