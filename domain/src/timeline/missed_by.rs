//! Who caused a miss: the one decision for rows, timelines and counts.

use serde::{Deserialize, Serialize};

use super::instants::Instants;
use super::run_step::RunStep;
use crate::{EventKind, QueueType};

/// Who caused a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedBy {
    /// The agent let it ring or declined.
    Agent,
    /// The caller was gone: the subscriber's leg already states a cause of hang-up.
    Caller,
}

impl MissedBy {
    /// The name in tables, files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Caller => "caller",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Agent, Self::Caller].into_iter().find(|who| who.name() == text)
    }

    /// A miss whose payload already states why the subscriber's leg was hung up is the caller's. Where the
    /// subscriber has no leg of his own the cause is that of the agent's.
    #[must_use]
    pub fn of(step: &impl RunStep, queue_type: Option<QueueType>) -> Self {
        let own_leg = !queue_type.is_some_and(QueueType::reports_answer);
        if own_leg && step.call_cause().is_some() { Self::Caller } else { Self::Agent }
    }
}

/// Who missed an offer at each step of a run. A Missed after the talk ends it, and misses no offer.
#[must_use]
pub fn misses<T: RunStep>(
    run: &[&T],
    instants: &Instants,
    queue_type: Option<QueueType>,
) -> Vec<Option<MissedBy>> {
    let talk = instants.talk_index(run).unwrap_or(run.len());
    let missed = |(index, step): (usize, &&T)| {
        (index < talk && step.event() == EventKind::Missed).then(|| MissedBy::of(*step, queue_type))
    };
    run.iter().enumerate().map(missed).collect()
}
