//! What a hook is called: one of the eight events, or an observation.

use crate::{EventKind, Observation};

/// What a hook reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HookName {
    /// A step of an attempt.
    Event(EventKind),
    /// Anything else that the dialer reports.
    Observation(Observation),
}

impl HookName {
    /// The name on the wire, in lower case.
    #[must_use]
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::Event(event) => event.wire_name(),
            Self::Observation(observation) => observation.name(),
        }
    }

    /// The name in records, tables and files: that of an event is capitalised.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event(event) => event.name(),
            Self::Observation(observation) => observation.name(),
        }
    }

    /// Reads a name in any case: the eight events come first, then the observations.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let event = EventKind::parse(text).map(Self::Event);
        event.or_else(|| Observation::parse(text).map(Self::Observation))
    }

    /// The event; `None` for an observation.
    #[must_use]
    pub const fn event(self) -> Option<EventKind> {
        match self {
            Self::Event(event) => Some(event),
            Self::Observation(_) => None,
        }
    }
}

impl From<EventKind> for HookName {
    fn from(event: EventKind) -> Self {
        Self::Event(event)
    }
}

impl From<Observation> for HookName {
    fn from(observation: Observation) -> Self {
        Self::Observation(observation)
    }
}
