//! A queue of the invented contact centre: its definition, and how its attempts go.

use attempt_ledger_domain::{EventKind, QueueId, QueueType};

use super::pool::Team;

/// A queue as an administrator would define it with `PUT /v1/queues/{id}`.
#[derive(Debug)]
pub struct SeedQueue {
    /// The number that payloads carry.
    pub id: QueueId,
    /// The type, which payloads do not carry.
    pub queue_type: QueueType,
    /// The name for people.
    pub name: &'static str,
    /// The hooks that are registered; no other event is ever delivered lawfully.
    pub hooks: &'static [EventKind],
    /// An answer within this time counts as in time.
    pub service_level_threshold_ms: u64,
    /// Who leaves sooner than this did not want to wait.
    pub short_abandon_threshold_ms: u64,
    pub(super) plot: Plot,
    pub(super) team: Team,
    /// How long an agent may write after the talk; 0 when the queue has no wrap-up.
    pub(super) processing_ms: i64,
    /// What agents report besides `success`.
    pub(super) reports: &'static [&'static str],
    /// Its share of a thousand attempts while the dialers run.
    pub(super) office_weight: u64,
    /// Its share of a thousand attempts at night.
    pub(super) night_weight: u64,
}

/// How attempts of a queue go: the run loops of the dialer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plot {
    Inbound,
    Voice,
    Preview,
    Progressive,
    Predictive,
    Chat,
    Message,
    AgentTask,
    OutboundTask,
    Offline,
}

impl SeedQueue {
    /// The event that the registered hook for `state` delivers, if one is registered.
    pub(super) fn hook_for(&self, state: EventKind) -> Option<EventKind> {
        let delivers = |kind: &&EventKind| {
            **kind == state || (state == EventKind::Active && **kind == EventKind::Answered)
        };
        self.hooks.iter().find(delivers).copied()
    }

    /// Whether the dialer knows the member beforehand, by a number and a list of attempts.
    pub(super) const fn has_members(&self) -> bool {
        !matches!(self.plot, Plot::Inbound | Plot::Chat | Plot::Message)
    }

    /// The payload's `channel`.
    pub(super) const fn channel(&self) -> &'static str {
        match self.plot {
            Plot::Chat => "chat",
            Plot::Message => "im",
            Plot::AgentTask | Plot::OutboundTask => "task",
            _ => "call",
        }
    }
}
