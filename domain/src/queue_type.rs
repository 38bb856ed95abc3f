//! The eight queue types and what each can do.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::EventKind;

/// The kind of queue that an attempt runs in; it decides which events are legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueType {
    /// Agents pick members by hand; the agent is called first. Producer's number 0.
    OfflineQueue,
    /// Callers wait for agents. Producer's number 1.
    InboundQueue,
    /// The dialer connects members to a voice menu; no agents. Producer's number 2.
    OutboundIvr,
    /// The agent sees the member before the call is placed. Producer's number 3.
    PreviewDialer,
    /// One call for each free agent. Producer's number 4.
    ProgressiveDialer,
    /// More calls than free agents. Producer's number 5.
    PredictiveDialer,
    /// Chats and instant messages. Producer's numbers 6 and 9.
    ChatInboundQueue,
    /// Tasks without a call. Producer's numbers 7 and 8.
    TaskQueue,
}

impl QueueType {
    /// Every queue type, in the order of the producer's numbers.
    pub const ALL: [Self; 8] = [
        Self::OfflineQueue,
        Self::InboundQueue,
        Self::OutboundIvr,
        Self::PreviewDialer,
        Self::ProgressiveDialer,
        Self::PredictiveDialer,
        Self::ChatInboundQueue,
        Self::TaskQueue,
    ];

    /// The name on the wire, in records and in URLs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OfflineQueue => "offline_queue",
            Self::InboundQueue => "inbound_queue",
            Self::OutboundIvr => "outbound_ivr",
            Self::PreviewDialer => "preview_dialer",
            Self::ProgressiveDialer => "progressive_dialer",
            Self::PredictiveDialer => "predictive_dialer",
            Self::ChatInboundQueue => "chat_inbound_queue",
            Self::TaskQueue => "task_queue",
        }
    }

    /// Reads a name in any case, or one of the producer's numbers 0 to 9.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "0" => Some(Self::OfflineQueue),
            "1" => Some(Self::InboundQueue),
            "2" => Some(Self::OutboundIvr),
            "3" => Some(Self::PreviewDialer),
            "4" => Some(Self::ProgressiveDialer),
            "5" => Some(Self::PredictiveDialer),
            "6" | "9" => Some(Self::ChatInboundQueue),
            "7" | "8" => Some(Self::TaskQueue),
            name => Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name)),
        }
    }

    /// Whether an agent takes part in attempts of this queue type.
    #[must_use]
    pub const fn has_agents(self) -> bool {
        !matches!(self, Self::OutboundIvr)
    }

    /// Whether it dials members by itself: a member can then fail to be reached.
    #[must_use]
    pub const fn dials(self) -> bool {
        matches!(
            self,
            Self::OutboundIvr | Self::PreviewDialer | Self::ProgressiveDialer | Self::PredictiveDialer
        )
    }

    /// Whether it dials members so that agents talk to them: a member can then answer and get no agent.
    #[must_use]
    pub const fn dials_for_agents(self) -> bool {
        self.dials() && self.has_agents()
    }

    /// Whether the agent's answer is an event of its own here.
    #[must_use]
    pub const fn reports_answer(self) -> bool {
        matches!(self, Self::PreviewDialer | Self::OfflineQueue)
    }

    /// Whether callers enter it themselves, to wait for an agent.
    #[must_use]
    pub const fn callers_enter(self) -> bool {
        matches!(self, Self::InboundQueue | Self::ChatInboundQueue)
    }

    /// Whether an attempt is over once its agent misses it; elsewhere it is offered to the next one.
    #[must_use]
    pub const fn ends_with_miss(self) -> bool {
        matches!(self, Self::OfflineQueue | Self::PreviewDialer | Self::ProgressiveDialer | Self::TaskQueue)
    }

    /// Whether the queue type's lifecycle has this event at all, whatever its place.
    #[must_use]
    pub const fn has_event(self, kind: EventKind) -> bool {
        match kind {
            EventKind::Answered | EventKind::Active => self.reports_answer(),
            EventKind::Missed | EventKind::Processing => self.has_agents(),
            EventKind::Joined | EventKind::Offering | EventKind::Bridged | EventKind::Leaving => true,
        }
    }
}

impl fmt::Display for QueueType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
