//! Where an attempt stands.

use serde::{Deserialize, Serialize};

use super::instants::Instants;
use super::run_step::RunStep;
use crate::EventKind;

/// Where the attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Nothing is known to have happened.
    Unknown,
    /// In the queue, offered to nobody.
    Waiting,
    /// An offer rings.
    Ringing,
    /// An agent answered and waits for the member.
    Answered,
    /// Connected.
    Talking,
    /// The talk is over, by a Missed after it; neither after-call work nor leaving is reported yet.
    TalkEnded,
    /// The agent is in after-call work.
    WrapUp,
    /// Left the queue.
    Left,
}

impl AttemptState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Unknown,
        Self::Waiting,
        Self::Ringing,
        Self::Answered,
        Self::Talking,
        Self::TalkEnded,
        Self::WrapUp,
        Self::Left,
    ];

    /// The state at the end of a run, given whether an offer rings.
    #[must_use]
    pub fn of<T: RunStep>(run: &[&T], instants: &Instants, ringing: bool) -> Self {
        match run.last().map(|last| last.event()) {
            None => Self::Unknown,
            Some(_) if instants.left.is_some() => Self::Left,
            Some(EventKind::Leaving) => Self::Left,
            Some(EventKind::Processing) => Self::WrapUp,
            Some(EventKind::Bridged) => Self::Talking,
            Some(EventKind::Answered | EventKind::Active) => Self::Answered,
            Some(EventKind::Missed) if instants.talk_missed.is_some() => Self::TalkEnded,
            Some(EventKind::Missed) if instants.talk_index(run).is_some() => Self::Talking,
            Some(EventKind::Joined | EventKind::Offering | EventKind::Missed) if ringing => Self::Ringing,
            Some(EventKind::Joined | EventKind::Offering | EventKind::Missed) => Self::Waiting,
        }
    }

    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Waiting => "waiting",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Talking => "talking",
            Self::TalkEnded => "talk_ended",
            Self::WrapUp => "wrap_up",
            Self::Left => "left",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }
}
