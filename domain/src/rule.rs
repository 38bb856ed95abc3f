//! The named rules that can refuse a delivery. The codes are a promise: clients branch on them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The version of the rules below. It rises when a rule changes its verdict on any history.
pub const RULES_VERSION: u32 = 3;

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $code:literal),+ $(,)?) => {
        /// Why a delivery was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Rule {
            $($(#[$doc])* $variant),+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code, in records, answers and metrics.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }
    };
}

rules! {
    /// Answered or Active outside preview dialers and offline queues.
    AnsweredOnlyInPreviewAndOffline = "answered_only_in_preview_and_offline",
    /// Missed in a queue without agents.
    MissedNeedsAgentParticipation = "missed_needs_agent_participation",
    /// Processing in a queue without agents.
    ProcessingNeedsAgentParticipation = "processing_needs_agent_participation",
    /// A second Joined.
    JoinedOnlyOnce = "joined_only_once",
    /// A Joined later than another event of the attempt.
    JoinedComesFirst = "joined_comes_first",
    /// An earlier step of the lifecycle after agent and subscriber talked.
    NotAfterTalk = "not_after_talk",
    /// Anything but Leaving after Processing.
    NotAfterProcessing = "not_after_processing",
    /// A second Leaving.
    LeftOnlyOnce = "left_only_once",
    /// Anything later than Leaving.
    NotAfterLeaving = "not_after_leaving",
    /// Another queue id or queue type than the attempt began with.
    QueueChanged = "queue_changed",
    /// The delivery names no event, or none of the eight.
    UnknownEvent = "unknown_event",
    /// Neither the delivery, nor a queue definition, nor the attempt states the queue type.
    UnknownQueueType = "unknown_queue_type",
    /// The body has no `attempt_id`.
    AttemptIdMissing = "attempt_id_missing",
    /// The body's `attempt_id` is not a whole 64-bit number.
    AttemptIdInvalid = "attempt_id_invalid",
    /// The body is not one JSON object with distinct keys.
    MalformedJson = "malformed_json",
    /// The body is larger than the limit.
    TooLarge = "too_large",
    /// The sender's id was used before for other content.
    IdentityConflict = "identity_conflict",
    /// The records of the attempt do not read, so that nothing can be said about the delivery.
    HistoryUnreadable = "history_unreadable",
}

impl Rule {
    /// Reads a stable code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.code() == code)
    }

    /// What the rule says, in one sentence for people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::AnsweredOnlyInPreviewAndOffline => {
                "Answered and Active exist only in preview dialers and offline queues"
            }
            Self::MissedNeedsAgentParticipation => "Missed exists only in queues with agent participation",
            Self::ProcessingNeedsAgentParticipation => {
                "Processing exists only in queues with agent participation"
            }
            Self::JoinedOnlyOnce => "an attempt joins its queue once",
            Self::JoinedComesFirst => "Joined is the first event of an attempt",
            Self::NotAfterTalk => "after the talk an attempt is neither offered nor answered again",
            Self::NotAfterProcessing => "only Leaving may follow Processing",
            Self::LeftOnlyOnce => "an attempt leaves its queue once",
            Self::NotAfterLeaving => "nothing happens to an attempt after Leaving",
            Self::QueueChanged => "an attempt stays in the queue and queue type that it began with",
            Self::UnknownEvent => "the event must be one of the eight",
            Self::UnknownQueueType => "the queue type must be known",
            Self::AttemptIdMissing => "an event belongs to an attempt",
            Self::AttemptIdInvalid => "an attempt id is a whole 64-bit number",
            Self::MalformedJson => "a delivery is one JSON object with distinct keys",
            Self::TooLarge => "a delivery keeps to the size limit",
            Self::IdentityConflict => "one id names one content",
            Self::HistoryUnreadable => "an attempt is judged by its records, which must read",
        }
    }

    /// What the sender or the operator can do next.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::UnknownQueueType => {
                "name one of offline_queue, inbound_queue, outbound_ivr, preview_dialer, \
                 progressive_dialer, predictive_dialer, chat_inbound_queue and task_queue in the URL, \
                 /v1/hooks/{queue_type}/{event}, or name none and define the queue with \
                 PUT /v1/queues/{id}: the refusals that waited for it are then replayed"
            }
            Self::UnknownEvent => {
                "name joined, offering, answered, active, bridged, missed, processing or leaving in the \
                 URL or in the body's \"event\""
            }
            Self::AttemptIdMissing | Self::AttemptIdInvalid => {
                "add \"attempt_id\" to the hook's body template"
            }
            Self::MalformedJson => {
                "let the schema's httpRequest build the body from an object, which escapes values; send a \
                 packed body whole, as its Content-Encoding says"
            }
            Self::TooLarge => "leave variables out of the hook's body template",
            Self::IdentityConflict => "give every event an id of its own",
            Self::HistoryUnreadable => {
                "restore the damaged file, which `attempt-ledger verify` names, from a backup, then replay \
                 the refusal"
            }
            _ => "the body is kept: read it under /v1/refusals, then replay or dismiss it there",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}
